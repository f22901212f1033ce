//! GetSnapshotBlock.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_GetSnapshotBlock.html>.

use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, SnapshotId};
use http::Method;
use percent_encoding::utf8_percent_encode;

use super::call;
use crate::client::Client;
use crate::client::block_buffer::{BlockBuffer, BlockBuffers};
use crate::client::block_checksum;
use crate::client::ec2::RESERVED;
use crate::client::error::ClientError;

const OPERATION: &str = "GetSnapshotBlock";
/// How often a block that arrives damaged is asked for.
const DAMAGED_MAX: u32 = 3;

impl Client {
    /// Reads a block into a buffer of `buffers`, and its digest, as the service states it. The bytes are 524,288; they
    /// are not compared with the digest.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] with the service's reason; [`ClientError::Answer`] if the answer is not a block with a
    /// checksum.
    pub(crate) async fn get_snapshot_block(
        &self,
        snapshot: SnapshotId,
        index: BlockIndex,
        token: &str,
        buffers: &BlockBuffers,
    ) -> Result<(BlockBuffer, BlockDigest), ClientError> {
        let mut call = call(OPERATION, Method::GET, format!("/snapshots/{snapshot}/blocks/{index}"));
        call.query = format!("blockToken={}", utf8_percent_encode(token, RESERVED));
        let mut buffer = buffers.take();
        let headers = self.send_into(&call, buffer.bytes_mut()).await?;
        let refused = |problem| ClientError::Answer { operation: OPERATION, problem };
        if buffer.as_ref().len() != BLOCK_BYTES {
            return Err(refused("the block does not have 524288 bytes"));
        }
        let checksum = headers.get("x-amz-checksum").and_then(|value| value.to_str().ok());
        let digest =
            checksum.and_then(block_checksum::from_text).ok_or(refused("the block has no checksum"))?;
        Ok((buffer, digest))
    }

    /// As [`Client::get_snapshot_block`], with the bytes compared with the digest; a block that arrives damaged is
    /// asked for again.
    ///
    /// # Errors
    ///
    /// As there, and [`ClientError::Corrupt`] if it arrives damaged every time.
    pub(crate) async fn get_checked_block(
        &self,
        snapshot: SnapshotId,
        index: BlockIndex,
        token: &str,
        buffers: &BlockBuffers,
    ) -> Result<(BlockBuffer, BlockDigest), ClientError> {
        for _ in 0..DAMAGED_MAX {
            let (buffer, stated) = self.get_snapshot_block(snapshot, index, token, buffers).await?;
            let (buffer, computed) = crate::client::off_the_loop(move || {
                let computed = block_checksum::digest(buffer.as_ref());
                (buffer, computed)
            })
            .await;
            if computed == stated {
                return Ok((buffer, computed));
            }
        }
        Err(ClientError::Corrupt { snapshot, index })
    }
}
