//! What the tests stand on: nodes of two regions over one catalog and one store each.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use block_store::{Memory, block_digest};
use bytes::Bytes;
use catalog::{CatalogTarget, JobRecord, Quotas, SnapshotRecord, UnderWay};
use ebs::operation::complete_snapshot::CompleteSnapshotRequest;
use ebs::operation::copy_snapshot::CopySnapshotRequest;
use ebs::operation::delete_snapshot::DeleteSnapshotRequest;
use ebs::operation::get_snapshot_block::GetSnapshotBlockRequest;
use ebs::operation::list_snapshot_blocks::ListSnapshotBlocksRequest;
use ebs::operation::put_snapshot_block::PutSnapshotBlockRequest;
use ebs::operation::start_snapshot::StartSnapshotRequest;
use ebs::{
    AccountId, BLOCK_BYTES, BlockIndex, Clock, Compat, Randomness, SnapshotId, SnapshotState, Timestamp,
};
use iam::Principal;
use kms::RegionKey;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::owned_clock::OwnedClock;
use super::owned_objects::OwnedObjects;
use super::seeded::Seeded;
use crate::jobs;
use crate::region::Region;
use crate::{
    AttemptEnd, Call, JobName, JobObserver, KeyKeeper, RegionSettings, Service, ServiceError, ServiceSettings,
};

pub(crate) const HOME: &str = "us-east-1";
pub(crate) const AWAY: &str = "us-west-2";
pub(crate) const START: Timestamp = Timestamp(1_573_776_000_000);
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// How long a test waits for what must happen. Only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A volume's blocks, each named by a number from which its bytes follow; 0 stands for zeros.
pub(crate) type Volume = BTreeMap<u32, u64>;

/// Folder, stores and keys that nodes share.
pub(crate) struct Bed {
    folder: tempfile::TempDir,
    stores: [Arc<Memory>; 2],
    keys: [Arc<Kept>; 2],
    staging_is_durable: bool,
    /// What every node's attempts were seen to do.
    pub(crate) watcher: Arc<Watcher>,
}

/// Writes down which attempts began, and how they ended.
#[derive(Default)]
pub(crate) struct Watcher(Mutex<Vec<(JobName, Option<AttemptEnd>)>>);

impl Watcher {
    /// What was seen since this was last asked.
    pub(crate) fn take(&self) -> Vec<(JobName, Option<AttemptEnd>)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, job: JobName, end: Option<AttemptEnd>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((job, end));
    }
}

impl JobObserver for Watcher {
    fn began(&self, job: JobName) {
        self.note(job, None);
    }

    fn ended(&self, job: JobName, end: AttemptEnd) {
        self.note(job, Some(end));
    }
}

/// A node: its own clock, its own way to the stores.
pub(crate) struct Node {
    pub(crate) service: Service,
    pub(crate) clock: Arc<OwnedClock>,
    pub(crate) home: Arc<OwnedObjects>,
    pub(crate) away: Arc<OwnedObjects>,
}

/// A key in memory, as text.
#[derive(Default)]
struct Kept(Mutex<Option<String>>);

impl KeyKeeper for Arc<Kept> {
    fn load(&self) -> Result<Option<RegionKey>, io::Error> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        text.map(|text| RegionKey::from_text(&text).map_err(io::Error::other)).transpose()
    }

    fn keep(&self, key: &RegionKey) -> Result<(), io::Error> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_text().to_string());
        Ok(())
    }
}

impl Bed {
    pub(crate) fn new() -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self {
            folder: folder.expect("a folder"),
            stores: Default::default(),
            keys: Default::default(),
            staging_is_durable: true,
            watcher: Default::default(),
        }
    }

    /// Stores that alone are durable, as buckets are: what is staged is lost with its node.
    pub(crate) fn of_buckets() -> Self {
        Self { staging_is_durable: false, ..Self::new() }
    }

    pub(crate) async fn node(&self, name: &str) -> Node {
        self.node_with(name, |settings| settings).await
    }

    /// A node that goes on with the folder of one that has stopped.
    pub(crate) async fn successor(&self, stopped: &str, name: &str) -> Node {
        let folder = self.folder.path();
        std::fs::rename(folder.join(stopped), folder.join(name)).expect("the folder is moved");
        self.node(name).await
    }

    pub(crate) async fn node_with(
        &self,
        name: &str,
        change: impl FnOnce(ServiceSettings) -> ServiceSettings,
    ) -> Node {
        let settings = change(ServiceSettings {
            compat: Compat::default(),
            quotas: Quotas::default(),
            queue_copies: false,
            node: name.to_owned(),
            lease: LEASE,
            memory_bytes: 64 << 20,
            cpu_tasks: 2,
            endpoint: "localhost".to_owned(),
        });
        let objects =
            self.stores.clone().map(|store| Arc::new(OwnedObjects::new(store, self.staging_is_durable)));
        let mut regions = Vec::new();
        for (number, region) in [HOME, AWAY].into_iter().enumerate() {
            let own = self.folder.path().join(name).join(region);
            std::fs::create_dir_all(&own).expect("a folder");
            regions.push(RegionSettings {
                name: region.parse().expect("a region"),
                catalog: CatalogTarget::Sqlite(self.folder.path().join(region).join("catalog.sqlite")),
                objects: objects[number].clone(),
                staging: own.join("staging"),
                index: own.join("index.redb"),
                key: Box::new(Arc::clone(&self.keys[number])),
                jobs: self.watcher.clone(),
            });
        }
        let clock = Arc::new(OwnedClock::at(START));
        let owned: Arc<dyn Clock> = Arc::<OwnedClock>::clone(&clock);
        let service = Service::open(settings, regions, owned, Arc::new(Seeded::new(name))).await;
        let [home, away] = objects;
        Node { service: service.expect("opens"), clock, home, away }
    }
}

