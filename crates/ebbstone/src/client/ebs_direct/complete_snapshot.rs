//! CompleteSnapshot.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_CompleteSnapshot.html>.

use ebs::SnapshotId;
use http::Method;

use super::call;
use crate::client::Client;
use crate::client::block_checksum;
use crate::client::error::ClientError;

const OPERATION: &str = "CompleteSnapshot";

impl Client {
    /// Ends an upload of `changed_blocks` distinct blocks with this LINEAR checksum. Count and checksum are judged
    /// later: the snapshot goes on to `completed` or `error`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] with the service's reason.
    pub(crate) async fn complete_snapshot(
        &self,
        snapshot: SnapshotId,
        changed_blocks: u64,
        checksum: &[u8; 32],
    ) -> Result<(), ClientError> {
        let mut call = call(OPERATION, Method::POST, format!("/snapshots/completion/{snapshot}"));
        call.headers.push(("x-amz-changedblockscount", changed_blocks.to_string()));
        // The checksum of nothing is not asked for: there is nothing it could protect.
        if changed_blocks > 0 {
            call.headers.push(("x-amz-checksum", block_checksum::to_text(checksum)));
            call.headers.push(("x-amz-checksum-algorithm", "SHA256".to_owned()));
            call.headers.push(("x-amz-checksum-aggregation-method", "LINEAR".to_owned()));
        }
        self.send(&call).await?;
        Ok(())
    }
}
