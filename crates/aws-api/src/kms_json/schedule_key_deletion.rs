//! ScheduleKeyDeletion.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>.

use ebs::KeyState;
use ebs::operation::kms::keys::{ScheduleKeyDeletionReply, ScheduleKeyDeletionRequest};
use serde::{Deserialize, Serialize};

use super::member::{Bounds, optional_number, value};
use super::{body, json_answer, member};
use crate::ebs_direct::epoch_seconds;
use crate::{ApiError, HttpAnswer};

/// What Amazon documents. Its model has 1 to 365.
const WINDOW_DAYS: Bounds = value!(7, 30);

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<ScheduleKeyDeletionRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(ScheduleKeyDeletionRequest {
        key_id: member::key_id(body.key_id)?,
        pending_window_days: optional_number(
            "pendingWindowInDays",
            body.pending_window_in_days,
            WINDOW_DAYS,
        )?,
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &ScheduleKeyDeletionReply, request_id: &str) -> HttpAnswer {
    let answer = Answer {
        key_id: reply.key.to_string(),
        deletion_date: epoch_seconds(reply.deletion_date),
        key_state: KeyState::PendingDeletion.as_str(),
        pending_window_in_days: reply.pending_window_days,
    };
    json_answer(request_id, &answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    pending_window_in_days: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    key_id: String,
    deletion_date: f64,
    key_state: &'static str,
    pending_window_in_days: u32,
}
