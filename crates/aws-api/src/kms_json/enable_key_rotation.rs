//! EnableKeyRotation.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html>.

use ebs::operation::kms::rotation::EnableKeyRotationRequest;
use serde::Deserialize;

use super::member::{Bounds, optional_number, value};
use super::{body, member};
use crate::ApiError;

const PERIOD_DAYS: Bounds = value!(90, 2560);

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<EnableKeyRotationRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(EnableKeyRotationRequest {
        key_id: member::key_id(body.key_id)?,
        period_days: optional_number("rotationPeriodInDays", body.rotation_period_in_days, PERIOD_DAYS)?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    rotation_period_in_days: Option<i64>,
}
