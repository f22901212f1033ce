//! DeleteSnapshot.

use crate::SnapshotId;

/// What DeleteSnapshot is asked for. It answers nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteSnapshotRequest {
    /// The snapshot to delete. A pending copy is cancelled.
    pub snapshot: SnapshotId,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}
