//! The job that makes a snapshot of an upload.

use block_store::{CompleteUploadError, ExpectedUpload, SnapshotTree, complete_upload};
use ebs::BLOCK_BYTES;

use super::attempt::{Attempt, Outcome};
use super::observer::JobFailure;
use crate::ServiceError;
use crate::uploads::upload_segments;

pub(super) async fn run(attempt: &Attempt, changed_blocks: u64, checksum: Option<[u8; 32]>) -> Outcome {
    let expected = ExpectedUpload { changed_blocks, checksum };
    match write(attempt, expected).await {
        Ok(outcome) | Err(outcome) => outcome,
    }
}

async fn write(attempt: &Attempt, expected: ExpectedUpload) -> Result<Outcome, Outcome> {
    let region = &attempt.region;
    let snapshot = &attempt.job.snapshot.snapshot;
    let randomness = &*attempt.service.shared.randomness;
    let keys = region.domains.of_account(snapshot.owner, randomness).await?;
    let parent = parent(attempt).await?;
    let Some(volume_size) = snapshot.volume_size else {
        return Ok(Outcome::Impossible(JobFailure::BlockCount));
    };
    // A write that raced with CompleteSnapshot may have opened the upload once more; since it is sealed, none can now.
    match region.uploads.close(snapshot.id).await {
        Ok(()) => {}
        Err(error) => tracing::info!(snapshot = %snapshot.id, %error, "a late writer was cut off"),
    }
    let segments = upload_segments(&region.catalog.segments_of_upload(snapshot.id).await?);
    let session = attempt.job.session;
    let named = (snapshot.id, volume_size);
    match complete_upload(&region.store, keys, session, named, parent, &segments, expected).await {
        Ok(outcome) => {
            let shared = outcome.blocks_shared.saturating_mul(BLOCK_BYTES as u64);
            Ok(attempt.completed(&outcome.written, outcome.bytes_stored, shared))
        }
        Err(CompleteUploadError::CountMismatch) => Ok(Outcome::Impossible(JobFailure::BlockCount)),
        Err(CompleteUploadError::ChecksumMismatch) => Ok(Outcome::Impossible(JobFailure::Checksum)),
        Err(CompleteUploadError::Store(error)) => Err(error.into()),
    }
}

/// The parent's tree. Its root is pinned by the upload, also if the parent was deleted since.
async fn parent(attempt: &Attempt) -> Result<Option<SnapshotTree>, ServiceError> {
    let Some(parent) = attempt.job.snapshot.parent else { return Ok(None) };
    let record = attempt.region.catalog.pinned_snapshot(parent).await?;
    match record {
        Some(record) => Ok(Some(attempt.region.tree_of(&record).await?)),
        None => Err(ebs::Refusal::SnapshotNotFound(parent).into()),
    }
}
