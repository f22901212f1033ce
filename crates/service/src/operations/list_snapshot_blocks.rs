//! ListSnapshotBlocks.

use ebs::operation::list_snapshot_blocks::{ListSnapshotBlocksReply, ListSnapshotBlocksRequest};

use crate::{Call, ServiceError};

impl Call {
    /// A page of the present blocks of a snapshot, ascending. The work is in proportion to the page.
    ///
    /// # Errors
    /// [`ebs::Refusal::SnapshotNotFound`] and [`ebs::Refusal::SnapshotNotReadable`].
    ///
    /// Source: EBS direct APIs 2019-11-02, ListSnapshotBlocks.
    pub async fn list_snapshot_blocks(
        &self,
        request: &ListSnapshotBlocksRequest,
    ) -> Result<ListSnapshotBlocksReply, ServiceError> {
        let (_, tree) = self.readable(request.snapshot).await?;
        let (blocks, next) = tree.list_blocks(request.from, request.max_results as usize).await?;
        let blocks = blocks.into_iter().map(|block| block.index).collect();
        Ok(ListSnapshotBlocksReply { blocks, volume_size: tree.volume_size(), next })
    }
}
