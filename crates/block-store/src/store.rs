//! The store of one region: what all its writers and readers share.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ebs::{DomainId, Incarnation, Randomness, SegmentId};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::block_index::BlockIndex;
use crate::limits::{INDEX_CACHES_BYTES, NODE_CACHES_BYTES};
use crate::node::{Branch, Leaf, Root};
use crate::object_store::{ObjectError, ObjectName, ObjectStore};
use crate::segment::{Place, read_footer, read_slot};
use crate::staging::sweep_copies;
use crate::{DomainKeys, MemoryBudget, RootRef, SegmentLedger, SnapshotTree, StoreError};

/// The block store of one region. Clones are the same store.
#[derive(Clone)]
pub struct BlockStore {
    pub(crate) shared: Arc<Shared>,
}

/// What a store is made of.
pub struct StoreParts {
    /// Where sealed objects are kept.
    pub objects: Arc<dyn ObjectStore>,
    /// A folder for open segments. With [`ObjectStore::staging_is_durable`] it holds acknowledged blocks.
    pub staging: PathBuf,
    /// The file of the local index. It may be deleted at any time: what is lost is deduplication until it has
    /// been read again from the segments.
    pub index: PathBuf,
    /// The incarnation under which new objects are named.
    pub incarnation: Incarnation,
    /// The record of segments.
    pub ledger: Arc<dyn SegmentLedger>,
    /// The source of nonces.
    pub randomness: Arc<dyn Randomness>,
    /// The memory that blocks on their way may fill.
    pub memory: MemoryBudget,
    /// How many threads may hash, compress and seal at once.
    pub cpu_tasks: usize,
    /// How many stores this process has open: they share what caches may fill.
    pub stores: usize,
}

pub(crate) struct Shared {
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) staging: PathBuf,
    pub(crate) incarnation: Incarnation,
    pub(crate) ledger: Arc<dyn SegmentLedger>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) memory: MemoryBudget,
    pub(crate) index: BlockIndex,
    cpu: Arc<Semaphore>,
    nodes: Cache<NodeName, CachedNode, NodeWeight>,
}

/// What a node was read as: an entry is given only to those who ask for the same node with the same keys, so that the
/// cache answers as the stored bytes would.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct NodeName {
    place: Place,
    domain: DomainId,
    number: u32,
}

#[derive(Clone)]
enum CachedNode {
    Leaf(Arc<Leaf>),
    Branch(Arc<Branch>),
}

#[derive(Clone)]
struct NodeWeight;

impl Weighter<NodeName, CachedNode> for NodeWeight {
    fn weight(&self, _: &NodeName, node: &CachedNode) -> u64 {
        let (entries, bytes) = match node {
            CachedNode::Leaf(leaf) => (leaf.entries.len(), size_of::<crate::node::LeafEntry>()),
            CachedNode::Branch(branch) => (branch.children.len(), size_of::<crate::node::Child>()),
        };
        (entries * bytes + size_of::<NodeName>() + 128) as u64
    }
}

