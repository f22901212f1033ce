//! What each operation takes and gives back, one file per action. Plain data: the wire crate decodes requests
//! into these types, the service answers with them, and neither knows the other.

pub mod complete_snapshot;
pub mod copy_snapshot;
pub mod create_tags;
pub mod delete_snapshot;
pub mod delete_tags;
pub mod describe_availability_zones;
pub mod describe_regions;
pub mod describe_snapshots;
pub mod describe_tags;
pub mod get_caller_identity;
pub mod get_snapshot_block;
pub mod kms;
pub mod list_changed_blocks;
pub mod list_snapshot_blocks;
pub mod put_snapshot_block;
pub mod start_snapshot;

use crate::SnapshotId;
use crate::Timestamp;

/// Where a paged Describe call goes on: after the snapshot that started at `start_time` with this id, in the
/// order (newest start first, then id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotCursor {
    /// Start time of the last snapshot looked at.
    pub start_time: Timestamp,
    /// Its id.
    pub id: SnapshotId,
}

/// What a paged Describe call is asked for. What it answers may be longer than memory, and is told in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<Cursor> {
    /// Most items to answer with, if the client set a bound.
    pub max_results: Option<u32>,
    /// Where to go on, if this is not the first page.
    pub after: Option<Cursor>,
}
