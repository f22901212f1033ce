//! ListSnapshotBlocks.

use crate::{BlockIndex, SnapshotId, VolumeSize};

/// What ListSnapshotBlocks is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSnapshotBlocksRequest {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// Only blocks of this index or later.
    pub from: BlockIndex,
    /// Most blocks to answer with.
    pub max_results: u32,
}

/// What ListSnapshotBlocks answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSnapshotBlocksReply {
    /// Indexes of present blocks, ascending.
    pub blocks: Vec<BlockIndex>,
    /// Size of the volume.
    pub volume_size: VolumeSize,
    /// Index from which the next page goes on, if there is one.
    pub next: Option<BlockIndex>,
}
