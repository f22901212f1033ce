//! DescribeSnapshots.

use super::{Page, SnapshotCursor};
use crate::Filter;

/// What DescribeSnapshots is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeSnapshotsRequest {
    /// Only these snapshots, as the client wrote their ids.
    pub snapshot_ids: Vec<String>,
    /// Only those of these owners: account ids, `self`, `amazon`.
    pub owners: Vec<String>,
    /// Only those that these may create volumes from: account ids, `self`, `all`.
    pub restorable_by: Vec<String>,
    /// Only those that match all of these.
    pub filters: Vec<Filter>,
    /// Which page.
    pub page: Page<SnapshotCursor>,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}
