//! What a copy reads of its source.

use async_trait::async_trait;
use ebs::{BlockDigest, VolumeSize};

use crate::domain_keys::BlockKey;
use crate::limits::SEALED_BYTES_MAX;
use crate::node::{Content, LogicalHash};
use crate::segment::{SlotKind, read_slots, sealed_block};
use crate::{Damage, ObjectName, SealedBlock, SnapshotTree, StoreError};

/// The snapshot that is copied: here, or in another region.
///
/// Who implements this for a stranger has checked that the stranger may read the snapshot: it gives away the
/// content of blocks.
#[async_trait]
pub trait CopySource: Send + Sync {
    /// The top of the tree.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    async fn root(&self) -> Result<SourceRoot, StoreError>;

    /// The leaves below the branch at `slot` of the root.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    async fn branch(&self, slot: u16) -> Result<Vec<SourceChild>, StoreError>;

    /// The blocks of a leaf.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    async fn leaf(&self, number: u32) -> Result<SourceLeaf, StoreError>;

    /// The sealed bytes of blocks of a leaf, their checksums compared, in any order. At most as many are asked for
    /// as fit the memory that the caller has set aside.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if one of them is not what was written.
    async fn blocks(&self, leaf: u32, slots: &[u16]) -> Result<Vec<(u16, SealedBlock)>, StoreError>;
}

/// The top of a source's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRoot {
    /// Size of the volume.
    pub volume_size: VolumeSize,
    /// The hash of everything in the snapshot.
    pub hash: LogicalHash,
    /// Its branches, ascending.
    pub branches: Vec<SourceChild>,
}

/// A node of a source's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceChild {
    /// Its slot in the node above.
    pub slot: u16,
    /// The hash of everything below it.
    pub hash: LogicalHash,
    /// Present blocks below it.
    pub blocks: u64,
}

/// A leaf of a source's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLeaf {
    /// Its present blocks, ascending.
    pub blocks: Vec<SourceBlock>,
}

/// A block of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceBlock {
    /// Its slot in the leaf.
    pub slot: u16,
    /// The digest of its content.
    pub digest: BlockDigest,
    /// The key of its content and the length of its sealed bytes; nothing for a block of zeros.
    pub sealed: Option<(BlockKey, u32)>,
}

#[async_trait]
impl CopySource for SnapshotTree {
    async fn root(&self) -> Result<SourceRoot, StoreError> {
        let branches = children(&self.root.children);
        Ok(SourceRoot { volume_size: self.volume_size(), hash: self.logical_hash(), branches })
    }

    async fn branch(&self, slot: u16) -> Result<Vec<SourceChild>, StoreError> {
        let branch = SnapshotTree::branch(self, slot).await?;
        Ok(branch.map(|branch| children(&branch.children)).unwrap_or_default())
    }

    async fn leaf(&self, number: u32) -> Result<SourceLeaf, StoreError> {
        let leaf = SnapshotTree::leaf(self, number).await?;
        let blocks = leaf.iter().flat_map(|leaf| &leaf.entries).map(|entry| {
            let sealed = match &entry.content {
                Content::Zeros => None,
                Content::Sealed { place, key } => {
                    Some((key.clone(), place.sealed_len.min(SEALED_BYTES_MAX as u32)))
                }
            };
            SourceBlock { slot: entry.slot, digest: entry.digest, sealed }
        });
        Ok(SourceLeaf { blocks: blocks.collect() })
    }

    async fn blocks(&self, leaf: u32, slots: &[u16]) -> Result<Vec<(u16, SealedBlock)>, StoreError> {
        let Some(node) = SnapshotTree::leaf(self, leaf).await? else { return Ok(Vec::new()) };
        let place_of = |slot: &u16| {
            node.entry(*slot).and_then(|entry| entry.content.place()).map(|place| (*slot, place))
        };
        let wanted = slots.iter().filter_map(place_of).collect::<Vec<_>>();
        let found =
            read_slots(&*self.store.shared.objects, wanted.iter().map(|(_, place)| *place).collect()).await?;
        let mut blocks = Vec::with_capacity(wanted.len());
        for (slot, place) in wanted {
            // One place may stand at several slots; `read_slots` gives each place once, sorted.
            let at = found.binary_search_by_key(&place, |(found, _)| *found);
            let read = at.ok().map(|at| &found[at].1).filter(|read| read.header.kind == SlotKind::Block);
            let damaged = || StoreError::damaged(&ObjectName::segment(place.segment), Damage::Malformed);
            blocks.push((slot, sealed_block(read.ok_or_else(damaged)?)));
        }
        Ok(blocks)
    }
}

fn children(children: &[crate::node::Child]) -> Vec<SourceChild> {
    children
        .iter()
        .map(|child| SourceChild { slot: child.slot, hash: child.hash, blocks: child.blocks })
        .collect()
}
