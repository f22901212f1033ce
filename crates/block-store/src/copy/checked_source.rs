//! A copy's source, believed no further than trees go.
//!
//! Another region may give any numbers. What comes through here has slots that nodes have, each once and in order,
//! counts that add up within a tree, blocks of the volume, and sealed bytes that fit a slot and are as many as were
//! announced. Whether it is the right content is not judged here: the finished copy's logical hash tells.

use ebs::{BlockDigest, VolumeSize};

use super::{CopySource, SourceBlock, SourceChild, SourceLeaf, SourceRoot};
use crate::domain_keys::TAG_BYTES;
use crate::limits::{NODE_FANOUT, SEALED_BYTES_MAX};
use crate::node::index_at;
use crate::{Damage, ObjectName, SealedBlock, StoreError};

/// Most blocks below a leaf and below a branch.
const LEAF_BLOCKS_MAX: u64 = NODE_FANOUT as u64;
const BRANCH_BLOCKS_MAX: u64 = LEAF_BLOCKS_MAX * NODE_FANOUT as u64;

/// A source that is checked. What does not hold is [`StoreError::Damaged`] with [`Damage::Malformed`].
pub(super) struct CheckedSource<'a> {
    source: &'a dyn CopySource,
    volume_size: VolumeSize,
    /// The root of the copy, which is named in errors.
    copy: ObjectName,
}

/// A block that is to be read of the source.
#[derive(Clone, Copy)]
pub(super) struct WantedBlock {
    pub(super) slot: u16,
    pub(super) sealed_len: u32,
}

impl<'a> CheckedSource<'a> {
    /// The source of the copy whose root will be `copy`, and the top of its tree.
    pub(super) async fn open(
        source: &'a dyn CopySource,
        copy: ObjectName,
    ) -> Result<(Self, SourceRoot), StoreError> {
        let root = source.root().await?;
        let checked = Self { source, volume_size: root.volume_size, copy };
        checked.require(are_children(&root.branches, BRANCH_BLOCKS_MAX))?;
        Ok((checked, root))
    }

    /// The leaves below the branch at `slot`.
    pub(super) async fn branch(&self, slot: u16) -> Result<Vec<SourceChild>, StoreError> {
        let leaves = self.source.branch(slot).await?;
        self.require(are_children(&leaves, LEAF_BLOCKS_MAX))?;
        Ok(leaves)
    }

    /// The leaf `number`, which was said to have `blocks` blocks.
    pub(super) async fn leaf(&self, number: u32, blocks: u64) -> Result<SourceLeaf, StoreError> {
        let leaf = self.source.leaf(number).await?;
        let ascend = leaf.blocks.is_sorted_by(|one, next| one.slot < next.slot);
        let is_block = |block: &SourceBlock| self.is_block(number, block);
        self.require(leaf.blocks.len() as u64 == blocks && ascend && leaf.blocks.iter().all(is_block))?;
        Ok(leaf)
    }

    /// The sealed bytes of `wanted`, which are blocks of the leaf `number`: each of them once, in any order.
    pub(super) async fn blocks(
        &self,
        number: u32,
        wanted: &[WantedBlock],
    ) -> Result<Vec<(u16, SealedBlock)>, StoreError> {
        let slots = wanted.iter().map(|block| block.slot).collect::<Vec<_>>();
        let mut blocks = self.source.blocks(number, &slots).await?;
        self.require(blocks.len() == wanted.len())?;
        blocks.sort_unstable_by_key(|(slot, _)| *slot);
        let fits = |(block, wanted): (&(u16, SealedBlock), &WantedBlock)| {
            block.0 == wanted.slot && block.1.bytes.len() == wanted.sealed_len as usize
        };
        self.require(blocks.iter().zip(wanted).all(fits))?;
        Ok(blocks)
    }

    fn is_block(&self, leaf: u32, block: &SourceBlock) -> bool {
        let is_of_volume =
            usize::from(block.slot) < NODE_FANOUT && self.volume_size.contains(index_at(leaf, block.slot));
        is_of_volume
            && match &block.sealed {
                Some((_, length)) => (TAG_BYTES..=SEALED_BYTES_MAX).contains(&(*length as usize)),
                None => block.digest == BlockDigest::ZERO_BLOCK,
            }
    }

    fn require(&self, holds: bool) -> Result<(), StoreError> {
        if holds { Ok(()) } else { Err(StoreError::damaged(&self.copy, Damage::Malformed)) }
    }
}

/// Whether these may be the children of a node, each with at most `blocks_max` blocks below it.
fn are_children(children: &[SourceChild], blocks_max: u64) -> bool {
    let ascend = children.is_sorted_by(|one, next| one.slot < next.slot);
    let is_child = |child: &SourceChild| {
        usize::from(child.slot) < NODE_FANOUT && (1..=blocks_max).contains(&child.blocks)
    };
    ascend && children.iter().all(is_child)
}
