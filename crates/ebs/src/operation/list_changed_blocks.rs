//! ListChangedBlocks.

use crate::{BlockIndex, SnapshotId, VolumeSize};

/// What ListChangedBlocks is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChangedBlocksRequest {
    /// The earlier snapshot.
    pub first: SnapshotId,
    /// The later snapshot, of the same lineage.
    pub second: SnapshotId,
    /// Only blocks of this index or later.
    pub from: BlockIndex,
    /// Most blocks to answer with.
    pub max_results: u32,
}

/// What ListChangedBlocks answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChangedBlocksReply {
    /// The blocks whose content differs, ascending.
    pub blocks: Vec<ChangedBlock>,
    /// Size of the second snapshot's volume.
    pub volume_size: VolumeSize,
    /// Index from which the next page goes on, if there is one.
    pub next: Option<BlockIndex>,
}

/// A block that differs between two snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedBlock {
    /// Its index.
    pub index: BlockIndex,
    /// Whether the first snapshot has it.
    pub in_first: bool,
    /// Whether the second snapshot has it.
    pub in_second: bool,
}
