//! TagResource.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html>.

use ebs::operation::kms::tags::TagResourceRequest;
use serde::Deserialize;

use super::body::Object;
use super::member::required;
use super::tags::BodyTag;
use super::{body, member, tags};
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<TagResourceRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(TagResourceRequest {
        key_id: member::key_id(body.key_id)?,
        tags: tags::decode(required("tags", body.tags)?)?,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    tags: Option<Vec<Object<BodyTag>>>,
}
