//! The local index: which content the store already has.
//!
//! It is never authoritative. A wrong or missing entry costs a missed deduplication, because a hit must be pinned
//! before it is referenced. So a medium that fails here makes no operation fail: the index is given up, and opened
//! again when the next segment is sealed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use ebs::{DomainId, Randomness};
use redb::{
    Database, DatabaseError, Durability, ReadableDatabase, StorageError, TableDefinition, TableError,
};
use zeroize::Zeroize;

use crate::domain_keys::{BlockIdentity, BlockKey};
use crate::segment::{Place, SlotHeader, SlotKind};
use crate::{DomainKeys, StoreError};

/// Domain and the first half of the identity: 128 bits that nobody can steer without the domain's secret.
type BlockRow = [u8; 24];
const BLOCKS: TableDefinition<'static, BlockRow, &[u8]> = TableDefinition::new("blocks");
/// The domains whose segments were all read into the index.
const DOMAINS: TableDefinition<'static, u64, ()> = TableDefinition::new("domains");
/// Digest key of a block that was sealed elsewhere, sealed for this domain: nonce 12, key 32, tag 16.
pub(crate) const SEALED_KEY_BYTES: usize = 60;
const CHECKSUM_BYTES: usize = 8;
const KEY_BOUND: &[u8] = b"ebbstone index key v1";

/// The index. Clones are the same index. All methods block.
#[derive(Clone)]
pub(crate) struct BlockIndex {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    cache_bytes: usize,
    /// Nothing after a failure, until it is opened again.
    database: RwLock<Option<Database>>,
    persist_next: AtomicBool,
    reopen_next: AtomicBool,
}

/// Where a content lies, and its key if that cannot be derived in this domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexedBlock {
    pub(crate) place: Place,
    pub(crate) sealed_key: Option<[u8; SEALED_KEY_BYTES]>,
}

