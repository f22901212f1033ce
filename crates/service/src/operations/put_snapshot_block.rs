//! PutSnapshotBlock.

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use block_store::{MemoryPermit, WriteBlockError};
use bytes::Bytes;
use ebs::operation::put_snapshot_block::{PutSnapshotBlockReply, PutSnapshotBlockRequest};
use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, Refusal};

use crate::{Call, ServiceError};

impl Call {
    /// Writes a block of an upload. When this returns the block is durable, and was so while the upload was still open:
    /// a later CompleteSnapshot, of any node, finds it. Writing an index again replaces what was
    /// written before, and every write puts off the upload's timeout.
    ///
    /// `memory` is the share of [`crate::Service::memory`] that the block's bytes take.
    ///
    /// # Errors
    /// [`Refusal::BlockLength`], [`Refusal::BlockOutsideVolume`], [`Refusal::BlockChecksum`], and
    /// [`Refusal::UploadSealed`] once CompleteSnapshot was called. A block whose upload ends while it is written is
    /// refused, and may be in the snapshot or not.
    ///
    /// Source: EBS direct APIs 2019-11-02, PutSnapshotBlock.
    pub async fn put_snapshot_block(
        &self,
        request: &PutSnapshotBlockRequest,
        block: Bytes,
        memory: MemoryPermit,
    ) -> Result<PutSnapshotBlockReply, ServiceError> {
        if block.len() != BLOCK_BYTES {
            return Err(Refusal::BlockLength.into());
        }
        let (uploads, catalog) = (&self.region.uploads, &self.region.catalog);
        let writer = uploads.writer(self, request.snapshot).await?;
        let index = u32::try_from(request.index).map(BlockIndex).ok();
        let index = index.filter(|index| writer.record.volume_size.contains(*index));
        let index = index.ok_or(Refusal::BlockOutsideVolume { index: request.index })?;
        let written = writer.upload()?.write_block(index, block, request.checksum, memory).await;
        if written.is_err() && writer.upload()?.has_failed() {
            // The next write begins anew, and finds what was acknowledged.
            uploads.forget(&writer);
        }
        written.map_err(|error| refusal(error, &request.checksum))?;
        if writer.is_due(self.now) {
            catalog.touch_upload(request.snapshot, self.now).await?;
        }
        if let Some(percent) = request.progress_percent
            && let Some(before) = writer.raise_progress(percent)
        {
            let noted = catalog.note_upload_progress(request.snapshot, percent).await;
            noted.inspect_err(|_| writer.progress_is_not_noted(before))?;
        }
        // Another node, or another request, may have ended the upload before the block was durable. Only the catalog can
        // tell, and only now: an answer from before the write, or one that this node remembers, would acknowledge blocks
        // that the snapshot lacks.
        uploads.open_record(self, request.snapshot).await?;
        Ok(PutSnapshotBlockReply { checksum: request.checksum })
    }
}

fn refusal(error: WriteBlockError, given: &BlockDigest) -> ServiceError {
    match error {
        WriteBlockError::Checksum { computed } => {
            let [computed, given] = [&computed, given].map(|digest| STANDARD.encode(digest.0));
            Refusal::BlockChecksum { computed, given }.into()
        }
        WriteBlockError::Store(error) => error.into(),
    }
}
