//! CompleteSnapshot.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_CompleteSnapshot.html>.

use ebs::operation::complete_snapshot::{CompleteSnapshotReply, CompleteSnapshotRequest};
use ebs::{Refusal, SnapshotId};
use serde::Serialize;

use super::headers::Headers;
use super::{checksum, json_answer};
use crate::{ApiError, HttpAnswer};

/// The request that `headers` make for this upload.
///
/// # Errors
/// Refuses a missing count, one or two of the three checksum headers without the rest, and an algorithm other than
/// SHA256 or an aggregation other than LINEAR.
pub fn decode(snapshot: SnapshotId, headers: &Headers<'_>) -> Result<CompleteSnapshotRequest, ApiError> {
    let changed_blocks = headers
        .number("x-amz-changedblockscount", "ChangedBlocksCount")?
        .ok_or(Refusal::MissingParameter("ChangedBlocksCount"))?;
    let checksum = match (
        headers.get(checksum::CHECKSUM)?,
        headers.get(checksum::ALGORITHM)?,
        headers.get("x-amz-checksum-aggregation-method")?,
    ) {
        (None, None, None) => None,
        (Some(checksum), Some(algorithm), Some(method)) => {
            checksum::check_algorithm(algorithm)?;
            check_method(method)?;
            Some(checksum::decode(checksum)?)
        }
        _ => return Err(Refusal::ChecksumParametersIncomplete.into()),
    };
    Ok(CompleteSnapshotRequest { snapshot, changed_blocks, checksum })
}

/// The answer that says `reply`.
pub fn encode(reply: &CompleteSnapshotReply, request_id: &str) -> HttpAnswer {
    json_answer(202, request_id, &Answer { status: reply.state.as_str() })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    status: &'static str,
}

fn check_method(method: &str) -> Result<(), Refusal> {
    if method == "LINEAR" {
        return Ok(());
    }
    Err(Refusal::InvalidParameterValue {
        parameter: "ChecksumAggregationMethod",
        value: method.to_owned(),
        expected: "LINEAR",
    })
}
