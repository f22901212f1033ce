//! GetSnapshotBlock.

use crate::{BlockIndex, SnapshotId};

/// What GetSnapshotBlock is asked for. The block token has been checked: it names this snapshot and index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetSnapshotBlockRequest {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// The block.
    pub index: BlockIndex,
}
