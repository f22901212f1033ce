//! Reading snapshots: their blocks, their lists, and how two of them differ.
//!
//! Every step down checks that the node found has the logical hash that the node above states, so that a tree
//! cannot be pieced together from parts of others.

use std::pin::pin;
use std::sync::Arc;

use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, VolumeSize};
use futures_util::future::{ready, try_join};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use crate::limits::{NODE_FANOUT, NODES_AHEAD};
use crate::node::{
    Branch, Child, Content, Leaf, LogicalHash, Root, branch_of, index_at, leaf_at, leaf_of, slot_in_leaf,
};
use crate::object_store::ObjectName;
use crate::segment::{Place, SlotKind, read_slot, sealed_block};
use crate::{BlockStore, Damage, DomainKeys, StoreError};

/// A snapshot, open for reading.
#[derive(Clone, Debug)]
pub struct SnapshotTree {
    pub(crate) store: BlockStore,
    pub(crate) keys: Arc<DomainKeys>,
    pub(crate) root: Arc<Root>,
}

/// A present block, as a listing shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentBlock {
    /// Its index.
    pub index: BlockIndex,
    /// The digest of its content.
    pub digest: BlockDigest,
}

/// A block that differs between two snapshots: the digest it has in each, if it is present there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeDifference {
    /// Its index.
    pub index: BlockIndex,
    /// In the first snapshot.
    pub first: Option<BlockDigest>,
    /// In the second snapshot.
    pub second: Option<BlockDigest>,
}

impl SnapshotTree {
    pub(crate) fn new(store: BlockStore, keys: Arc<DomainKeys>, root: Root) -> Self {
        Self { store, keys, root: Arc::new(root) }
    }

    /// Size of the volume.
    pub fn volume_size(&self) -> VolumeSize {
        self.root.volume_size
    }

    /// How many blocks are present.
    pub fn present_blocks(&self) -> u64 {
        self.root.blocks()
    }

    /// The hash of everything the snapshot contains.
    pub fn logical_hash(&self) -> LogicalHash {
        self.root.logical_hash()
    }

    /// The [`BLOCK_BYTES`] plain bytes of a block and their digest, or nothing if the block is not present.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if what is stored is not what was written. Never other bytes.
    pub async fn read_block(&self, index: BlockIndex) -> Result<Option<(Vec<u8>, BlockDigest)>, StoreError> {
        let Some(leaf) = self.leaf(leaf_of(index)).await? else { return Ok(None) };
        let Some(entry) = leaf.entry(slot_in_leaf(index)) else { return Ok(None) };
        let Content::Sealed { place, key } = &entry.content else {
            return Ok(Some((vec![0; BLOCK_BYTES], entry.digest)));
        };
        let slot = read_slot(&*self.store.shared.objects, *place).await?;
        if slot.header.kind != SlotKind::Block {
            return Err(StoreError::damaged(&ObjectName::segment(place.segment), Damage::Malformed));
        }
        let (block, digest, key) = (sealed_block(&slot), entry.digest, key.clone());
        let opened = self.store.shared.compute(move || block.open(&digest, &key)).await?;
        opened
            .map(|plain| Some((plain, digest)))
            .map_err(StoreError::in_object(&ObjectName::segment(place.segment)))
    }

    /// Whether a block is present.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a node is not what was written.
    pub async fn has_block(&self, index: BlockIndex) -> Result<bool, StoreError> {
        let leaf = self.leaf(leaf_of(index)).await?;
        Ok(leaf.is_some_and(|leaf| leaf.entry(slot_in_leaf(index)).is_some()))
    }

    /// Present blocks of index `from` or later, ascending, at most `limit`; and the index from which to go on if
    /// there are more. Reads only leaves that hold what is listed, and the one in which the rest begins.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a node is not what was written.
    pub async fn list_blocks(
        &self,
        from: BlockIndex,
        limit: usize,
    ) -> Result<(Vec<PresentBlock>, Option<BlockIndex>), StoreError> {
        let mut blocks = Vec::new();
        let mut leaves = pin!(self.leaves_listed(from, limit as u64));
        while let Some((number, leaf)) = leaves.try_next().await? {
            for entry in &leaf.entries {
                let index = index_at(number, entry.slot);
                if index < from {
                    continue;
                }
                if blocks.len() == limit {
                    return Ok((blocks, Some(index)));
                }
                blocks.push(PresentBlock { index, digest: entry.digest });
            }
        }
        Ok((blocks, None))
    }

    /// The leaves that a listing of `limit` blocks from `from` on needs, ascending, some of them read ahead.
    fn leaves_listed(
        &self,
        from: BlockIndex,
        limit: u64,
    ) -> impl Stream<Item = Result<(u32, Arc<Leaf>), StoreError>> + Send {
        let mut needs = Needs { from, limit, found: 0 };
        let tops = self.root.children.iter().copied().map(|top| (index_at(leaf_at(top.slot, 0), 0), top));
        let tops = tops.filter(move |(_, top)| top.slot >= branch_of(leaf_of(from)).0);
        let tops = tops.take_while(move |(first, top)| needs.more(*first, top)).collect::<Vec<_>>();
        let branches = stream::iter(tops).map(move |(_, top)| async move {
            let branch = self.branch_below(&top).await?;
            let children = branch.children.iter().map(|child| (leaf_at(top.slot, child.slot), *child));
            let wanted = children.filter(|(number, _)| *number >= leaf_of(from)).map(Ok);
            Ok::<_, StoreError>(stream::iter(wanted.collect::<Vec<_>>()))
        });
        let mut needs = Needs { from, limit, found: 0 };
        let needed = move |(number, child): &(u32, Child)| ready(Ok(needs.more(index_at(*number, 0), child)));
        let children = branches.buffered(NODES_AHEAD).try_flatten().try_take_while(needed);
        let leaves = children.map_ok(move |(number, child)| async move {
            Ok((number, self.leaf_below(number, &child).await?))
        });
        leaves.try_buffered(NODES_AHEAD)
    }

