//! Blocks whose upload ends while they are written. Another node ends it, at the moment when a segment is published.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use block_store::{Memory, ObjectError, ObjectName, ObjectStore, block_digest};
use bytes::Bytes;
use catalog::{CatalogTarget, Quotas, RegionCatalog};
use ebs::operation::put_snapshot_block::PutSnapshotBlockRequest;
use ebs::operation::start_snapshot::StartSnapshotRequest;
use ebs::{AccountId, BLOCK_BYTES, Clock, Compat, Randomness, Refusal, SnapshotId, Timestamp};
use iam::Principal;
use kms::RegionKey;

use crate::region::KeyKeeper;
use crate::{Call, RegionSettings, Service, ServiceError, ServiceSettings};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// Keeps objects, and ends an upload before it keeps a segment.
#[derive(Default)]
struct Interrupting {
    objects: Memory,
    ends: OnceLock<(Arc<RegionCatalog>, AccountId, SnapshotId)>,
}

impl fmt::Debug for Interrupting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interrupting({:?})", self.objects)
    }
}

#[async_trait]
impl ObjectStore for Interrupting {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        if let Some((catalog, account, snapshot)) = self.ends.get() {
            catalog.seal_upload(*account, *snapshot, 1, None, NOW).await.expect("the upload ends");
        }
        self.objects.publish(staged, name).await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        self.objects.put(name, bytes).await
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.objects.make_durable(name).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        self.objects.get(name, range).await
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        self.objects.length(name).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.objects.delete(name).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        self.objects.list(prefix, after, limit).await
    }

    fn staging_is_durable(&self) -> bool {
        false
    }
}

/// A clock that stands.
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn sleep(&self, _: std::time::Duration) -> ebs::Sleep {
        Box::pin(std::future::pending())
    }
}

/// Bytes that never repeat, the same in every run.
#[derive(Default)]
struct Numbered(AtomicU64);

impl Randomness for Numbered {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(bytes);
    }
}

#[derive(Default)]
struct Keys(Mutex<Option<String>>);

impl KeyKeeper for Keys {
    fn load(&self) -> Result<Option<RegionKey>, std::io::Error> {
        let kept = self.0.lock().expect("nobody panics");
        Ok(kept.as_ref().map(|text| RegionKey::from_text(text).expect("a key")))
    }

    fn keep(&self, key: &RegionKey) -> Result<(), std::io::Error> {
        *self.0.lock().expect("nobody panics") = Some(key.to_text().to_string());
        Ok(())
    }
}

async fn service(folder: &Path, objects: Arc<Interrupting>) -> Call {
    let settings = ServiceSettings {
        compat: Compat::default(),
        quotas: Quotas::default(),
        queue_copies: false,
        node: "node".to_owned(),
        lease: Duration::from_secs(30),
        memory_bytes: 8 << 20,
        cpu_tasks: 1,
        endpoint: "localhost".to_owned(),
    };
    let region = RegionSettings {
        name: "us-east-1".parse().expect("a region"),
        catalog: CatalogTarget::Sqlite(folder.join("catalog")),
        objects,
        staging: folder.join("staging"),
        index: folder.join("index"),
        key: Box::new(Keys::default()),
        jobs: Arc::new(()),
    };
    let randomness = Arc::new(Numbered::default());
    let service = Service::open(settings, vec![region], Arc::new(Standing), randomness).await.expect("opens");
    let caller = Principal::root("000000000042".parse().expect("an account"));
    service.call(caller, "us-east-1").expect("is served")
}

async fn start(call: &Call) -> SnapshotId {
    let request = StartSnapshotRequest {
        volume_size_gib: 1,
        parent: None,
        tags: Vec::new(),
        description: None,
        client_token: None,
        encrypted: None,
        kms_key_arn: None,
        timeout_minutes: None,
    };
    call.start_snapshot(&request).await.expect("starts").snapshot
}

async fn put(call: &Call, snapshot: SnapshotId, index: u64) -> Result<(), ServiceError> {
    let block = Bytes::from(vec![index as u8 + 1; BLOCK_BYTES]);
    let checksum = block_digest(&block);
    let request = PutSnapshotBlockRequest { snapshot, index, checksum, progress_percent: None };
    let memory = call.service.memory().take(BLOCK_BYTES as u64).await;
    call.put_snapshot_block(&request, block, memory).await.map(drop)
}

#[tokio::test]
async fn a_block_that_is_durable_only_after_the_end_of_its_upload_is_not_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = Arc::new(Interrupting::default());
    let call = service(folder.path(), Arc::clone(&objects)).await;
    let snapshot = start(&call).await;
    put(&call, snapshot, 0).await.expect("is acknowledged while the upload is open");
    let ended = objects.ends.set((Arc::clone(&call.region.catalog), call.account(), snapshot));
    assert!(ended.is_ok());
    let refused = put(&call, snapshot, 1).await;
    assert!(
        matches!(&refused, Err(ServiceError::Refused(Refusal::UploadSealed(id))) if *id == snapshot),
        "{refused:?}"
    );
}
