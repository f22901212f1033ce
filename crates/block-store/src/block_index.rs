//! The local index: which content the store already has, and what open uploads have written.
//!
//! It is never authoritative. A wrong or missing entry costs a missed deduplication, because a hit must be pinned
//! before it is referenced; what uploads wrote is in their segments, and is read from there after a restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ebs::{BlockIndex as Index, DomainId, Randomness, SnapshotId};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, TableError};
use zeroize::Zeroize;

use crate::domain_keys::{BlockIdentity, BlockKey};
use crate::limits::INDEX_CACHE_BYTES;
use crate::segment::{Place, SealedOrigin, SlotHeader, SlotKind};
use crate::{DomainKeys, StoreError};

/// Domain and the first half of the identity: 128 bits that nobody can steer without the domain's secret.
type BlockRow = [u8; 24];
const BLOCKS: TableDefinition<'static, BlockRow, &[u8]> = TableDefinition::new("blocks");
/// Digest key of a block that was sealed elsewhere, sealed for this domain: nonce 12, key 32, tag 16.
pub(crate) const SEALED_KEY_BYTES: usize = 60;
const KEY_BOUND: &[u8] = b"ebbstone index key v1";
const UPLOAD_ROW_BYTES: usize = 8 + 1 + Place::BYTES + SealedOrigin::BYTES;

/// The index. Clones are the same index. All methods block.
#[derive(Clone)]
pub(crate) struct BlockIndex {
    blocks: Arc<Database>,
    uploads: Arc<Database>,
    persist_next: Arc<AtomicBool>,
}

/// Where a content lies, and its key if that cannot be derived in this domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexedBlock {
    pub(crate) place: Place,
    pub(crate) sealed_key: Option<[u8; SEALED_KEY_BYTES]>,
}

/// The latest write of an upload to one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UploadEntry {
    pub(crate) write_sequence: u64,
    pub(crate) kind: SlotKind,
    /// Where the slot lies that says so.
    pub(crate) place: Place,
    pub(crate) origin: SealedOrigin,
}

impl BlockIndex {
    /// Opens the index at `path`, and says whether it had to begin empty.
    pub(crate) fn open(path: &Path) -> Result<(Self, bool), StoreError> {
        let existed = path.exists();
        let (blocks, damaged) = match create(path) {
            Ok(database) => (database, false),
            Err(error) => {
                tracing::warn!(%error, "the local block index cannot be read; it begins again empty");
                (remove_and_create(path)?, true)
            }
        };
        let uploads = remove_and_create(&uploads_path(path))?;
        let persist_next = Arc::new(AtomicBool::new(false));
        let index = Self { blocks: Arc::new(blocks), uploads: Arc::new(uploads), persist_next };
        Ok((index, damaged || !existed))
    }

    /// Where the content of this identity lies in `domain`, as far as is known.
    pub(crate) fn lookup(
        &self,
        domain: DomainId,
        identity: &BlockIdentity,
    ) -> Result<Option<IndexedBlock>, StoreError> {
        let read = || -> Result<Option<IndexedBlock>, redb::Error> {
            let transaction = self.blocks.begin_read()?;
            let table = match transaction.open_table(BLOCKS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                table => table?,
            };
            let row = table.get(block_row(domain, identity.0))?;
            Ok(row.and_then(|row| IndexedBlock::decode(row.value())))
        };
        read().map_err(StoreError::unavailable)
    }

