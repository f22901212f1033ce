//! RevokeGrant.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html>.

use ebs::operation::kms::grants::RevokeGrantRequest;
use serde::Deserialize;

use super::grants::decode_id;
use super::member::required;
use super::{body, member};
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<RevokeGrantRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(RevokeGrantRequest {
        key_id: member::key_id(body.key_id)?,
        grant: decode_id(&required("grantId", body.grant_id)?)?,
        dry_run: body.dry_run.unwrap_or(false),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    grant_id: Option<String>,
    dry_run: Option<bool>,
}
