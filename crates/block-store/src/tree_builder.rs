//! Writing the tree of a new snapshot, on top of another or from nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use ebs::{SessionId, SnapshotId, VolumeSize};

use crate::node::{Branch, Child, Leaf, LogicalHash, Root, branch_of};
use crate::segment_writer::SegmentWriter;
use crate::store::Shared;
use crate::{DomainKeys, RootRef, SnapshotTree, StoreError};

/// A snapshot whose tree is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotWritten {
    /// Names its root.
    pub root: RootRef,
    /// Size of its volume.
    pub volume_size: VolumeSize,
    /// Present blocks.
    pub present_blocks: u64,
    /// The hash of everything it contains.
    pub logical_hash: LogicalHash,
}

/// Builds a tree from leaves that come in ascending order. Leaves that do not come are those of the base. At most
/// one branch and the root are held in memory.
pub(crate) struct TreeBuilder<'a> {
    shared: Arc<Shared>,
    keys: Arc<DomainKeys>,
    writer: &'a mut SegmentWriter,
    base: Option<SnapshotTree>,
    branches: BTreeMap<u16, Child>,
    current: Option<(u16, BTreeMap<u16, Child>)>,
}

impl<'a> TreeBuilder<'a> {
    /// A tree that begins as `base`, which is of the domain of `keys`.
    pub(crate) fn new(
        shared: Arc<Shared>,
        keys: Arc<DomainKeys>,
        writer: &'a mut SegmentWriter,
        base: Option<SnapshotTree>,
    ) -> Self {
        let branches = base.iter().flat_map(|base| &base.root.children).map(|child| (child.slot, *child));
        Self { branches: branches.collect(), shared, keys, writer, base, current: None }
    }

    /// The writer of the session, for the blocks that leaves refer to.
    pub(crate) fn writer(&mut self) -> &mut SegmentWriter {
        self.writer
    }

    /// Puts `leaf` in the place of the base's; an empty leaf removes it.
    pub(crate) async fn put_leaf(&mut self, number: u32, leaf: &Leaf) -> Result<(), StoreError> {
        let (branch, slot) = branch_of(number);
        if self.current.as_ref().is_none_or(|(current, _)| *current != branch) {
            self.finish_branch().await?;
            self.current = Some((branch, self.base_leaves(branch).await?));
        }
        let hash = leaf.logical_hash();
        let known = self.current.as_ref().and_then(|(_, leaves)| leaves.get(&slot));
        if known.is_some_and(|known| known.hash == hash) {
            return Ok(());
        }
        let child = match leaf.entries.len() {
            0 => None,
            blocks => {
                let encoded = leaf.encode(number, &self.keys, &*self.shared.randomness)?;
                let places = self.writer.append(vec![encoded]).await?;
                places.first().map(|place| {
                    self.shared.keep_leaf(number, *place, self.keys.domain(), leaf.clone());
                    Child { slot, place: *place, hash, blocks: blocks as u64 }
                })
            }
        };
        if let Some((_, leaves)) = &mut self.current {
            match child {
                Some(child) => leaves.insert(slot, child),
                None => leaves.remove(&slot),
            };
        }
        Ok(())
    }

    /// Writes what is left and gives the root, whose nodes are durable.
    pub(crate) async fn finish(mut self, volume_size: VolumeSize) -> Result<Root, StoreError> {
        self.finish_branch().await?;
        self.writer.seal().await?;
        Ok(Root { volume_size, children: self.branches.into_values().collect() })
    }

    async fn base_leaves(&self, branch: u16) -> Result<BTreeMap<u16, Child>, StoreError> {
        let Some(base) = &self.base else { return Ok(BTreeMap::new()) };
        let node = base.branch(branch).await?;
        Ok(node.iter().flat_map(|node| &node.children).map(|child| (child.slot, *child)).collect())
    }

    async fn finish_branch(&mut self) -> Result<(), StoreError> {
        let Some((number, leaves)) = self.current.take() else { return Ok(()) };
        let branch = Branch { children: leaves.into_values().collect() };
        let hash = branch.logical_hash();
        if branch.children.is_empty() {
            self.branches.remove(&number);
        } else if self.branches.get(&number).is_none_or(|known| known.hash != hash) {
            let encoded = branch.encode(number, &self.keys, &*self.shared.randomness)?;
            let places = self.writer.append(vec![encoded]).await?;
            if let Some(place) = places.first().copied() {
                let blocks = branch.blocks();
                self.branches.insert(number, Child { slot: number, place, hash, blocks });
                self.shared.keep_branch(number, place, self.keys.domain(), branch);
            }
        }
        Ok(())
    }
}

/// Writes the root object of `snapshot`: durable when this returns.
pub(crate) async fn write_root(
    shared: &Shared,
    keys: &DomainKeys,
    session: SessionId,
    snapshot: SnapshotId,
    root: &Root,
) -> Result<SnapshotWritten, StoreError> {
    let object = root.encode(snapshot, keys, &*shared.randomness)?;
    let object_hash = *blake3::hash(&object).as_bytes();
    let reference =
        RootRef { incarnation: shared.incarnation, session, snapshot, domain: keys.domain(), object_hash };
    shared.objects.put(&reference.object_name(), object).await?;
    Ok(SnapshotWritten {
        root: reference,
        volume_size: root.volume_size,
        present_blocks: root.blocks(),
        logical_hash: root.logical_hash(),
    })
}
