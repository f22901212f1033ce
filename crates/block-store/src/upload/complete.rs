//! Making a snapshot of an upload.

use std::sync::Arc;

use aws_lc_rs::digest;
use ebs::{BlockIndex, SessionId, SnapshotId, VolumeSize};

use super::UploadSegment;
use super::recover::seal_all_interrupted;
use super::write_table::{Write, WriteTable};
use crate::limits::SEGMENT_SLOTS_MAX;
use crate::node::{Content, Leaf, LeafEntry, leaf_of, slot_in_leaf};
use crate::object_store::ObjectName;
use crate::segment::{Place, SlotHeader, SlotKind, read_footer};
use crate::segment_writer::SegmentWriter;
use crate::store::Shared;
use crate::tree_builder::{TreeBuilder, write_root};
use crate::{BlockStore, Damage, DomainKeys, SnapshotTree, SnapshotWritten, StoreError};

/// What the client says it has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedUpload {
    /// Distinct block indexes.
    pub changed_blocks: u64,
    /// SHA-256 over the digests of the blocks written, in ascending order of their indexes.
    pub checksum: Option<[u8; 32]>,
}

/// What completing an upload did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadOutcome {
    /// The snapshot.
    pub written: SnapshotWritten,
    /// Sealed bytes of blocks whose content was new to the domain.
    pub bytes_stored: u64,
    /// Blocks written whose content the domain had already.
    pub blocks_shared: u64,
}

/// Why an upload did not become a snapshot.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CompleteUploadError {
    /// The client has written another number of blocks.
    #[error("the number of changed blocks differs")]
    CountMismatch,
    /// The client has written other blocks.
    #[error("the aggregate checksum differs")]
    ChecksumMismatch,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes of an upload that are read from the table at once.
const WRITES_AT_ONCE: usize = 4096;

/// Writes the tree of an upload whose writing has ended, on top of its parent's. All that the upload wrote is in
/// `segments`; nodes are written by `session`, which has taken over from the upload's sessions. Doing it again gives
/// an equal snapshot.
///
/// # Errors
/// [`CompleteUploadError::CountMismatch`] and [`CompleteUploadError::ChecksumMismatch`] if it is not what the client
/// says it is.
pub async fn complete_upload(
    store: &BlockStore,
    keys: Arc<DomainKeys>,
    session: SessionId,
    (snapshot, volume_size): (SnapshotId, VolumeSize),
    parent: Option<SnapshotTree>,
    segments: &[UploadSegment],
    expected: ExpectedUpload,
) -> Result<UploadOutcome, CompleteUploadError> {
    let shared = &store.shared;
    seal_all_interrupted(shared, &keys, segments, Some(session)).await?;
    let writes = gather_writes(shared, &keys, (snapshot, session), segments).await?;
    let mut writer = SegmentWriter::new(Arc::clone(shared), session, keys.domain());
    let builder = TreeBuilder::new(Arc::clone(shared), Arc::clone(&keys), &mut writer, parent.clone());
    let mut completion = Completion {
        shared,
        keys: &keys,
        snapshot,
        parent,
        builder,
        writes: Arc::new(writes),
        pending: None,
        written: 0,
        bytes_stored: 0,
        blocks_shared: 0,
    };
    completion.build(expected).await?;
    let (bytes_stored, blocks_shared) = (completion.bytes_stored, completion.blocks_shared);
    let root = completion.builder.finish(volume_size).await?;
    let written = write_root(shared, &keys, session, snapshot, &root).await?;
    Ok(UploadOutcome { written, bytes_stored, blocks_shared })
}

/// The latest writes of `snapshot` to its blocks, from the footers of `segments`. Blocks that the local index does not
/// know are entered on the way: another node may have written them.
async fn gather_writes(
    shared: &Arc<Shared>,
    keys: &Arc<DomainKeys>,
    (snapshot, session): (SnapshotId, SessionId),
    segments: &[UploadSegment],
) -> Result<WriteTable, StoreError> {
    let slots = segments.iter().map(|segment| match segment.sealed {
        true => u64::from(segment.slots),
        false => SEGMENT_SLOTS_MAX as u64,
    });
    let (folder, slots) = (shared.staging.clone(), slots.sum());
    let mut table = shared.compute(move || WriteTable::create(&folder, session, slots)).await??;
    for segment in segments {
        let slots = match read_footer(&*shared.objects, segment.id).await {
            // It was begun, and nothing was written.
            Err(StoreError::Damaged { damage: Damage::Missing, .. }) if !segment.sealed => continue,
            slots => slots?,
        };
        let (index, keys, order) = (shared.index.clone(), Arc::clone(keys), segment.order);
        let (object, randomness) = (ObjectName::segment(segment.id), Arc::clone(&shared.randomness));
        let entering = move || {
            let writes = writes_in(snapshot, &slots, order, &keys).map_err(StoreError::in_object(&object))?;
            table.insert(&writes)?;
            if !index.knows(&keys, &slots) {
                index.insert_slots(&keys, &slots, &*randomness)?;
            }
            Ok::<_, StoreError>(table)
        };
        table = shared.compute(entering).await??;
    }
    Ok(table)
}

