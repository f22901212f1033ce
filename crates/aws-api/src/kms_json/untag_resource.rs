//! UntagResource.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html>.

use ebs::operation::kms::tags::UntagResourceRequest;
use serde::Deserialize;

use super::member::{check_text, required};
use super::tags::TAG_KEY;
use super::{body, member};
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<UntagResourceRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    let tag_keys = required("tagKeys", body.tag_keys)?;
    tag_keys.iter().try_for_each(|key| check_text("tagKeys", key, TAG_KEY))?;
    Ok(UntagResourceRequest { key_id, tag_keys })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    tag_keys: Option<Vec<String>>,
}
