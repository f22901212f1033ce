//! Stores for tests, and the volumes that are written to them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use ebs::{BLOCK_BYTES, BlockIndex, DomainId, Incarnation, Randomness, SessionId, SnapshotId, VolumeSize};

use crate::test_ledger::TestLedger;
use crate::test_randomness::Seeded;
use crate::{
    BlockStore, DomainKeys, ExpectedUpload, LocalDirectory, Memory, MemoryBudget, ObjectStore, SnapshotTree,
    SnapshotWritten, StoreParts, Upload, UploadSegment, block_digest, complete_upload,
};

/// A volume's written blocks, each named by a number from which its bytes follow; 0 stands for zeros.
pub(crate) type Volume = BTreeMap<u32, u64>;

/// A store on a folder, with what it was made of.
pub(crate) struct TestStore {
    pub(crate) store: BlockStore,
    pub(crate) ledger: Arc<TestLedger>,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) keys: Arc<DomainKeys>,
    sessions: Arc<AtomicU64>,
}

impl TestStore {
    /// An empty store of files in `folder`.
    pub(crate) fn local(folder: &Path, domain: u64) -> Self {
        let objects = LocalDirectory::open(&folder.join("store")).expect("opens");
        let staging = objects.staging();
        Self::over(Arc::new(objects), &staging, folder, domain, Arc::default(), Arc::new(AtomicU64::new(1)))
    }

    /// An empty store in memory, with `folder` for open segments.
    pub(crate) fn memory(folder: &Path, domain: u64) -> Self {
        Self::over_objects(Arc::new(Memory::default()), folder, domain)
    }

    /// An empty store over `objects`, with `folder` for open segments.
    pub(crate) fn over_objects(objects: Arc<dyn ObjectStore>, folder: &Path, domain: u64) -> Self {
        let staging = folder.join("staging");
        Self::over(objects, &staging, folder, domain, Arc::default(), Arc::new(AtomicU64::new(1)))
    }

    fn over(
        objects: Arc<dyn ObjectStore>,
        staging: &Path,
        folder: &Path,
        domain: u64,
        ledger: Arc<TestLedger>,
        sessions: Arc<AtomicU64>,
    ) -> Self {
        let parts = StoreParts {
            objects: Arc::clone(&objects),
            staging: staging.to_owned(),
            index: folder.join("index"),
            incarnation: Incarnation([domain as u8; 16]),
            ledger: ledger.clone(),
            randomness: Arc::new(Seeded::new(domain)),
            memory: MemoryBudget::new(32 << 20),
            cpu_tasks: 2,
            stores: 1,
        };
        let keys = Arc::new(DomainKeys::derive(DomainId(domain), &[domain as u8; 32]));
        Self { store: BlockStore::open(parts).expect("opens"), ledger, objects, keys, sessions }
    }

    /// The same store after its process died: the ledger and the files are what is left.
    pub(crate) fn reborn(self, folder: &Path) -> Self {
        let (ledger, sessions, domain) =
            (Arc::clone(&self.ledger), Arc::clone(&self.sessions), self.keys.domain().0);
        drop(self);
        let objects = LocalDirectory::open(&folder.join("store")).expect("opens again");
        let staging = objects.staging();
        Self::over(Arc::new(objects), &staging, folder, domain, ledger, sessions)
    }

    pub(crate) fn new_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Ordering::Relaxed))
    }

    /// The segments of all sessions, as an upload's; only right where one upload wrote all there is.
    pub(crate) fn segments(&self) -> Vec<UploadSegment> {
        self.ledger.segments()
    }

    pub(crate) async fn open_upload(&self, snapshot: SnapshotId, parent: Option<SnapshotTree>) -> Upload {
        let session = self.new_session();
        let (keys, segments) = (Arc::clone(&self.keys), self.segments());
        Upload::open(&self.store, keys, snapshot, session, parent, &segments).await.expect("opens")
    }

    pub(crate) async fn write(&self, upload: &Upload, volume: &Volume) {
        for (index, content) in volume {
            self.write_block(upload, *index, *content).await;
        }
    }

    pub(crate) async fn write_block(&self, upload: &Upload, index: u32, content: u64) {
        let plain = block(content);
        let digest = block_digest(&plain);
        let memory = self.store.shared.memory.take(BLOCK_BYTES as u64).await;
        upload.write_block(BlockIndex(index), plain, digest, memory).await.expect("is acknowledged");
    }

    pub(crate) async fn complete(
        &self,
        snapshot: SnapshotId,
        parent: Option<SnapshotTree>,
        changed: usize,
    ) -> SnapshotWritten {
        let expected = ExpectedUpload { changed_blocks: changed as u64, checksum: None };
        let (session, keys) = (self.new_session(), Arc::clone(&self.keys));
        complete_upload(&self.store, keys, session, (snapshot, size()), parent, &self.segments(), expected)
            .await
            .expect("completes")
            .written
    }

    /// Uploads `volume` as `snapshot` on top of `parent`.
    pub(crate) async fn snapshot(
        &self,
        id: u32,
        volume: &Volume,
        parent: Option<SnapshotTree>,
    ) -> SnapshotTree {
        let snapshot = snapshot_id(id);
        let upload = self.open_upload(snapshot, parent.clone()).await;
        self.write(&upload, volume).await;
        upload.close().await.expect("closes");
        let written = self.complete(snapshot, parent, volume.len()).await;
        self.open(&written).await
    }

    pub(crate) async fn open(&self, written: &SnapshotWritten) -> SnapshotTree {
        self.store.open_snapshot(&written.root, Arc::clone(&self.keys)).await.expect("opens")
    }

    /// Bytes of all objects.
    pub(crate) async fn object_bytes(&self) -> u64 {
        let mut bytes = 0;
        for name in self.objects.list("", None, usize::MAX).await.expect("lists") {
            bytes += self.objects.length(&name).await.expect("a length");
        }
        bytes
    }
}

pub(crate) fn size() -> VolumeSize {
    VolumeSize::from_gib(65_536).expect("a legal size")
}

pub(crate) fn snapshot_id(number: u32) -> SnapshotId {
    format!("snap-{number:08x}").parse().expect("a legal id")
}

/// The block that `content` names.
pub(crate) fn block(content: u64) -> Bytes {
    let mut plain = vec![0; BLOCK_BYTES];
    if content != 0 {
        Seeded::new(content).fill(&mut plain);
    }
    plain.into()
}

/// Asserts that `tree` has exactly the blocks of `volume`.
pub(crate) async fn assert_equal(tree: &SnapshotTree, volume: &Volume) {
    let (listed, next) = tree.list_blocks(BlockIndex(0), usize::MAX).await.expect("lists");
    assert_eq!(next, None);
    assert_eq!(
        listed.iter().map(|block| block.index.0).collect::<Vec<_>>(),
        volume.keys().copied().collect::<Vec<_>>()
    );
    for (index, content) in volume {
        let read = tree.read_block(BlockIndex(*index)).await.expect("reads").expect("is present");
        assert!(
            read == (block(*content).to_vec(), block_digest(&block(*content))),
            "block {index} has other bytes"
        );
    }
}
