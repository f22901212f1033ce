//! GetKeyPolicy.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>.

use ebs::operation::kms::policies::{GetKeyPolicyReply, GetKeyPolicyRequest};
use serde::{Deserialize, Serialize};

use super::{body, json_answer, member, policy_name};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<GetKeyPolicyRequest, ApiError> {
    let body: Body = body::read(body)?;
    Ok(GetKeyPolicyRequest {
        key_id: member::key_id(body.key_id)?,
        policy_name: policy_name::decode(body.policy_name)?,
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &GetKeyPolicyReply, request_id: &str) -> HttpAnswer {
    json_answer(request_id, &Answer { policy: &reply.policy, policy_name: &reply.policy_name })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    policy_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    policy: &'a str,
    policy_name: &'a str,
}
