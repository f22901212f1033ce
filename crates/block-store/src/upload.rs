//! Uploads: snapshots that are written block by block.
//!
//! A block is acknowledged once it is durable together with a record of what it is: which upload, which index,
//! which write. Blocks that arrive at the same time share one synchronisation. What was acknowledged is found
//! again in the upload's segments, whoever wrote them and however that ended. Several nodes may write one upload:
//! each numbers its writes, and the ledger puts the segments in order.

mod appender;
mod complete;
mod recover;
#[cfg(test)]
mod tests;
mod write_table;

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use ebs::{BlockDigest, BlockIndex, SegmentId, SessionId, SnapshotId};

use crate::domain_keys::{BlockIdentity, BlockKey};
use crate::node::{Content, leaf_of, slot_in_leaf};
use crate::segment::{Origin, Place, Slot, SlotKind};
use crate::store::Shared;
use crate::{
    BlockStore, DomainKeys, MemoryPermit, SealedBlock, SnapshotTree, StoreError, block_digest, is_zero,
};

pub(crate) use write_table::WriteTable;

pub use complete::{CompleteUploadError, ExpectedUpload, UploadOutcome, complete_upload};

use appender::{Append, Appender};

/// An upload, open for writing on this node.
pub struct Upload {
    shared: Arc<Shared>,
    keys: Arc<DomainKeys>,
    snapshot: SnapshotId,
    session: SessionId,
    parent: Option<SnapshotTree>,
    next_write: AtomicU64,
    pinned: Mutex<HashSet<SegmentId>>,
    appender: Appender,
}

/// A segment that an upload has written, as the ledger knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadSegment {
    /// Its name.
    pub id: SegmentId,
    /// Whether it is recorded as sealed. One that is not may be a file in the staging folder, or nothing at all.
    pub sealed: bool,
    /// Its place in the order of the upload's segments: writes in a later one are later.
    pub order: u64,
    /// How many slots it has, if it is sealed.
    pub slots: u32,
}

/// Why a block was not written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteBlockError {
    /// The bytes do not have the digest that came with them.
    #[error("the block's digest is not the one that came with it")]
    Checksum {
        /// The digest that the bytes have.
        computed: BlockDigest,
    },
    /// The store could not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A block that has been hashed and compared with what is there already.
enum Prepared {
    Zeros,
    /// Known content that lies at `place`, under `key`.
    Known {
        place: Place,
        key: BlockKey,
    },
    Sealed {
        block: SealedBlock,
        identity: BlockIdentity,
        key: BlockKey,
    },
}

impl Upload {
    /// Opens the upload `snapshot` for writing by `session`, which is the upload's and has written nothing yet.
    /// What earlier sessions wrote is in `segments`; those that were interrupted on this node are sealed first, so
    /// that all that this session writes is later.
    ///
    /// # Errors
    /// [`StoreError`] if a segment of the upload cannot be read.
    pub async fn open(
        store: &BlockStore,
        keys: Arc<DomainKeys>,
        snapshot: SnapshotId,
        session: SessionId,
        parent: Option<SnapshotTree>,
        segments: &[UploadSegment],
    ) -> Result<Self, StoreError> {
        let shared = Arc::clone(&store.shared);
        recover::seal_all_interrupted(&shared, &keys, segments, None).await?;
        let appender = Appender::start(Arc::clone(&shared), session, keys.domain());
        let (next_write, pinned) = (AtomicU64::new(0), Mutex::default());
        Ok(Self { shared, keys, snapshot, session, parent, next_write, pinned, appender })
    }

    /// Writes a block of [`ebs::BLOCK_BYTES`]. When this returns the block is durable, and the latest of that
    /// index. If it is cancelled, the block may be written or not.
    ///
    /// `memory` is the share of the budget that the block's bytes take; it is given back when they are written.
    ///
    /// # Errors
    /// [`WriteBlockError::Checksum`] if the bytes do not have the digest `expected`; nothing is written then.
    pub async fn write_block(
        &self,
        index: BlockIndex,
        plain: Bytes,
        expected: BlockDigest,
        memory: MemoryPermit,
    ) -> Result<(), WriteBlockError> {
        let computed = {
            let plain = plain.clone();
            self.shared.compute(move || block_digest(&plain)).await?
        };
        if computed != expected {
            return Err(WriteBlockError::Checksum { computed });
        }
        let write_sequence = self.next_write.fetch_add(1, Ordering::Relaxed);
        let prepared = self.prepare(index, plain, computed).await?;
        let (slot, identity) = self.slot(index, write_sequence, computed, prepared)?;
        let append = Append { slot, identity, _memory: memory };
        Ok(self.appender.append(append).await?)
    }

