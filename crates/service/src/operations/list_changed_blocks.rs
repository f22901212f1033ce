//! ListChangedBlocks.

use block_store::difference;
use ebs::Refusal;
use ebs::operation::list_changed_blocks::{ChangedBlock, ListChangedBlocksReply, ListChangedBlocksRequest};

use crate::{Call, ServiceError};

impl Call {
    /// A page of the blocks whose content differs between two snapshots of one lineage, ascending. The work is in
    /// proportion to what changed, whatever the size of the volume.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`], [`Refusal::SnapshotNotReadable`] and [`Refusal::SnapshotsUnrelated`].
    ///
    /// Source: EBS direct APIs 2019-11-02, ListChangedBlocks.
    pub async fn list_changed_blocks(
        &self,
        request: &ListChangedBlocksRequest,
    ) -> Result<ListChangedBlocksReply, ServiceError> {
        let (first_record, first) = self.readable(request.first).await?;
        let (second_record, second) = self.readable(request.second).await?;
        if first_record.lineage != second_record.lineage {
            return Err(Refusal::SnapshotsUnrelated.into());
        }
        let (changes, next) = difference(&first, &second, request.from, request.max_results as usize).await?;
        let blocks = changes.into_iter().map(|change| ChangedBlock {
            index: change.index,
            in_first: change.first.is_some(),
            in_second: change.second.is_some(),
        });
        Ok(ListChangedBlocksReply { blocks: blocks.collect(), volume_size: second.volume_size(), next })
    }
}
