//! The upload that a transfer has begun, for whoever has to clear up when the transfer fails or is dropped.

use std::sync::{Arc, Mutex, PoisonError};

use ebs::SnapshotId;

/// A place where a transfer tells which upload it has begun and not completed. Clones are the same place.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingUpload(Arc<Mutex<Option<SnapshotId>>>);

impl PendingUpload {
    /// The upload of `snapshot` is under way.
    pub(crate) fn begin(&self, snapshot: SnapshotId) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
    }

    /// The service has accepted the upload as complete.
    pub(crate) fn end(&self) {
        self.take();
    }

    /// The upload that is under way, if there is one. From now on it is the caller's.
    pub(crate) fn take(&self) -> Option<SnapshotId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
