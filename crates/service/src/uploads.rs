//! Uploads that are open for writing on this node.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use block_store::{StoreError, Upload, UploadSegment};
use catalog::{RegionCatalog, SegmentRecord, SegmentState, UploadRecord, UploadState};
use ebs::{Refusal, SnapshotId, SnapshotState, Timestamp};
use tokio::sync::OnceCell;

use crate::{Call, ServiceError};

/// Writing to a block is noted in the catalog at most this often.
const ACTIVITY_NOTED_MS: i64 = 5_000;

/// Uploads of a region that this node writes.
pub(crate) struct Uploads {
    catalog: Arc<RegionCatalog>,
    node: String,
    open: Mutex<HashMap<SnapshotId, Arc<OpenUpload>>>,
}

/// An upload that this node writes.
pub(crate) struct OpenUpload {
    pub(crate) record: UploadRecord,
    upload: OnceCell<Upload>,
    noted: AtomicI64,
    /// The most progress that the catalog was told through this writer, in per cent.
    progress: AtomicU8,
    closing: AtomicBool,
}

impl Uploads {
    pub(crate) fn new(catalog: Arc<RegionCatalog>, node: String) -> Self {
        Self { catalog, node, open: Mutex::default() }
    }

    /// The caller's upload, open for writing. The first caller opens it, and finds what earlier writers wrote.
    pub(crate) async fn writer(
        &self,
        call: &Call,
        snapshot: SnapshotId,
    ) -> Result<Arc<OpenUpload>, ServiceError> {
        let record = self.open_record(call, snapshot).await?;
        let fresh = || OpenUpload {
            noted: AtomicI64::new(record.last_activity.0),
            progress: AtomicU8::new(0),
            record,
            upload: OnceCell::new(),
            closing: AtomicBool::new(false),
        };
        let open = Arc::clone(self.open().entry(snapshot).or_insert_with(|| Arc::new(fresh())));
        if open.closing.load(Ordering::Acquire) {
            return Err(Refusal::UploadSealed(snapshot).into());
        }
        let (opening, call) = (Arc::clone(&open), call.clone());
        // On a task of its own: a client that goes away must not leave half a recovery to the next.
        let opened = tokio::spawn(async move {
            let uploads = &call.region.uploads;
            opening.upload.get_or_try_init(|| uploads.start_writing(&call, &opening.record)).await.map(drop)
        });
        opened.await.map_err(|stopped| ServiceError::Internal(Arc::new(stopped)))??;
        Ok(open)
    }

    /// The caller's upload, if blocks may be written to it.
    pub(crate) async fn open_record(
        &self,
        call: &Call,
        snapshot: SnapshotId,
    ) -> Result<UploadRecord, ServiceError> {
        let record = self.catalog.upload(call.account(), snapshot).await?;
        let record = record.ok_or(Refusal::SnapshotNotFound(snapshot))?;
        match (record.state, record.snapshot_state) {
            (UploadState::Open, _) => Ok(record),
            (_, SnapshotState::Error) => Err(Refusal::SnapshotNotFound(snapshot).into()),
            (_, SnapshotState::Pending | SnapshotState::Completed) => {
                Err(Refusal::UploadSealed(snapshot).into())
            }
        }
    }

    /// Ends writing on this node and seals what was written; until it is done nobody begins to write anew. Nothing to
    /// do if this node does not write it.
    ///
    /// # Errors
    /// [`StoreError`] if the last segment is not sealed; whoever recovers the upload seals it.
    pub(crate) async fn close(&self, snapshot: SnapshotId) -> Result<(), StoreError> {
        let Some(open) = self.open().get(&snapshot).cloned() else { return Ok(()) };
        open.closing.store(true, Ordering::Release);
        // One that is being opened is waited for: two must never recover the same segments at once.
        let closed = match open.upload.get_or_try_init(|| async { Err(()) }).await {
            Ok(upload) => upload.close().await,
            Err(()) => Ok(()),
        };
        self.forget(&open);
        closed
    }

    /// Forgets a writer that is over, so that the next write begins anew.
    pub(crate) fn forget(&self, open: &Arc<OpenUpload>) {
        let mut uploads = self.open();
        let snapshot = open.record.snapshot;
        if uploads.get(&snapshot).is_some_and(|known| Arc::ptr_eq(known, open)) {
            uploads.remove(&snapshot);
        }
    }

    /// Forgets an upload that was deleted or has expired. Writes under way fail.
    pub(crate) fn abandon(&self, snapshot: SnapshotId) {
        self.open().remove(&snapshot);
    }

    /// Seals what all open uploads have written.
    pub(crate) async fn close_all(&self) {
        let open = std::mem::take(&mut *self.open());
        for (snapshot, open) in open {
            if let Some(upload) = open.upload.get()
                && let Err(error) = upload.close().await
            {
                tracing::warn!(%snapshot, %error, "an upload's last segment is not sealed; the next start seals it");
            }
        }
    }

    /// Opens the upload with a session of its own. Only this node's staged files can be recovered here, and this
    /// node has no other writer of this upload.
    async fn start_writing(&self, call: &Call, record: &UploadRecord) -> Result<Upload, ServiceError> {
        let snapshot = record.snapshot;
        let keys = call.region.domains.of_account(call.account(), &*call.service.shared.randomness).await?;
        let parent = match record.parent {
            // The upload pins its parent's root, so that the parent may be deleted while blocks are written.
            Some(parent) => {
                let pinned = self.catalog.pinned_snapshot(parent).await?;
                Some(call.region.tree_of(&pinned.ok_or(Refusal::SnapshotNotFound(parent))?).await?)
            }
            None => None,
        };
        let segments = upload_segments(&self.catalog.segments_of_upload(snapshot).await?);
        let session = self.catalog.open_upload_session(snapshot, &self.node).await?;
        let session = session.ok_or(Refusal::UploadSealed(snapshot))?;
        Ok(Upload::open(&call.region.store, keys, snapshot, session, parent, &segments).await?)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<SnapshotId, Arc<OpenUpload>>> {
        // Entries are whole between any two calls.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenUpload {
    /// The writer.
    pub(crate) fn upload(&self) -> Result<&Upload, ServiceError> {
        Ok(self.upload.get().ok_or(Refusal::SnapshotNotFound(self.record.snapshot))?)
    }

    /// Whether the catalog should hear that a block was written at `now`.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let noted = self.noted.load(Ordering::Relaxed);
        let due = now.ms_since(Timestamp(noted)).abs() >= ACTIVITY_NOTED_MS;
        due && self.noted.compare_exchange(noted, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Whether the catalog should hear of this progress: what it knew before, if this is more. So it hears at most a
    /// hundred times of an upload.
    pub(crate) fn raise_progress(&self, percent: u8) -> Option<u8> {
        let before = self.progress.fetch_max(percent, Ordering::Relaxed);
        (before < percent).then_some(before)
    }

    /// Takes back that the catalog has heard: it knows of `before`.
    pub(crate) fn progress_is_not_noted(&self, before: u8) {
        // Too little is no harm: the catalog notes only what is more than it has.
        self.progress.store(before, Ordering::Relaxed);
    }
}

/// Segments as the store wants them.
pub(crate) fn upload_segments(segments: &[SegmentRecord]) -> Vec<UploadSegment> {
    let of = |segment: &SegmentRecord| UploadSegment {
        id: segment.id,
        sealed: segment.state != SegmentState::Intent,
        order: segment.upload_order,
        slots: segment.slots,
    };
    segments.iter().map(of).collect()
}
