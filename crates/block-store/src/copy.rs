//! Copying a snapshot: what the destination lacks is moved as it is sealed, the rest is referred to.
//!
//! The source gives its tree and, for each block it is asked for, the sealed bytes with the key of that one content.
//! The destination writes nodes of its own under its own keys. No block is opened on the way, and the secret of a
//! domain never leaves its region.

mod checked_source;
mod source;
#[cfg(test)]
mod tests;
mod transfer;

use std::sync::Arc;

use ebs::{BlockDigest, SessionId, SnapshotId};

use crate::block_index::open_key;
use crate::domain_keys::{BlockIdentity, BlockKey};
use crate::limits::NODE_FANOUT;
use crate::node::leaf_at;
use crate::segment::Place;
use crate::segment_writer::SegmentWriter;
use crate::store::Shared;
use crate::tree_builder::{TreeBuilder, write_root};
use crate::{BlockStore, Damage, DomainKeys, ObjectName, SnapshotTree, SnapshotWritten, StoreError};

pub use source::{CopySource, SourceBlock, SourceChild, SourceLeaf, SourceRoot};

use checked_source::CheckedSource;
use transfer::Transfer;

/// Hears how far a copy is.
pub trait CopyProgress: Send + Sync {
    /// `done` of the `total` blocks in leaves that differ are at the destination; `moved` bytes came from the source.
    fn advanced(&self, done: u64, total: u64, moved: u64);
}

/// What a copy did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyOutcome {
    /// The snapshot at the destination.
    pub written: SnapshotWritten,
    /// Bytes that came from the source: sealed blocks, with digest, key and index of each.
    pub bytes_moved: u64,
    /// Blocks that came from the source.
    pub blocks_moved: u64,
}

/// A content that the destination has already.
pub(crate) struct KnownBlock {
    pub(crate) place: Place,
    pub(crate) key: BlockKey,
}

impl BlockStore {
    /// Writes `snapshot` as an equal of `source`, which is of this store and of `keys`' domain: one small object, and
    /// no data.
    ///
    /// # Errors
    /// [`StoreError`] if the root object cannot be written.
    pub async fn share_snapshot(
        &self,
        keys: &DomainKeys,
        session: SessionId,
        snapshot: SnapshotId,
        source: &SnapshotTree,
    ) -> Result<SnapshotWritten, StoreError> {
        write_root(&self.shared, keys, session, snapshot, &source.root).await
    }
}

/// Copies `source` into `store` as `snapshot`, on top of `base`, a snapshot there that has much in common with it.
///
/// Only what differs from the base and is not in the destination's index is moved. Nodes of the base that are damaged
/// are written anew where they are come upon; what is shared with it unseen is not. When this returns everything is
/// durable and the logical hashes of source and copy have been compared. If it is cancelled, the sealed segments of
/// the session stay, and another try that holds them finds their blocks in the index.
///
/// # Errors
/// [`StoreError::Damaged`] if the source is not what was written there, says what no tree has, or the copy is not equal
/// to it.
pub async fn copy_tree(
    store: &BlockStore,
    keys: Arc<DomainKeys>,
    session: SessionId,
    snapshot: SnapshotId,
    source: &dyn CopySource,
    base: Option<SnapshotTree>,
    progress: &dyn CopyProgress,
) -> Result<CopyOutcome, StoreError> {
    let shared = &store.shared;
    let root = ObjectName::root(shared.incarnation, snapshot, session);
    let (source, wanted) = CheckedSource::open(source, root).await?;
    let (differing, base) = differing_from_base(&source, &wanted, base).await?;
    let total = differing.iter().map(|leaf| leaf.blocks).sum();
    let mut transfer = Transfer::new(shared, &keys, session, snapshot, &source);
    let mut writer = SegmentWriter::new(Arc::clone(shared), session, keys.domain());
    let mut builder = TreeBuilder::new(Arc::clone(shared), Arc::clone(&keys), &mut writer, base.clone());
    let mut done = 0;
    for DifferingLeaf { number, blocks } in differing {
        let below = match &base {
            Some(base) => base.leaf(number).await.or_else(unless_damaged)?,
            None => None,
        };
        let leaf = transfer.leaf(number, blocks, below.as_deref(), builder.writer()).await?;
        builder.put_leaf(number, &leaf).await?;
        done += blocks;
        progress.advanced(done, total, transfer.bytes_moved());
    }
    let root = builder.finish(wanted.volume_size).await?;
    let written = write_root(shared, &keys, session, snapshot, &root).await?;
    if written.logical_hash != wanted.hash {
        return Err(StoreError::damaged(&written.root.object_name(), Damage::Checksum));
    }
    let (bytes_moved, blocks_moved) = (transfer.bytes_moved(), transfer.blocks_moved());
    Ok(CopyOutcome { written, bytes_moved, blocks_moved })
}

