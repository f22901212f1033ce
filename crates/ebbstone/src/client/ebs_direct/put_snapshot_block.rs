//! PutSnapshotBlock.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html>.

use bytes::Bytes;
use ebs::{BlockDigest, BlockIndex, SnapshotId};
use http::Method;

use super::call;
use crate::client::Client;
use crate::client::block_checksum;
use crate::client::error::ClientError;
use crate::client::transport::Payload;

const OPERATION: &str = "PutSnapshotBlock";

impl Client {
    /// Writes a block, and returns once the service has acknowledged it. `block` has 524,288 bytes, and `digest` is
    /// theirs: they are not hashed again.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] with the service's reason; [`ClientError::Unreachable`] if no answer came, and then the
    /// block may have been written.
    pub(crate) async fn put_snapshot_block(
        &self,
        snapshot: SnapshotId,
        index: BlockIndex,
        block: Bytes,
        digest: BlockDigest,
    ) -> Result<(), ClientError> {
        let mut call = call(OPERATION, Method::PUT, format!("/snapshots/{snapshot}/blocks/{index}"));
        call.headers = vec![
            ("content-type", "application/octet-stream".to_owned()),
            ("x-amz-data-length", block.len().to_string()),
            ("x-amz-checksum", block_checksum::to_text(&digest.0)),
            ("x-amz-checksum-algorithm", "SHA256".to_owned()),
        ];
        call.body = block;
        // The checksum, which is signed, says what the body is.
        call.payload = Payload::Unsigned;
        self.send(&call).await?;
        Ok(())
    }
}
