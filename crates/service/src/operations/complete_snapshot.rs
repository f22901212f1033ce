//! CompleteSnapshot.

use ebs::Refusal;
use ebs::operation::complete_snapshot::{CompleteSnapshotReply, CompleteSnapshotRequest};

use crate::{Call, ServiceError};

impl Call {
    /// Seals an upload: nothing more can be written to it, and a job makes the snapshot of it. Whether the client's
    /// count and checksum are right is judged by the job. Calling again gives the snapshot's state.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`] if the caller has no such upload.
    ///
    /// Source: EBS direct APIs 2019-11-02, CompleteSnapshot.
    pub async fn complete_snapshot(
        &self,
        request: &CompleteSnapshotRequest,
    ) -> Result<CompleteSnapshotReply, ServiceError> {
        let (account, snapshot) = (self.account(), request.snapshot);
        let upload = self.region.catalog.upload(account, snapshot).await?;
        upload.ok_or(Refusal::SnapshotNotFound(snapshot))?;
        let region = std::sync::Arc::clone(&self.region);
        // On a task of its own: a client that goes away must not leave a writer behind that nobody waits for.
        let closing = tokio::spawn(async move { region.uploads.close(snapshot).await });
        match closing.await {
            Ok(Ok(())) => {}
            // Everything acknowledged is in segments or staged files, where the job finds it.
            Ok(Err(error)) => tracing::warn!(%snapshot, %error, "the last segment is left to the job"),
            Err(stopped) => return Err(ServiceError::Internal(std::sync::Arc::new(stopped))),
        }
        let (count, checksum) = (request.changed_blocks, request.checksum);
        let sealed = self.region.catalog.seal_upload(account, snapshot, count, checksum, self.now).await?;
        let state = sealed.ok_or(Refusal::SnapshotNotFound(snapshot))?;
        self.region.job_added.notify_one();
        Ok(CompleteSnapshotReply { state })
    }
}
