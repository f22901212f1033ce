//! DescribeKey.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>.

use ebs::operation::kms::keys::{DescribeKeyReply, DescribeKeyRequest};
use serde::Deserialize;

use super::metadata::MetadataAnswer;
use super::{body, json_answer, member};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<DescribeKeyRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(DescribeKeyRequest {
        key_id: member::key_id(body.key_id)?,
        grant_tokens: member::grant_tokens(body.grant_tokens)?,
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &DescribeKeyReply, request_id: &str) -> HttpAnswer {
    json_answer(request_id, &MetadataAnswer::new(&reply.metadata))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    grant_tokens: Option<Vec<String>>,
}