pub(crate) fn alice() -> AccountId {
    "111111111111".parse().expect("an account")
}

pub(crate) fn bob() -> AccountId {
    "222222222222".parse().expect("an account")
}

/// The block that `content` names.
pub(crate) fn block(content: u64) -> Bytes {
    let mut plain = vec![0; BLOCK_BYTES];
    if content != 0 {
        Seeded::new(&content.to_string()).fill(&mut plain);
    }
    plain.into()
}

pub(crate) fn copy_of(region: &str, source: SnapshotId) -> CopySnapshotRequest {
    CopySnapshotRequest {
        source_region: region.to_owned(),
        source_snapshot: source,
        description: None,
        destination_region: None,
        presigned_url: None,
        encrypted: None,
        kms_key_id: None,
        completion_duration_minutes: None,
        destination_availability_zone: None,
        destination_outpost: None,
        tag_specifications: Vec::new(),
        dry_run: false,
    }
}

/// Asks until the answer is `true`.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never happened: {what}"));
}

impl Node {
    pub(crate) fn call(&self, region: &str) -> Call {
        self.call_as(alice(), region)
    }

    pub(crate) fn call_as(&self, account: AccountId, region: &str) -> Call {
        self.service.call(Principal::root(account), region).expect("is served")
    }

    pub(crate) fn region(&self, name: &str) -> Arc<Region> {
        self.call(name).region
    }

    pub(crate) async fn start_upload(
        &self,
        region: &str,
        parent: Option<SnapshotId>,
        timeout_minutes: Option<u64>,
    ) -> SnapshotId {
        let request = StartSnapshotRequest {
            volume_size_gib: 64,
            parent,
            tags: Vec::new(),
            description: None,
            client_token: None,
            encrypted: None,
            kms_key_arn: None,
            timeout_minutes,
        };
        self.call(region).start_snapshot(&request).await.expect("starts").snapshot
    }

    /// Whether the node's local index has all segments of the account's domain.
    pub(crate) async fn has_index(&self, region: &str) -> bool {
        let region = self.region(region);
        let domain = region.catalog.domain_of(alice(), None).await.expect("answers").expect("is there");
        region.domains.of(domain.id).await.expect("opens");
        region.store.has_index_of(domain.id).await.expect("answers")
    }

    /// Waits for the local index, so that the test's own calls are the only ones to the region's store.
    pub(crate) async fn settle_index(&self, region: &str) {
        eventually("the index is whole", || self.has_index(region)).await;
    }

    pub(crate) async fn put(
        &self,
        region: &str,
        snapshot: SnapshotId,
        index: u32,
        content: u64,
    ) -> Result<(), ServiceError> {
        let plain = block(content);
        let checksum = block_digest(&plain);
        let memory = self.service.memory().take(BLOCK_BYTES as u64).await;
        let request =
            PutSnapshotBlockRequest { snapshot, index: index.into(), checksum, progress_percent: None };
        self.call(region).put_snapshot_block(&request, plain, memory).await.map(drop)
    }

    pub(crate) async fn complete(&self, region: &str, snapshot: SnapshotId, changed_blocks: usize) {
        let changed_blocks = changed_blocks as u64;
        let request = CompleteSnapshotRequest { snapshot, changed_blocks, checksum: None };
        self.call(region).complete_snapshot(&request).await.expect("is accepted");
    }

    /// A completed snapshot of `volume`.
    pub(crate) async fn snapshot(&self, region: &str, volume: &Volume) -> SnapshotId {
        let id = self.start_upload(region, None, None).await;
        for (index, content) in volume {
            self.put(region, id, *index, *content).await.expect("is acknowledged");
        }
        self.complete(region, id, volume.len()).await;
        self.work(region).await;
        assert_eq!(self.state(region, id).await, SnapshotState::Completed);
        id
    }

