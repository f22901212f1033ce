//! ListAliases.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html>.

use ebs::operation::kms::aliases::{Alias, ListAliasesReply, ListAliasesRequest};
use serde::{Deserialize, Serialize};

use super::member::{KEY_ID, optional_text};
use super::page::PageSize;
use super::{KmsAction, body, json_answer, page};
use crate::ebs_direct::epoch_seconds;
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::{ApiError, HttpAnswer};

const SIZE: PageSize = PageSize { most: 100, default: 50 };

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, and for a marker that was not given for this listing.
pub fn decode(body: &[u8], context: &TokenContext<'_>) -> Result<ListAliasesRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = optional_text("keyId", body.key_id, KEY_ID)?;
    let page = page::decode(body.limit, body.marker, SIZE, listing(key_id.as_deref(), context), context)?;
    Ok(ListAliasesRequest { key_id, page })
}

/// The answer that says `reply` to `request`.
pub fn encode(
    request: &ListAliasesRequest,
    reply: &ListAliasesReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let listing = listing(request.key_id.as_deref(), context);
    let answer = Answer {
        aliases: reply.aliases.iter().map(AnswerAlias::new).collect(),
        next_marker: page::marker(reply.next.as_ref(), listing, context),
        truncated: reply.next.is_some(),
    };
    json_answer(request_id, &answer)
}

fn listing(key_id: Option<&str>, context: &TokenContext<'_>) -> Listing {
    Listing::of_kms(context, KmsAction::ListAliases.name(), &[key_id])
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
    aliases: Vec<AnswerAlias<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AnswerAlias<'a> {
    alias_name: &'a str,
    alias_arn: &'a str,
    target_key_id: String,
    creation_date: f64,
    last_updated_date: f64,
}

impl<'a> AnswerAlias<'a> {
    fn new(alias: &'a Alias) -> Self {
        Self {
            alias_name: alias.name.as_str(),
            alias_arn: &alias.arn,
            target_key_id: alias.target.to_string(),
            creation_date: epoch_seconds(alias.created),
            last_updated_date: epoch_seconds(alias.updated),
        }
    }
}
