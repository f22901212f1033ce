//! RetireGrant.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html>.

use ebs::KeyRefusal;
use ebs::operation::kms::grants::{RetireGrantRequest, RetiredGrant};
use serde::Deserialize;

use super::body;
use super::grants::decode_id;
use super::member::{GRANT_TOKEN, KEY_ID, optional_text};
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is not what it
/// must be, and unless there is either the token of a grant or its key and id.
pub fn decode(body: &[u8]) -> Result<RetireGrantRequest, ApiError> {
    let body: Body = body::read(body)?;
    let token = optional_text("grantToken", body.grant_token, GRANT_TOKEN)?;
    let key_id = optional_text("keyId", body.key_id, KEY_ID)?;
    let grant = body.grant_id.as_deref().map(decode_id).transpose()?;
    let grant = match (token, key_id, grant) {
        (Some(token), None, None) => RetiredGrant::Token(token),
        (None, Some(key_id), Some(grant)) => RetiredGrant::Id { key_id, grant },
        _ => {
            return Err(KeyRefusal::MembersConflict(
                "You must provide either a grant token, or a key ARN and a grant ID, and not both.",
            )
            .into());
        }
    };
    Ok(RetireGrantRequest { grant, dry_run: body.dry_run.unwrap_or(false) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    grant_token: Option<String>,
    key_id: Option<String>,
    grant_id: Option<String>,
    dry_run: Option<bool>,
}