    pub(crate) async fn copy(
        &self,
        from: &str,
        source: SnapshotId,
        to: &str,
    ) -> Result<SnapshotId, ServiceError> {
        Ok(self.call(to).copy_snapshot(&copy_of(from, source)).await?.snapshot)
    }

    pub(crate) async fn delete(&self, region: &str, snapshot: SnapshotId) {
        let request = DeleteSnapshotRequest { snapshot, dry_run: false };
        self.call(region).delete_snapshot(&request).await.expect("deletes");
    }

    pub(crate) async fn record(&self, region: &str, id: SnapshotId) -> SnapshotRecord {
        self.call(region).snapshot(id).await.expect("is there")
    }

    pub(crate) async fn state(&self, region: &str, id: SnapshotId) -> SnapshotState {
        self.record(region, id).await.snapshot.state
    }

    /// What a snapshot says of itself.
    pub(crate) async fn message(&self, region: &str, id: SnapshotId) -> String {
        self.record(region, id).await.snapshot.state_message.unwrap_or_default()
    }

    pub(crate) async fn job(&self, region: &str, id: SnapshotId) -> JobRecord {
        self.region(region).catalog.job_of_snapshot(id).await.expect("reads").expect("there is a job")
    }

    pub(crate) async fn under_way(&self, region: &str) -> UnderWay {
        self.region(region).catalog.under_way().await.expect("reads")
    }

    /// Makes one attempt at the job that waits longest; nothing if none may run now.
    pub(crate) async fn attempt(&self, region: &str) -> Option<JoinHandle<()>> {
        let region = self.region(region);
        let job = jobs::claim(&self.service, &region).await?;
        let (service, (stop, stopped)) = (self.service.clone(), watch::channel(false));
        Some(tokio::spawn(async move {
            Box::pin(jobs::run_attempt(service, region, job, stopped)).await;
            drop(stop);
        }))
    }

    /// Makes one attempt and waits for its end.
    pub(crate) async fn attempt_to_its_end(&self, region: &str) {
        let attempt = self.attempt(region).await.expect("a job may run");
        attempt.await.expect("no panic");
    }

    /// Makes attempts, one after the other, until none may be made now.
    pub(crate) async fn work(&self, region: &str) {
        while let Some(attempt) = self.attempt(region).await {
            attempt.await.expect("no panic");
        }
    }

    /// As [`Node::work`], and lets the time of pauses between attempts pass.
    pub(crate) async fn work_through(&self, region: &str, id: SnapshotId) {
        self.work(region).await;
        while self.state(region, id).await == SnapshotState::Pending {
            self.clock.advance(Duration::from_secs(60));
            self.attempt_to_its_end(region).await;
        }
    }

    /// Runs jobs as the server does, until the service is stopped.
    pub(crate) fn run_jobs(&self) -> JoinHandle<()> {
        let service = self.service.clone();
        tokio::spawn(async move { service.run_jobs().await })
    }

    /// Asserts that the snapshot can be read and has exactly the blocks of `volume`.
    pub(crate) async fn assert_equal(&self, region: &str, snapshot: SnapshotId, volume: &Volume) {
        let request = ListSnapshotBlocksRequest { snapshot, from: BlockIndex(0), max_results: 10_000 };
        let listed = self.call(region).list_snapshot_blocks(&request).await.expect("lists");
        let indexes = listed.blocks.iter().map(|index| index.0).collect::<Vec<_>>();
        assert_eq!(indexes, volume.keys().copied().collect::<Vec<_>>());
        for (index, content) in volume {
            let request = GetSnapshotBlockRequest { snapshot, index: BlockIndex(*index) };
            let (read, _) = self.call(region).get_snapshot_block(&request).await.expect("reads");
            assert!(read == block(*content), "block {index} has other bytes");
        }
    }

    /// Asserts that nothing is under way in either region and that nothing is pinned, and that upkeep forgets every
    /// row of what was.
    pub(crate) async fn assert_nothing_left(&self) {
        self.clock.advance(Duration::from_secs(3_600));
        for region in [HOME, AWAY] {
            let left = self.under_way(region).await;
            let expected = UnderWay {
                ended_sessions: left.ended_sessions,
                ended_jobs: left.ended_jobs,
                ..UnderWay::default()
            };
            assert_eq!(left, expected, "in {region}");
            jobs::upkeep::look_after(&self.service, &self.region(region)).await.expect("looks after");
            assert_eq!(self.under_way(region).await, UnderWay::default(), "in {region}, after upkeep");
        }
    }
}
