//! UpdateAlias.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html>.

use ebs::operation::kms::aliases::UpdateAliasRequest;
use serde::Deserialize;

use super::member::{KEY_ID, required_text};
use super::{alias_name, body};
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<UpdateAliasRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(UpdateAliasRequest {
        name: alias_name::decode(body.alias_name)?,
        target_key_id: required_text("targetKeyId", body.target_key_id, KEY_ID)?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    alias_name: Option<String>,
    target_key_id: Option<String>,
}
