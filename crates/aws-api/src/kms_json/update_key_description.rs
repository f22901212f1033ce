//! UpdateKeyDescription.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html>.

use ebs::operation::kms::keys::UpdateKeyDescriptionRequest;
use serde::Deserialize;

use super::member::{Bounds, length, required_text};
use super::{body, member};
use crate::ApiError;

const DESCRIPTION: Bounds = length!(0, 8192);

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<UpdateKeyDescriptionRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(UpdateKeyDescriptionRequest {
        key_id: member::key_id(body.key_id)?,
        description: required_text("description", body.description, DESCRIPTION)?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    description: Option<String>,
}
