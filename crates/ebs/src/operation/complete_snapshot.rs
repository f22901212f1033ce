//! CompleteSnapshot.

use crate::{SnapshotId, SnapshotState};

/// What CompleteSnapshot is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteSnapshotRequest {
    /// The upload.
    pub snapshot: SnapshotId,
    /// How many distinct blocks the client wrote.
    pub changed_blocks: u64,
    /// LINEAR aggregate: SHA-256 over the raw digests of the blocks written, in ascending index order.
    pub checksum: Option<[u8; 32]>,
}

/// What CompleteSnapshot answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteSnapshotReply {
    /// State of the snapshot: pending until its tree is written and its count and checksum are judged.
    pub state: SnapshotState,
}
