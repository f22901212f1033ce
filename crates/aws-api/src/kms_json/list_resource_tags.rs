//! ListResourceTags.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html>.

use ebs::operation::kms::tags::{ListResourceTagsReply, ListResourceTagsRequest};
use serde::{Deserialize, Serialize};

use super::page::PageSize;
use super::tags::AnswerTag;
use super::{KmsAction, body, json_answer, member, page, tags};
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::{ApiError, HttpAnswer};

const SIZE: PageSize = PageSize { most: 50, default: 50 };

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, and for a marker that was not given for this listing.
pub fn decode(body: &[u8], context: &TokenContext<'_>) -> Result<ListResourceTagsRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    let page = page::decode(body.limit, body.marker, SIZE, listing(&key_id, context), context)?;
    Ok(ListResourceTagsRequest { key_id, page })
}

/// The answer that says `reply` to `request`.
pub fn encode(
    request: &ListResourceTagsRequest,
    reply: &ListResourceTagsReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let answer = Answer {
        tags: tags::encode(&reply.tags),
        next_marker: page::marker(reply.next.as_ref(), listing(&request.key_id, context), context),
        truncated: reply.next.is_some(),
    };
    json_answer(request_id, &answer)
}

fn listing(key_id: &str, context: &TokenContext<'_>) -> Listing {
    Listing::of_kms(context, KmsAction::ListResourceTags.name(), &[Some(key_id)])
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
    tags: Vec<AnswerTag<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}
