//! What the tests stand on: a catalog of their own on either engine, and the short words for filling it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use catalog::{
    CatalogTarget, ClaimedJob, Completed, CopySource, DomainRecord, NewCopy, NewDomain, NewUpload,
    PostgresUrl, Quotas, RegionCatalog, Started, WrappedSecret,
};
use ebs::{
    AccountId, Incarnation, RegionName, SegmentId, SessionId, SnapshotId, Tag, Timestamp, TransferType,
    VolumeSize,
};

/// Where one test's catalog is kept.
pub(crate) struct Bed {
    pub(crate) target: CatalogTarget,
    pub(crate) region: RegionName,
    _directory: Option<tempfile::TempDir>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

pub(crate) fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) const QUOTAS: Quotas =
    Quotas { copies_in_flight: 1_000_000, snapshots: 1_000_000, uploads_pending: 1_000_000 };

/// A lease that ends long after every `now` of these tests.
pub(crate) const FAR: Timestamp = Timestamp(1_000_000_000);
pub(crate) const NOW: Timestamp = Timestamp(1_000_000);

impl Bed {
    pub(crate) fn sqlite() -> Self {
        let directory = if std::path::Path::new("/dev/shm").is_dir() {
            tempfile::tempdir_in("/dev/shm")
        } else {
            tempfile::tempdir()
        };
        let directory = directory.expect("a temporary directory");
        let target = CatalogTarget::Sqlite(directory.path().join("region/catalog.sqlite"));
        Self { target, region: "test-1".parse().expect("a region"), _directory: Some(directory) }
    }

    /// Nothing if this machine has no PostgreSQL.
    pub(crate) fn postgres() -> Option<Self> {
        let url = super::postgres::url()?;
        let target = CatalogTarget::Postgres(PostgresUrl::new(url.to_owned()));
        let region = format!("t{}-{}", std::process::id(), next());
        Some(Self { target, region: region.parse().expect("a region"), _directory: None })
    }

    /// Another handle on the same catalog, with connections of its own.
    pub(crate) async fn open(&self) -> RegionCatalog {
        RegionCatalog::open(&self.target, &self.region).await.expect("the catalog opens")
    }

    /// A handle on the catalog with its store made, and a domain in it.
    pub(crate) async fn furnished(&self) -> (RegionCatalog, DomainRecord) {
        let catalog = self.open().await;
        catalog.create_store(INCARNATION, b"check").await.expect("a store");
        let domain = catalog.create_domain(&plain_domain(alice(), 7)).await.expect("answers");
        (catalog, domain.expect("a domain"))
    }
}

/// Runs the async functions named, which take a [`Bed`], on both engines.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(crate::bed::Bed::sqlite()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let bed = tokio::task::spawn_blocking(crate::bed::Bed::postgres).await.expect("no panic");
                if let Some(bed) = bed {
                    super::$name(bed).await;
                }
            })+
        }
    };
}
pub(crate) use on_both_engines;

pub(crate) const INCARNATION: Incarnation = Incarnation([9; 16]);

pub(crate) fn alice() -> AccountId {
    "111111111111".parse().expect("an account")
}

pub(crate) fn bob() -> AccountId {
    "222222222222".parse().expect("an account")
}

/// The first domain of the account under the region's own key.
pub(crate) fn plain_domain(account: AccountId, secret: u8) -> NewDomain {
    let wrapped_secret = WrappedSecret(vec![secret; 60].into());
    NewDomain { account, kms_key: None, generation: 0, wrapped_secret }
}

/// An id that no other call gave.
pub(crate) fn snapshot_id() -> SnapshotId {
    format!("snap-{:017x}", next()).parse().expect("an id")
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

pub(crate) fn copy() -> NewCopy {
    let source = CopySource { region: "us-west-2".parse().expect("a region"), snapshot: snapshot_id() };
    NewCopy {
        id: snapshot_id(),
        account: alice(),
        description: "a copy".to_owned(),
        start_time: NOW,
        transfer_type: TransferType::Standard,
        tags: Vec::new(),
        source,
        source_lineage: None,
        job_payload: b"payload".to_vec(),
    }
}

pub(crate) fn upload() -> NewUpload {
    NewUpload {
        id: snapshot_id(),
        account: alice(),
        node: "n1".to_owned(),
        description: "an upload".to_owned(),
        start_time: NOW,
        volume_size: gib(4),
        parent: None,
        tags: Vec::new(),
        timeout_ms: 60_000,
        client_token: None,
    }
}

pub(crate) fn gib(gib: u64) -> VolumeSize {
    VolumeSize::from_gib(gib).expect("a size")
}

pub(crate) fn completed(root: &[u8], domain: &DomainRecord) -> Completed {
    Completed {
        root: root.to_vec(),
        domain: domain.id,
        volume_size: gib(8),
        blocks: 3,
        bytes_moved: 1_000,
        bytes_shared: 2_000,
        completion_time: NOW.plus_ms(5),
    }
}

pub(crate) fn segment_id(session: SessionId, sequence: u32) -> SegmentId {
    SegmentId { incarnation: INCARNATION, session, sequence }
}

/// A sealed segment, written by the session.
pub(crate) async fn write_segment(
    catalog: &RegionCatalog,
    session: SessionId,
    sequence: u32,
    domain: &DomainRecord,
) -> SegmentId {
    let id = segment_id(session, sequence);
    catalog.begin_segment(session, id, domain.id, NOW).await.expect("begins");
    catalog.seal_segment(session, id, 64 << 20, 128, catalog::SealOrder::Last).await.expect("seals");
    id
}

pub(crate) async fn claim(catalog: &RegionCatalog) -> ClaimedJob {
    catalog.claim_job("n1", NOW, FAR).await.expect("claims").expect("there is a job")
}

/// A completed copy over one segment, whose root is that segment's name.
pub(crate) async fn completed_copy(
    catalog: &RegionCatalog,
    domain: &DomainRecord,
) -> (SnapshotId, SegmentId) {
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let job = claim(catalog).await;
    assert_eq!(job.snapshot.snapshot.id, new.id);
    let segment = write_segment(catalog, job.session, 0, domain).await;
    catalog.commit_snapshot(job.session, &completed(&segment.to_bytes(), domain)).await.expect("commits");
    (new.id, segment)
}

pub(crate) async fn started(catalog: &RegionCatalog, upload: &NewUpload) -> Started {
    catalog.start_upload(upload, &QUOTAS).await.expect("starts")
}

pub(crate) async fn pins(catalog: &RegionCatalog, segment: SegmentId) -> u64 {
    catalog.segment(segment).await.expect("reads").expect("is there").pin_count
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    /// Lets other tasks go first, now and then.
    pub(crate) async fn pause(&mut self) {
        match self.below(4) {
            0 => tokio::time::sleep(Duration::from_micros(self.below(400) as u64)).await,
            1 => tokio::task::yield_now().await,
            _ => {}
        }
    }
}
