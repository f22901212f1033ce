//! GetSnapshotBlock.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_GetSnapshotBlock.html>.

use ebs::operation::get_snapshot_block::GetSnapshotBlockRequest;
use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, Refusal, SnapshotId};

use super::checksum;
use crate::HttpAnswer;
use crate::form::Fields;
use crate::token::{TokenContext, block};

/// The request that `fields` make for this block of this snapshot.
///
/// # Errors
/// Refuses a missing block token, one that was not given for this block, and an index that no volume has.
pub fn decode(
    snapshot: SnapshotId,
    index: u64,
    fields: &Fields<'_>,
    context: &TokenContext<'_>,
) -> Result<GetSnapshotBlockRequest, Refusal> {
    let token = fields.text("blockToken").ok_or(Refusal::MissingParameter("BlockToken"))?;
    let index = u32::try_from(index).map(BlockIndex).map_err(|_| Refusal::BlockOutsideVolume { index })?;
    block::check(context, token, snapshot, index)?;
    Ok(GetSnapshotBlockRequest { snapshot, index })
}

/// The answer that carries a block's bytes, of which `checksum` is the digest.
pub fn encode<Body>(checksum: &BlockDigest, data: Body, request_id: &str) -> HttpAnswer<Body> {
    let mut answer = HttpAnswer::new(200, request_id, "application/octet-stream", data);
    answer.headers.push(("x-amz-data-length", BLOCK_BYTES.to_string()));
    answer.headers.extend(checksum::headers(checksum));
    answer
}
