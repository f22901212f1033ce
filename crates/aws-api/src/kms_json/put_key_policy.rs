//! PutKeyPolicy.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>.

use ebs::operation::kms::policies::PutKeyPolicyRequest;
use serde::Deserialize;

use super::member::{Bounds, POLICY, check_pattern, length, required_text};
use super::{body, member, policy_name};
use crate::ApiError;

const POLICY_CHARS: Bounds = length!(1, 131072);

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<PutKeyPolicyRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    let policy_name = policy_name::decode(body.policy_name)?;
    let policy = required_text("policy", body.policy, POLICY_CHARS)?;
    check_pattern("policy", &policy, POLICY)?;
    Ok(PutKeyPolicyRequest {
        key_id,
        policy_name,
        policy,
        bypass_policy_lockout_safety_check: body.bypass_policy_lockout_safety_check.unwrap_or(false),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    policy_name: Option<String>,
    policy: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
}