fn writes_in(
    snapshot: SnapshotId,
    slots: &[(Place, SlotHeader)],
    order: u64,
    keys: &DomainKeys,
) -> Result<Vec<(BlockIndex, Write)>, Damage> {
    let mut writes = Vec::with_capacity(slots.len());
    for (place, header) in slots {
        let Some(sealed) = header.origin else { continue };
        let origin = sealed.open(keys)?;
        if origin.snapshot == snapshot {
            let order = (order, origin.write_sequence);
            let write = Write { order, kind: header.kind, place: *place, origin: sealed };
            writes.push((origin.index, write));
        }
    }
    Ok(writes)
}

struct Completion<'a> {
    shared: &'a Arc<Shared>,
    keys: &'a Arc<DomainKeys>,
    snapshot: SnapshotId,
    parent: Option<SnapshotTree>,
    builder: TreeBuilder<'a>,
    writes: Arc<WriteTable>,
    /// The leaf whose blocks are being gathered, and what was written in it.
    pending: Option<(u32, Vec<LeafEntry>)>,
    written: u64,
    bytes_stored: u64,
    blocks_shared: u64,
}

impl Completion<'_> {
    /// Reads all writes, gives their leaves to the builder, and judges what the client said of them.
    async fn build(&mut self, expected: ExpectedUpload) -> Result<(), CompleteUploadError> {
        let mut aggregate = digest::Context::new(&digest::SHA256);
        let mut from = BlockIndex(0);
        loop {
            let writes = self.read_writes(from).await?;
            let Some((last, _)) = writes.last() else { break };
            from = BlockIndex(last.0 + 1);
            for (index, Written { kind, entry }) in writes {
                match (kind, entry.content.place()) {
                    (SlotKind::Block, Some(place)) => self.bytes_stored += u64::from(place.sealed_len),
                    (SlotKind::Reference, _) => self.blocks_shared += 1,
                    _ => {}
                }
                aggregate.update(&entry.digest.0);
                self.written += 1;
                self.take(index, entry).await?;
            }
        }
        if self.written != expected.changed_blocks {
            return Err(CompleteUploadError::CountMismatch);
        }
        if expected.checksum.is_some_and(|checksum| aggregate.finish().as_ref() != checksum) {
            return Err(CompleteUploadError::ChecksumMismatch);
        }
        Ok(self.put_pending().await?)
    }

    async fn read_writes(&self, from: BlockIndex) -> Result<Vec<(BlockIndex, Written)>, StoreError> {
        let (table, keys, snapshot) = (Arc::clone(&self.writes), Arc::clone(self.keys), self.snapshot);
        let reading = move || {
            let writes = table.read(from, WRITES_AT_ONCE)?;
            writes.into_iter().map(|(index, write)| written_entry(snapshot, index, &write, &keys)).collect()
        };
        self.shared.compute(reading).await?
    }

    async fn take(&mut self, index: BlockIndex, entry: LeafEntry) -> Result<(), StoreError> {
        let number = leaf_of(index);
        match &mut self.pending {
            Some((pending, entries)) if *pending == number => entries.push(entry),
            _ => {
                self.put_pending().await?;
                self.pending = Some((number, vec![entry]));
            }
        }
        Ok(())
    }

    async fn put_pending(&mut self) -> Result<(), StoreError> {
        let Some((number, written)) = self.pending.take() else { return Ok(()) };
        let below = match &self.parent {
            Some(parent) => parent.leaf(number).await?,
            None => None,
        };
        let kept = below
            .iter()
            .flat_map(|leaf| &leaf.entries)
            .filter(|entry| written.binary_search_by_key(&entry.slot, |written| written.slot).is_err());
        let mut entries: Vec<LeafEntry> = kept.cloned().collect();
        entries.extend(written);
        entries.sort_unstable_by_key(|entry| entry.slot);
        self.builder.put_leaf(number, &Leaf { entries }).await
    }
}

/// A block that was written, and how its content came to be stored.
struct Written {
    kind: SlotKind,
    entry: LeafEntry,
}

fn written_entry(
    snapshot: SnapshotId,
    index: BlockIndex,
    write: &Write,
    keys: &DomainKeys,
) -> Result<(BlockIndex, Written), StoreError> {
    let object = ObjectName::segment(write.place.segment);
    let origin = write.origin.open(keys).map_err(StoreError::in_object(&object))?;
    if origin.snapshot != snapshot || origin.index != index {
        return Err(StoreError::damaged(&object, Damage::Malformed));
    }
    let content = match (write.kind, origin.elsewhere) {
        (SlotKind::Zero, None) => Content::Zeros,
        (SlotKind::Block, None) => Content::Sealed { place: write.place, key: origin.key.clone() },
        (SlotKind::Reference, Some(place)) => Content::Sealed { place, key: origin.key.clone() },
        _ => return Err(StoreError::damaged(&object, Damage::Malformed)),
    };
    let entry = LeafEntry { slot: slot_in_leaf(index), digest: origin.digest, content };
    Ok((index, Written { kind: write.kind, entry }))
}
