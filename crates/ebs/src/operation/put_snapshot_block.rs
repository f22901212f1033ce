//! PutSnapshotBlock.

use crate::{BlockDigest, SnapshotId};

/// What PutSnapshotBlock is asked for, beside the block's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutSnapshotBlockRequest {
    /// The upload.
    pub snapshot: SnapshotId,
    /// The block's index, as the client wrote it.
    pub index: u64,
    /// SHA-256 of the block, as the client computed it.
    pub checksum: BlockDigest,
    /// Per cent of the upload done, as the client sees it.
    pub progress_percent: Option<u8>,
}

/// What PutSnapshotBlock answers, once the block is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutSnapshotBlockReply {
    /// SHA-256 of the block, as the service computed it.
    pub checksum: BlockDigest,
}