    pub(crate) async fn branch(&self, slot: u16) -> Result<Option<Arc<Branch>>, StoreError> {
        match self.root.child(slot) {
            Some(child) => self.branch_below(child).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn leaf(&self, number: u32) -> Result<Option<Arc<Leaf>>, StoreError> {
        let (branch, slot) = branch_of(number);
        let Some(branch) = self.branch(branch).await? else { return Ok(None) };
        match branch.child(slot) {
            Some(child) => self.leaf_below(number, child).await.map(Some),
            None => Ok(None),
        }
    }

    async fn branch_below(&self, child: &Child) -> Result<Arc<Branch>, StoreError> {
        let branch = self.store.shared.branch(child.slot, child.place, &self.keys).await?;
        expect_hash(branch.logical_hash(), child)?;
        Ok(branch)
    }

    async fn leaf_below(&self, number: u32, child: &Child) -> Result<Arc<Leaf>, StoreError> {
        let leaf = self.store.shared.leaf(number, child.place, &self.keys).await?;
        expect_hash(leaf.logical_hash(), child)?;
        Ok(leaf)
    }
}

/// Which nodes a listing needs, in ascending order. Each says how many blocks lie below it, so none is read for
/// nothing; how many of the first one's come before `from` is not known, and so they count for nothing.
struct Needs {
    from: BlockIndex,
    limit: u64,
    found: u64,
}

impl Needs {
    /// Whether the next node is needed, whose first block is `first`: it is listed, or the rest begins in it.
    fn more(&mut self, first: BlockIndex, node: &Child) -> bool {
        let needed = self.found <= self.limit;
        if first >= self.from {
            self.found = self.found.saturating_add(node.blocks);
        }
        needed
    }
}

fn expect_hash(found: LogicalHash, stated: &Child) -> Result<(), StoreError> {
    let object = |place: Place| ObjectName::segment(place.segment);
    if found == stated.hash {
        Ok(())
    } else {
        Err(StoreError::damaged(&object(stated.place), Damage::Checksum))
    }
}

/// Blocks of index `from` or later whose content differs, ascending, at most `limit`; and the index from which to
/// go on if there may be more. Descends only where hashes differ: the work is in proportion to what changed, and at
/// most [`NODES_AHEAD`] leaves and branches are read that the page turns out not to need.
///
/// # Errors
/// [`StoreError::Damaged`] if a node is not what was written.
pub async fn difference(
    first: &SnapshotTree,
    second: &SnapshotTree,
    from: BlockIndex,
    limit: usize,
) -> Result<(Vec<TreeDifference>, Option<BlockIndex>), StoreError> {
    let mut found = Vec::new();
    let mut leaves = pin!(leaves_differing(first, second, from));
    while let Some(changed) = leaves.try_next().await? {
        for difference in changed.into_iter().filter(|difference| difference.index >= from) {
            if found.len() == limit {
                return Ok((found, Some(difference.index)));
            }
            found.push(difference);
        }
    }
    Ok((found, None))
}

/// The differences of each leaf that differs, ascending, some of them read ahead.
fn leaves_differing<'a>(
    first: &'a SnapshotTree,
    second: &'a SnapshotTree,
    from: BlockIndex,
) -> impl Stream<Item = Result<Vec<TreeDifference>, StoreError>> + Send + 'a {
    let tops = (branch_of(leaf_of(from)).0..NODE_FANOUT as u16)
        .filter(|branch| hash_at(first.root.child(*branch)) != hash_at(second.root.child(*branch)));
    let branches = stream::iter(tops.collect::<Vec<_>>()).map(move |branch| async move {
        let (old, new) = try_join(first.branch(branch), second.branch(branch)).await?;
        let differing = (0..NODE_FANOUT as u16).filter(|slot| {
            let child_of =
                |branch: &Option<Arc<Branch>>| hash_at(branch.as_ref().and_then(|node| node.child(*slot)));
            leaf_at(branch, *slot) >= leaf_of(from) && child_of(&old) != child_of(&new)
        });
        let numbers = differing.map(|slot| Ok(leaf_at(branch, slot)));
        Ok::<_, StoreError>(stream::iter(numbers.collect::<Vec<_>>()))
    });
    let numbers = branches.buffered(NODES_AHEAD / 2).try_flatten();
    let leaves = numbers.map_ok(move |number| async move {
        let (old, new) = try_join(first.leaf(number), second.leaf(number)).await?;
        Ok(leaf_difference(number, old.as_deref(), new.as_deref()))
    });
    leaves.try_buffered(NODES_AHEAD / 2)
}

fn hash_at(child: Option<&Child>) -> Option<LogicalHash> {
    child.map(|child| child.hash)
}

fn leaf_difference(number: u32, first: Option<&Leaf>, second: Option<&Leaf>) -> Vec<TreeDifference> {
    let digest = |leaf: Option<&Leaf>, slot| leaf.and_then(|leaf| leaf.entry(slot)).map(|entry| entry.digest);
    let differences = (0..NODE_FANOUT as u16).map(|slot| TreeDifference {
        index: index_at(number, slot),
        first: digest(first, slot),
        second: digest(second, slot),
    });
    differences.filter(|difference| difference.first != difference.second).collect()
}
