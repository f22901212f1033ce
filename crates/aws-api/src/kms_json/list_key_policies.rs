//! ListKeyPolicies.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html>.

use ebs::KeyRefusal;
use ebs::operation::kms::policies::{ListKeyPoliciesReply, ListKeyPoliciesRequest};
use serde::{Deserialize, Serialize};

use super::member::{length, optional_number, optional_text, value};
use super::{body, json_answer, member};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, and for any marker, since none is ever given: there is one page.
pub fn decode(body: &[u8]) -> Result<ListKeyPoliciesRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    optional_number("limit", body.limit, value!(1, 1000))?;
    match optional_text("marker", body.marker, length!(1, 1024))? {
        None => Ok(ListKeyPoliciesRequest { key_id }),
        Some(_) => Err(KeyRefusal::MarkerInvalid.into()),
    }
}

/// The answer that says `reply`.
pub fn encode(reply: &ListKeyPoliciesReply, request_id: &str) -> HttpAnswer {
    json_answer(request_id, &Answer { policy_names: &reply.policy_names, truncated: false })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    limit: Option<i64>,
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    policy_names: &'a [String],
    truncated: bool,
}
