//! DeleteSnapshot.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html>.

use ebs::Refusal;
use ebs::operation::delete_snapshot::DeleteSnapshotRequest;

use crate::form::Fields;

/// The request that `fields` make.
///
/// # Errors
/// Refuses a request without a snapshot, or with one that has not the form of an id.
pub fn decode(fields: &Fields<'_>) -> Result<DeleteSnapshotRequest, Refusal> {
    let snapshot = fields.required("SnapshotId")?;
    Ok(DeleteSnapshotRequest {
        snapshot: snapshot.parse().map_err(|_| Refusal::SnapshotIdMalformed(snapshot.to_owned()))?,
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    })
}