impl BlockIndex {
    /// Opens the index at `path`, whose cache fills at most `cache_bytes`. One that is damaged is replaced by an empty one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be opened or made, or another process has it open.
    pub(crate) fn open(path: &Path, cache_bytes: usize) -> Result<Self, StoreError> {
        let database = open_or_replace(path, cache_bytes).map_err(StoreError::unavailable)?;
        let inner = Inner {
            path: path.to_owned(),
            cache_bytes,
            database: RwLock::new(Some(database)),
            persist_next: AtomicBool::new(false),
            reopen_next: AtomicBool::new(false),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether all segments that `domain` had when it was first used here were read into the index. An index that has
    /// failed says so too: nothing can be entered into it.
    pub(crate) fn is_complete(&self, domain: DomainId) -> bool {
        let read = |database: &Database| -> Result<bool, redb::Error> {
            match database.begin_read()?.open_table(DOMAINS) {
                Err(TableError::TableDoesNotExist(_)) => Ok(false),
                table => Ok(table?.get(domain.0)?.is_some()),
            }
        };
        self.with_database(read).unwrap_or(true)
    }

    /// Notes durably, with all that was entered before, that the segments of `domain` were read.
    pub(crate) fn mark_complete(&self, domain: DomainId) {
        let write = |database: &Database| -> Result<(), redb::Error> {
            let transaction = database.begin_write()?;
            transaction.open_table(DOMAINS)?.insert(domain.0, ())?;
            Ok(transaction.commit()?)
        };
        self.with_database(write);
    }

    /// Where the content of this identity lies in `domain`, as far as is known.
    pub(crate) fn lookup(&self, domain: DomainId, identity: &BlockIdentity) -> Option<IndexedBlock> {
        let read = |database: &Database| -> Result<Option<IndexedBlock>, redb::Error> {
            let table = match database.begin_read()?.open_table(BLOCKS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                table => table?,
            };
            let key = block_row(domain, identity.0);
            Ok(table.get(key)?.and_then(|row| IndexedBlock::decode(&key, row.value())))
        };
        self.with_database(read).flatten()
    }

    /// Enters blocks.
    pub(crate) fn insert(&self, domain: DomainId, blocks: &[(BlockIdentity, IndexedBlock)]) {
        if self.inner.reopen_next.swap(false, Ordering::Relaxed) {
            self.reopen();
        }
        let write = |database: &Database| -> Result<(), redb::Error> {
            let mut transaction = database.begin_write()?;
            let durable = self.inner.persist_next.swap(false, Ordering::Relaxed);
            transaction.set_durability(if durable { Durability::Immediate } else { Durability::None })?;
            {
                let mut table = transaction.open_table(BLOCKS)?;
                for (identity, block) in blocks {
                    let key = block_row(domain, identity.0);
                    table.insert(key, block.encode(&key).as_slice())?;
                }
            }
            Ok(transaction.commit()?)
        };
        self.with_database(write);
    }

    /// Enters the blocks of a sealed segment of `keys`' domain.
    ///
    /// # Errors
    /// [`StoreError::SealingFailed`].
    pub(crate) fn insert_slots(
        &self,
        keys: &DomainKeys,
        slots: &[(Place, SlotHeader)],
        randomness: &dyn Randomness,
    ) -> Result<(), StoreError> {
        let mut blocks = Vec::with_capacity(slots.len());
        for (place, header) in slots.iter().filter(|(_, header)| header.kind == SlotKind::Block) {
            let identity = BlockIdentity(header.identity);
            let foreign = header.origin.filter(|_| header.foreign).map(|origin| origin.open(keys));
            let sealed_key = match foreign.transpose() {
                Ok(origin) => {
                    origin.map(|origin| seal_key(keys, &identity, &origin.key, randomness)).transpose()?
                }
                // Verification reports damage; what cannot be opened is not worth entering.
                Err(_) => continue,
            };
            blocks.push((identity, IndexedBlock { place: *place, sealed_key }));
        }
        self.insert(keys.domain(), &blocks);
        Ok(())
    }

    /// Whether the blocks of a segment are there already. Those of one segment are entered in their order, so the last
    /// one tells.
    pub(crate) fn knows(&self, keys: &DomainKeys, slots: &[(Place, SlotHeader)]) -> bool {
        match slots.iter().rfind(|(_, header)| header.kind == SlotKind::Block) {
            Some((_, last)) => self.lookup(keys.domain(), &BlockIdentity(last.identity)).is_some(),
            None => true,
        }
    }

    /// A segment was sealed: the next insertion also makes earlier ones durable, and opens an index that has failed.
    pub(crate) fn segment_sealed(&self) {
        self.inner.persist_next.store(true, Ordering::Relaxed);
        self.inner.reopen_next.store(true, Ordering::Relaxed);
    }

    /// What `work` gives, or nothing if there is no database or it fails.
    fn with_database<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Option<T> {
        // The lock guards one pointer, which is whole between any two statements.
        let database = self.inner.database.read().unwrap_or_else(PoisonError::into_inner);
        let error = match work(database.as_ref()?) {
            Ok(done) => return Some(done),
            Err(error) => error,
        };
        drop(database);
        // A database that has met an error of its medium answers nothing else any more.
        *self.inner.database.write().unwrap_or_else(PoisonError::into_inner) = None;
        tracing::warn!(%error, "the local block index has failed; until it is opened again content may be stored twice");
        None
    }

    fn reopen(&self) {
        let mut database = self.inner.database.write().unwrap_or_else(PoisonError::into_inner);
        if database.is_some() {
            return;
        }
        match open_or_replace(&self.inner.path, self.inner.cache_bytes) {
            Ok(opened) => {
                *database = Some(opened);
                tracing::info!("the local block index is open again");
            }
            Err(error) => tracing::warn!(%error, "the local block index cannot be opened"),
        }
    }
}

impl IndexedBlock {
    fn encode(&self, row: &BlockRow) -> Vec<u8> {
        let mut bytes = self.place.to_bytes().to_vec();
        bytes.extend_from_slice(self.sealed_key.as_ref().map_or(&[], |key| &key[..]));
        bytes.extend_from_slice(&checksum(row, &bytes));
        bytes
    }

    /// Nothing if the bytes are not those that were entered for this row: a place that rotted would be referenced in
    /// place of the block that a client sent.
    fn decode(row: &BlockRow, bytes: &[u8]) -> Option<Self> {
        let (bytes, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
        if *sum != checksum(row, bytes) {
            return None;
        }
        let (place, key) = bytes.split_first_chunk::<{ Place::BYTES }>()?;
        let sealed_key = if key.is_empty() { None } else { Some(key.try_into().ok()?) };
        Some(Self { place: Place::from_bytes(*place), sealed_key })
    }
}

fn checksum(row: &BlockRow, value: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut sum = [0; CHECKSUM_BYTES];
    blake3::Hasher::new().update(row).update(value).finalize_xof().fill(&mut sum);
    sum
}

/// `key` sealed for the index of `keys`' domain.
pub(crate) fn seal_key(
    keys: &DomainKeys,
    identity: &BlockIdentity,
    key: &BlockKey,
    randomness: &dyn Randomness,
) -> Result<[u8; SEALED_KEY_BYTES], StoreError> {
    let mut sealed = key.0.to_vec();
    let nonce = keys.seal_metadata(&mut sealed, &key_bound(identity), randomness)?;
    [&nonce[..], &sealed].concat().try_into().map_err(|_| StoreError::SealingFailed)
}

/// The key that [`seal_key`] sealed, or nothing if it does not open.
pub(crate) fn open_key(
    keys: &DomainKeys,
    identity: &BlockIdentity,
    sealed: &[u8; SEALED_KEY_BYTES],
) -> Option<BlockKey> {
    let (nonce, mut sealed) = sealed.split_first_chunk().map(|(nonce, key)| (*nonce, key.to_vec()))?;
    let opened = keys.open_metadata(nonce, &mut sealed, &key_bound(identity))?;
    let key = BlockKey((&*opened).try_into().ok()?);
    opened.zeroize();
    Some(key)
}

fn key_bound(identity: &BlockIdentity) -> Vec<u8> {
    [KEY_BOUND, &identity.0].concat()
}

/// Opens the database at `path`, makes it if there is none, and replaces it if it is damaged.
fn open_or_replace(path: &Path, cache_bytes: usize) -> Result<Database, DatabaseError> {
    let open = || Database::builder().set_cache_size(cache_bytes).create(path);
    match open() {
        Err(error) if is_damage(&error) => {
            tracing::warn!(%error, "the local block index is damaged; it begins again empty");
            std::fs::remove_file(path).map_err(StorageError::Io)?;
            open()
        }
        opened => opened,
    }
}

fn is_damage(error: &DatabaseError) -> bool {
    use io::ErrorKind::{InvalidData, UnexpectedEof};
    match error {
        DatabaseError::Storage(StorageError::Corrupted(_)) | DatabaseError::UpgradeRequired(_) => true,
        DatabaseError::Storage(StorageError::Io(error)) => {
            matches!(error.kind(), InvalidData | UnexpectedEof)
        }
        _ => false,
    }
}

fn block_row(domain: DomainId, identity: [u8; 32]) -> BlockRow {
    let mut row = [0; 24];
    row[..8].copy_from_slice(&domain.0.to_be_bytes());
    row[8..].copy_from_slice(&identity[..16]);
    row
}

#[cfg(test)]
mod tests {
    use ebs::{DomainId, Incarnation, SegmentId, SessionId};

    use super::{BlockIndex, IndexedBlock, SEALED_KEY_BYTES};
    use crate::domain_keys::BlockIdentity;
    use crate::segment::Place;

    const DOMAIN: DomainId = DomainId(1);
    const CACHE_BYTES: usize = 1 << 20;

    fn block(number: u8) -> (BlockIdentity, IndexedBlock) {
        let segment = SegmentId { incarnation: Incarnation([1; 16]), session: SessionId(1), sequence: 0 };
        let place = Place { segment, offset: u32::from(number) * 16, sealed_len: 7 };
        (BlockIdentity([number; 32]), IndexedBlock { place, sealed_key: None })
    }

    #[test]
    fn a_damaged_index_begins_again_and_one_in_use_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index");
        let index = BlockIndex::open(&path, CACHE_BYTES).expect("opens");
        assert!(!index.is_complete(DOMAIN), "it was not there");
        index.insert(DOMAIN, &[block(1)]);
        index.mark_complete(DOMAIN);
        assert!(BlockIndex::open(&path, CACHE_BYTES).is_err(), "it is in use, and not replaced");
        drop(index);
        let index = BlockIndex::open(&path, CACHE_BYTES).expect("opens");
        assert!(index.is_complete(DOMAIN) && !index.is_complete(DomainId(2)));
        assert_eq!(index.lookup(DOMAIN, &block(1).0), Some(block(1).1));
        drop(index);
        std::fs::write(&path, vec![7; 1 << 20]).expect("writes");
        let index = BlockIndex::open(&path, CACHE_BYTES).expect("opens");
        assert!(!index.is_complete(DOMAIN), "it was damaged");
        assert_eq!(index.lookup(DOMAIN, &block(1).0), None);
    }

    #[test]
    fn a_row_with_any_byte_changed_is_as_good_as_none() {
        let (row, (_, block)) = ([5; 24], block(1));
        let keyed = IndexedBlock { sealed_key: Some([9; SEALED_KEY_BYTES]), ..block.clone() };
        for block in [block, keyed] {
            let entered = block.encode(&row);
            for byte in 0..entered.len() {
                let mut rotten = entered.clone();
                rotten[byte] ^= 1;
                assert_eq!(IndexedBlock::decode(&row, &rotten), None, "byte {byte}");
                assert_eq!(IndexedBlock::decode(&row, &entered[..byte]), None, "cut at {byte}");
            }
            assert_eq!(IndexedBlock::decode(&[6; 24], &entered), None, "of another row");
            assert_eq!(IndexedBlock::decode(&row, &entered), Some(block));
        }
    }

    #[test]
    fn an_index_that_has_failed_knows_nothing_until_a_segment_is_sealed() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = BlockIndex::open(&folder.path().join("index"), CACHE_BYTES).expect("opens");
        index.segment_sealed();
        index.insert(DOMAIN, &[block(1)]);
        let failing = || redb::Error::Io(std::io::ErrorKind::StorageFull.into());
        assert_eq!(index.with_database(|_| Err::<(), _>(failing())), None);
        index.insert(DOMAIN, &[block(2)]);
        assert_eq!(index.lookup(DOMAIN, &block(1).0), None);
        index.segment_sealed();
        index.insert(DOMAIN, &[block(3)]);
        let known = [1, 2, 3].map(|number| index.lookup(DOMAIN, &block(number).0).is_some());
        assert_eq!(known, [true, false, true]);
    }
}