/// Which leaves differ from the base, and the base; without the base if its branches cannot be read. It only saves
/// work, so its damage must not be the end of a copy whose source is whole.
async fn differing_from_base(
    source: &CheckedSource<'_>,
    wanted: &SourceRoot,
    base: Option<SnapshotTree>,
) -> Result<(Vec<DifferingLeaf>, Option<SnapshotTree>), StoreError> {
    match differing_leaves(source, wanted, base.as_ref()).await {
        Err(error @ StoreError::Damaged { .. }) if base.is_some() => {
            tracing::error!(%error, "a copy goes on without its base");
            Ok((differing_leaves(source, wanted, None).await?, None))
        }
        differing => Ok((differing?, base)),
    }
}

/// Nothing in the place of a node that is damaged.
fn unless_damaged<T>(error: StoreError) -> Result<Option<T>, StoreError> {
    match error {
        StoreError::Damaged { .. } => {
            tracing::error!(%error, "a leaf of a copy's base is damaged");
            Ok(None)
        }
        other => Err(other),
    }
}

/// A leaf that differs between source and base, and how many blocks the source has in it.
struct DifferingLeaf {
    number: u32,
    blocks: u64,
}

/// Which leaves differ, in ascending order. Nodes that are equal are not descended into.
async fn differing_leaves(
    source: &CheckedSource<'_>,
    wanted: &SourceRoot,
    base: Option<&SnapshotTree>,
) -> Result<Vec<DifferingLeaf>, StoreError> {
    let mut differing = Vec::new();
    for branch in 0..NODE_FANOUT as u16 {
        let theirs = wanted.branches.iter().find(|child| child.slot == branch);
        let ours = base.and_then(|base| base.root.child(branch));
        if theirs.map(|child| child.hash) == ours.map(|child| child.hash) {
            continue;
        }
        let leaves = match theirs {
            Some(_) => source.branch(branch).await?,
            None => Vec::new(),
        };
        let known = match base {
            Some(base) => base.branch(branch).await?,
            None => None,
        };
        for slot in 0..NODE_FANOUT as u16 {
            let theirs = leaves.iter().find(|child| child.slot == slot);
            let ours = known.as_ref().and_then(|node| node.child(slot));
            if theirs.map(|child| child.hash) != ours.map(|child| child.hash) {
                let blocks = theirs.map_or(0, |child| child.blocks);
                differing.push(DifferingLeaf { number: leaf_at(branch, slot), blocks });
            }
        }
    }
    Ok(differing)
}

/// Where the local index says that a content lies in `keys`' domain, with its key. The place must be pinned before
/// it is referred to.
pub(crate) fn known_block(
    shared: &Shared,
    keys: &DomainKeys,
    identity: &BlockIdentity,
    digest: &BlockDigest,
) -> Option<KnownBlock> {
    let indexed = shared.index.lookup(keys.domain(), identity)?;
    let key = match &indexed.sealed_key {
        None => Some(keys.block_key(digest)),
        Some(sealed) => open_key(keys, identity, sealed),
    };
    key.map(|key| KnownBlock { place: indexed.place, key })
}