    /// Whether writing has ended because something failed: nothing more is acknowledged here. The upload may be opened
    /// again, whatever failed: what was acknowledged is then taken up into files of their own, and a file that could
    /// not be synchronised is only read.
    pub fn has_failed(&self) -> bool {
        self.appender.has_failed()
    }

    /// Ends writing and seals what is open. Writes that are under way are waited for.
    ///
    /// # Errors
    /// [`StoreError`] if the last segment could not be sealed; it is found again when the upload is recovered.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.appender.close().await
    }

    async fn prepare(
        &self,
        index: BlockIndex,
        plain: Bytes,
        digest: BlockDigest,
    ) -> Result<Prepared, StoreError> {
        if digest == BlockDigest::ZERO_BLOCK && is_zero(&plain) {
            return Ok(Prepared::Zeros);
        }
        if let Some(known) = self.in_parent(index, &digest).await? {
            return Ok(known);
        }
        let identity = self.keys.block_identity(&digest);
        if let Some(known) = self.in_store(&identity, &digest).await? {
            return Ok(known);
        }
        let key = self.keys.block_key(&digest);
        let (randomness, seal_key) = (Arc::clone(&self.shared.randomness), key.clone());
        let sealing = move || SealedBlock::seal(&plain, &digest, &seal_key, &*randomness);
        let block = self.shared.compute(sealing).await??;
        Ok(Prepared::Sealed { block, identity, key })
    }

    /// The same content at the same place of the parent, whose root is pinned for as long as the upload is open.
    async fn in_parent(
        &self,
        index: BlockIndex,
        digest: &BlockDigest,
    ) -> Result<Option<Prepared>, StoreError> {
        let Some(parent) = &self.parent else { return Ok(None) };
        let Some(leaf) = parent.leaf(leaf_of(index)).await? else { return Ok(None) };
        let entry = leaf.entry(slot_in_leaf(index)).filter(|entry| entry.digest == *digest);
        Ok(entry.and_then(|entry| match &entry.content {
            Content::Zeros => None,
            Content::Sealed { place, key } => Some(Prepared::Known { place: *place, key: key.clone() }),
        }))
    }

    /// The same content anywhere in the domain, if its segment can be pinned.
    async fn in_store(
        &self,
        identity: &BlockIdentity,
        digest: &BlockDigest,
    ) -> Result<Option<Prepared>, StoreError> {
        let Some(known) = crate::copy::known_block(&self.shared, &self.keys, identity, digest) else {
            return Ok(None);
        };
        let (segment, key) = (known.place.segment, known.key);
        let held = segment.session == self.session || self.pins().contains(&segment);
        if !held {
            if !self.shared.ledger.pin(self.session, segment).await? {
                return Ok(None);
            }
            self.pins().insert(segment);
        }
        Ok(Some(Prepared::Known { place: known.place, key }))
    }

    fn pins(&self) -> std::sync::MutexGuard<'_, HashSet<SegmentId>> {
        // A set of names is whole between any two calls.
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(
        &self,
        index: BlockIndex,
        write_sequence: u64,
        digest: BlockDigest,
        prepared: Prepared,
    ) -> Result<(Slot, Option<BlockIdentity>), StoreError> {
        let (key, elsewhere) = match &prepared {
            Prepared::Zeros => (BlockKey([0; 32]), None),
            Prepared::Known { place, key } => (key.clone(), Some(*place)),
            Prepared::Sealed { key, .. } => (key.clone(), None),
        };
        let origin = Origin { snapshot: self.snapshot, index, write_sequence, digest, key, elsewhere };
        let origin = origin.seal(&self.keys, &*self.shared.randomness)?;
        Ok(match prepared {
            Prepared::Zeros => (Slot::of_upload(SlotKind::Zero, origin), None),
            Prepared::Known { .. } => (Slot::of_upload(SlotKind::Reference, origin), None),
            Prepared::Sealed { block, identity, .. } => {
                (Slot::of_uploaded_block(block, &identity, origin), Some(identity))
            }
        })
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upload({}, {:?})", self.snapshot, self.session)
    }
}
