//! PutSnapshotBlock.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html>.

use ebs::operation::put_snapshot_block::{PutSnapshotBlockReply, PutSnapshotBlockRequest};
use ebs::{BLOCK_BYTES, BlockDigest, Refusal, SnapshotId};

use super::headers::Headers;
use super::{checksum, json_answer};
use crate::{ApiError, HttpAnswer};

/// The request that `headers` make for this block of this upload.
///
/// # Errors
/// Refuses a length other than a block's, another algorithm than SHA256, a checksum that is missing or none, and a
/// progress above 100.
pub fn decode(
    snapshot: SnapshotId,
    index: u64,
    headers: &Headers<'_>,
) -> Result<PutSnapshotBlockRequest, ApiError> {
    match headers.number("x-amz-data-length", "DataLength")? {
        None => return Err(Refusal::MissingParameter("DataLength").into()),
        Some(length) if length != BLOCK_BYTES as u64 => return Err(Refusal::BlockLength.into()),
        Some(_) => {}
    }
    let algorithm =
        headers.get(checksum::ALGORITHM)?.ok_or(Refusal::MissingParameter("ChecksumAlgorithm"))?;
    checksum::check_algorithm(algorithm)?;
    let given = headers.get(checksum::CHECKSUM)?.ok_or(Refusal::MissingParameter("Checksum"))?;
    Ok(PutSnapshotBlockRequest {
        snapshot,
        index,
        checksum: BlockDigest(checksum::decode(given)?),
        progress_percent: headers.number("x-amz-progress", "Progress")?.map(percent).transpose()?,
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &PutSnapshotBlockReply, request_id: &str) -> HttpAnswer {
    let mut answer = json_answer(201, request_id, &serde_json::Map::new());
    answer.headers.extend(checksum::headers(&reply.checksum));
    answer
}

fn percent(progress: u64) -> Result<u8, Refusal> {
    u8::try_from(progress).ok().filter(|percent| *percent <= 100).ok_or_else(|| {
        Refusal::InvalidParameterValue {
            parameter: "Progress",
            value: progress.to_string(),
            expected: "a number from 0 to 100",
        }
    })
}
