//! GetSnapshotBlock.

use ebs::operation::get_snapshot_block::GetSnapshotBlockRequest;
use ebs::{BlockDigest, Refusal};

use crate::{Call, ServiceError};

impl Call {
    /// The bytes of a block and their digest. The block is what was written, or this is an error.
    ///
    /// The caller holds a share of [`crate::Service::memory`] for a block while this runs and until its bytes are
    /// sent.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`], [`Refusal::SnapshotNotReadable`] and [`Refusal::BlockAbsent`].
    ///
    /// Source: EBS direct APIs 2019-11-02, GetSnapshotBlock.
    pub async fn get_snapshot_block(
        &self,
        request: &GetSnapshotBlockRequest,
    ) -> Result<(Vec<u8>, BlockDigest), ServiceError> {
        let (_, tree) = self.readable(request.snapshot).await?;
        let block = tree.read_block(request.index).await?;
        Ok(block.ok_or(Refusal::BlockAbsent { index: u64::from(request.index.0) })?)
    }
}