    /// Enters blocks.
    pub(crate) fn insert(
        &self,
        domain: DomainId,
        blocks: &[(BlockIdentity, IndexedBlock)],
    ) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            let mut transaction = self.blocks.begin_write()?;
            let durable = self.persist_next.swap(false, Ordering::Relaxed);
            transaction.set_durability(if durable { Durability::Immediate } else { Durability::None })?;
            {
                let mut table = transaction.open_table(BLOCKS)?;
                for (identity, block) in blocks {
                    table.insert(block_row(domain, identity.0), block.encode().as_slice())?;
                }
            }
            Ok(transaction.commit()?)
        };
        write().map_err(StoreError::unavailable)
    }

    /// Enters blocks; if that fails, their content may be stored again, and nothing else is lost.
    pub(crate) fn insert_or_warn(&self, domain: DomainId, blocks: &[(BlockIdentity, IndexedBlock)]) {
        if let Err(error) = self.insert(domain, blocks) {
            tracing::warn!(%error, "blocks are not in the local index");
        }
    }

    /// Enters the blocks of a sealed segment of `keys`' domain.
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
        self.insert(keys.domain(), &blocks)
    }

    /// The next insertion also makes earlier ones durable.
    pub(crate) fn persist_later(&self) {
        self.persist_next.store(true, Ordering::Relaxed);
    }

    /// Enters writes of an upload; of several writes to one block the one with the highest sequence stays.
    pub(crate) fn record_writes(
        &self,
        upload: SnapshotId,
        writes: &[(Index, UploadEntry)],
    ) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            let mut transaction = self.uploads.begin_write()?;
            transaction.set_durability(Durability::None)?;
            {
                let name = upload.to_string();
                let mut table = transaction.open_table(upload_table(&name))?;
                for (index, entry) in writes {
                    let known = table.get(index.0)?.and_then(|row| UploadEntry::decode(row.value()));
                    if known.is_none_or(|known| known.write_sequence <= entry.write_sequence) {
                        table.insert(index.0, entry.encode().as_slice())?;
                    }
                }
            }
            Ok(transaction.commit()?)
        };
        write().map_err(StoreError::unavailable)
    }

    /// What an upload wrote to blocks of index `from` or later: at most `limit` blocks, ascending.
    pub(crate) fn writes(
        &self,
        upload: SnapshotId,
        from: Index,
        limit: usize,
    ) -> Result<Vec<(Index, UploadEntry)>, StoreError> {
        let read = || -> Result<Vec<(Index, UploadEntry)>, redb::Error> {
            let transaction = self.uploads.begin_read()?;
            let name = upload.to_string();
            let table = match transaction.open_table(upload_table(&name)) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table?,
            };
            let mut writes = Vec::new();
            for row in table.range(from.0..)?.take(limit) {
                let (index, row) = row?;
                writes.extend(UploadEntry::decode(row.value()).map(|entry| (Index(index.value()), entry)));
            }
            Ok(writes)
        };
        read().map_err(StoreError::unavailable)
    }

    /// Forgets an upload.
    pub(crate) fn forget_upload(&self, upload: SnapshotId) -> Result<(), StoreError> {
        let write = || -> Result<(), redb::Error> {
            // A durable commit is what lets the database use the freed pages again.
            let transaction = self.uploads.begin_write()?;
            let name = upload.to_string();
            transaction.delete_table(upload_table(&name))?;
            Ok(transaction.commit()?)
        };
        write().map_err(StoreError::unavailable)
    }
}

impl IndexedBlock {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.place.to_bytes().to_vec();
        bytes.extend_from_slice(self.sealed_key.as_ref().map_or(&[], |key| &key[..]));
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (place, key) = bytes.split_first_chunk::<{ Place::BYTES }>()?;
        let sealed_key = if key.is_empty() { None } else { Some(key.try_into().ok()?) };
        Some(Self { place: Place::from_bytes(*place), sealed_key })
    }
}

impl UploadEntry {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(UPLOAD_ROW_BYTES);
        bytes.extend_from_slice(&self.write_sequence.to_le_bytes());
        bytes.push(self.kind as u8);
        bytes.extend_from_slice(&self.place.to_bytes());
        bytes.extend_from_slice(&self.origin.to_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = crate::bytes_io::Fields(bytes);
        Some(Self {
            write_sequence: fields.u64()?,
            kind: SlotKind::from_number(fields.u8()?)?,
            place: Place::from_bytes(fields.array()?),
            origin: SealedOrigin::from_bytes(&fields.array()?)?,
        })
    }
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

fn create(path: &Path) -> Result<Database, redb::DatabaseError> {
    Database::builder().set_cache_size(INDEX_CACHE_BYTES).create(path)
}

fn remove_and_create(path: &Path) -> Result<Database, StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(StoreError::unavailable(error));
        }
        _ => {}
    }
    create(path).map_err(StoreError::unavailable)
}

fn uploads_path(index: &Path) -> PathBuf {
    index.with_extension("uploads")
}

fn block_row(domain: DomainId, identity: [u8; 32]) -> BlockRow {
    let mut row = [0; 24];
    row[..8].copy_from_slice(&domain.0.to_be_bytes());
    row[8..].copy_from_slice(&identity[..16]);
    row
}

fn upload_table(name: &str) -> TableDefinition<'_, u32, &'static [u8]> {
    TableDefinition::new(name)
}
