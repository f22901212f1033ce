//! DeleteAlias.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html>.

use ebs::operation::kms::aliases::DeleteAliasRequest;
use serde::Deserialize;

use super::{alias_name, body};
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<DeleteAliasRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(DeleteAliasRequest { name: alias_name::decode(body.alias_name)? })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    alias_name: Option<String>,
}
