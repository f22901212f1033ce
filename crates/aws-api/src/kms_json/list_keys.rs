//! ListKeys.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html>.

use ebs::operation::kms::keys::{ListKeysReply, ListKeysRequest};
use serde::{Deserialize, Serialize};

use super::member::{Bounds, Words, check_count, check_word, length, words};
use super::page::PageSize;
use super::{KmsAction, body, json_answer, page};
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::{ApiError, HttpAnswer};

const SIZE: PageSize = PageSize { most: 1_000, default: 100 };
const OWNERS: Bounds = length!(1, 2);
const OWNER: Words = words!("SELF", "OTHER_ACCOUNTS_VIA_RAM");

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, and for a marker that was not given for this listing.
pub fn decode(body: &[u8], context: &TokenContext<'_>) -> Result<ListKeysRequest, ApiError> {
    let body: Body = body::read(body)?;
    let own = body.resource_owners.as_ref().is_none_or(|owners| owners.iter().any(|owner| owner == "SELF"));
    let page = page::decode(body.limit, body.marker, SIZE, listing(own, context), context)?;
    if let Some(owners) = body.resource_owners {
        check_count("resourceOwners", &owners, OWNERS)?;
        owners.iter().try_for_each(|owner| check_word("resourceOwners", owner, OWNER))?;
    }
    Ok(ListKeysRequest { own, page })
}

/// The answer that says `reply` to `request`.
pub fn encode(
    request: &ListKeysRequest,
    reply: &ListKeysReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let keys = reply.keys.iter().map(|key| Key { key_id: key.key.to_string(), key_arn: key.to_string() });
    let answer = Answer {
        keys: keys.collect(),
        next_marker: page::marker(reply.next.as_ref(), listing(request.own, context), context),
        truncated: reply.next.is_some(),
    };
    json_answer(request_id, &answer)
}

fn listing(own: bool, context: &TokenContext<'_>) -> Listing {
    Listing::of_kms(context, KmsAction::ListKeys.name(), &[own.then_some("SELF")])
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    limit: Option<i64>,
    marker: Option<String>,
    resource_owners: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    keys: Vec<Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    key_id: String,
    key_arn: String,
}
