//! GetKeyRotationStatus.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>.

use ebs::operation::kms::rotation::{GetKeyRotationStatusReply, GetKeyRotationStatusRequest};
use serde::Serialize;

use super::{json_answer, key_only};
use crate::ebs_direct::epoch_seconds;
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<GetKeyRotationStatusRequest, ApiError> {
    Ok(GetKeyRotationStatusRequest { key_id: key_only::decode(body)? })
}

/// The answer that says `reply`.
pub fn encode(reply: &GetKeyRotationStatusReply, request_id: &str) -> HttpAnswer {
    let answer = Answer {
        key_id: reply.key.to_string(),
        key_rotation_enabled: reply.automatic.is_some(),
        rotation_period_in_days: reply.automatic.map(|rotation| rotation.period_days),
        next_rotation_date: reply.automatic.and_then(|rotation| rotation.next).map(epoch_seconds),
    };
    json_answer(request_id, &answer)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    key_id: String,
    key_rotation_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_period_in_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_rotation_date: Option<f64>,
}
