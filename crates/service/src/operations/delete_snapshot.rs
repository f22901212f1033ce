//! DeleteSnapshot.

use ebs::Refusal;
use ebs::operation::delete_snapshot::DeleteSnapshotRequest;

use super::dry_run;
use crate::{Call, ServiceError};

impl Call {
    /// Deletes a snapshot of the caller's, in any state. A pending copy is cancelled, an open upload ends. Other
    /// snapshots keep every block they have.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`] if the caller has no such snapshot.
    ///
    /// Source: EC2 API 2016-11-15, DeleteSnapshot.
    pub async fn delete_snapshot(&self, request: &DeleteSnapshotRequest) -> Result<(), ServiceError> {
        dry_run(request.dry_run)?;
        if !self.region.catalog.delete_snapshot(self.account(), request.snapshot).await? {
            return Err(Refusal::SnapshotNotFound(request.snapshot).into());
        }
        self.region.uploads.abandon(request.snapshot);
        self.region.trees.remove(&request.snapshot);
        // A copy that waited for this one may run now.
        self.region.job_added.notify_one();
        Ok(())
    }
}