impl BlockStore {
    /// Opens the store. Blocks for as long as the local index takes to open.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the staging folder or the index cannot be used.
    pub fn open(parts: StoreParts) -> Result<Self, StoreError> {
        std::fs::create_dir_all(&parts.staging).map_err(ObjectError::from_io)?;
        sweep_copies(&parts.staging).map_err(ObjectError::from_io)?;
        let stores = parts.stores.max(1);
        let index = BlockIndex::open(&parts.index, INDEX_CACHES_BYTES / stores)?;
        let shared = Shared {
            objects: parts.objects,
            staging: parts.staging,
            incarnation: parts.incarnation,
            ledger: parts.ledger,
            randomness: parts.randomness,
            memory: parts.memory,
            index,
            cpu: Arc::new(Semaphore::new(parts.cpu_tasks.max(1))),
            nodes: Cache::with_weighter(1024, NODE_CACHES_BYTES / stores as u64, NodeWeight),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whether the local index has the blocks of `domain`. If not, [`BlockStore::index_segment`] should be called for
    /// each of its sealed segments, and then [`BlockStore::index_is_whole`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the runtime is shutting down.
    pub async fn has_index_of(&self, domain: DomainId) -> Result<bool, StoreError> {
        let index = self.shared.index.clone();
        self.shared.compute(move || index.is_complete(domain)).await
    }

    /// Notes in the local index that all sealed segments of `domain` were entered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the runtime is shutting down.
    pub async fn index_is_whole(&self, domain: DomainId) -> Result<(), StoreError> {
        let index = self.shared.index.clone();
        self.shared.compute(move || index.mark_complete(domain)).await
    }

    /// Reads the footer of a sealed segment of `keys`' domain and enters its blocks into the local index.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the segment's footer is not what was written.
    pub async fn index_segment(&self, keys: &Arc<DomainKeys>, segment: SegmentId) -> Result<(), StoreError> {
        let slots = read_footer(&*self.shared.objects, segment).await?;
        let (index, keys) = (self.shared.index.clone(), Arc::clone(keys));
        let randomness = Arc::clone(&self.shared.randomness);
        self.shared.compute(move || index.insert_slots(&keys, &slots, &*randomness)).await?
    }

    /// The snapshot whose root `root` names, opened with the keys of its domain.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the root object is not the one the reference names, or does not open.
    pub async fn open_snapshot(
        &self,
        root: &RootRef,
        keys: Arc<DomainKeys>,
    ) -> Result<SnapshotTree, StoreError> {
        let name = root.object_name();
        let object = self.shared.objects.get(&name, 0..crate::limits::ROOT_BYTES_MAX).await?;
        let node = Root::decode(&object, root, &keys).map_err(StoreError::in_object(&name))?;
        Ok(SnapshotTree::new(self.clone(), keys, node))
    }

    /// Whether the objects can be reached.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if not, and [`StoreError::Damaged`] if this is not a store that was opened: the
    /// check value of its key is gone.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.shared.objects.length(&ObjectName::key_check()).await?;
        Ok(())
    }

    /// Keeps `bytes` under `name` for ever: key records and check values.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also if the name holds other bytes.
    pub async fn put_record(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<(), StoreError> {
        Ok(self.shared.objects.put(name, bytes.into()).await?)
    }
}

impl Shared {
    /// Runs CPU-bound or blocking work on a thread of its own, as many at once as the store may use.
    ///
    /// Cancelling the wait does not stop work that has begun, and its thread counts until it is done.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let thread = Arc::clone(&self.cpu).acquire_owned().await.map_err(StoreError::unavailable)?;
        let working = move || {
            let done = work();
            drop(thread);
            done
        };
        tokio::task::spawn_blocking(working).await.map_err(StoreError::unavailable)
    }

    pub(crate) async fn leaf(
        &self,
        number: u32,
        place: Place,
        keys: &DomainKeys,
    ) -> Result<Arc<Leaf>, StoreError> {
        let name = NodeName { place, domain: keys.domain(), number };
        if let Some(CachedNode::Leaf(leaf)) = self.nodes.get(&name) {
            return Ok(leaf);
        }
        let slot = read_slot(&*self.objects, place).await?;
        let damaged = ObjectName::segment(place.segment);
        let leaf = Leaf::decode(number, &slot, keys).map_err(StoreError::in_object(&damaged))?;
        let leaf = Arc::new(leaf);
        self.nodes.insert(name, CachedNode::Leaf(Arc::clone(&leaf)));
        Ok(leaf)
    }

    pub(crate) async fn branch(
        &self,
        number: u16,
        place: Place,
        keys: &DomainKeys,
    ) -> Result<Arc<Branch>, StoreError> {
        let name = NodeName { place, domain: keys.domain(), number: u32::from(number) };
        if let Some(CachedNode::Branch(branch)) = self.nodes.get(&name) {
            return Ok(branch);
        }
        let slot = read_slot(&*self.objects, place).await?;
        let damaged = ObjectName::segment(place.segment);
        let branch = Branch::decode(number, &slot, keys).map_err(StoreError::in_object(&damaged))?;
        let branch = Arc::new(branch);
        self.nodes.insert(name, CachedNode::Branch(Arc::clone(&branch)));
        Ok(branch)
    }
}

impl Shared {
    /// Keeps a leaf that was written at `place`: who reads it next, a child's upload or a copy, need not fetch it.
    pub(crate) fn keep_leaf(&self, number: u32, place: Place, domain: DomainId, leaf: Leaf) {
        let name = NodeName { place, domain, number };
        self.nodes.insert(name, CachedNode::Leaf(Arc::new(leaf)));
    }

    /// As [`Shared::keep_leaf`], for a branch.
    pub(crate) fn keep_branch(&self, number: u16, place: Place, domain: DomainId, branch: Branch) {
        let name = NodeName { place, domain, number: u32::from(number) };
        self.nodes.insert(name, CachedNode::Branch(Arc::new(branch)));
    }
}

impl fmt::Debug for BlockStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockStore({:?})", self.shared.objects)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use crate::test_store::TestStore;

    #[tokio::test]
    async fn a_thread_counts_until_it_is_done_also_when_nobody_waits_for_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = TestStore::memory(folder.path(), 1).store;
        let threads = store.shared.cpu.available_permits();
        let (end, ends) = mpsc::channel::<()>();
        let given_up = store.shared.compute(move || ends.recv()).now_or_never();
        assert!(given_up.is_none(), "the work goes on");
        assert_eq!(store.shared.cpu.available_permits(), threads - 1);
        end.send(()).expect("the thread is there");
        let all = store.shared.cpu.acquire_many(threads as u32).await;
        assert!(all.is_ok(), "and ends");
    }
}
