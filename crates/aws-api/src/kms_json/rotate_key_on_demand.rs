//! RotateKeyOnDemand.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html>.

use ebs::operation::kms::rotation::{RotateKeyOnDemandReply, RotateKeyOnDemandRequest};
use serde::Serialize;

use super::{json_answer, key_only};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<RotateKeyOnDemandRequest, ApiError> {
    Ok(RotateKeyOnDemandRequest { key_id: key_only::decode(body)? })
}

/// The answer that says `reply`.
pub fn encode(reply: &RotateKeyOnDemandReply, request_id: &str) -> HttpAnswer {
    json_answer(request_id, &Answer { key_id: reply.key.to_string() })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    key_id: String,
}
