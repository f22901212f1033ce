//! ListRetirableGrants.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html>.

use ebs::operation::kms::grants::{GrantsReply, ListRetirableGrantsRequest};
use serde::Deserialize;

use super::grants::{GrantsAnswer, check_principal};
use super::member::{check_absent, required};
use super::page::PageSize;
use super::{KmsAction, body, json_answer, page};
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::{ApiError, HttpAnswer};

const SIZE: PageSize = PageSize { most: 100, default: 50 };

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, and for a marker that was not given for this listing.
pub fn decode(body: &[u8], context: &TokenContext<'_>) -> Result<ListRetirableGrantsRequest, ApiError> {
    let body: Body = body::read(body)?;
    check_absent(body.retiring_service_principal.as_ref(), "the parameter RetiringServicePrincipal")?;
    let retiring = required("retiringPrincipal", body.retiring_principal)?;
    let page = page::decode(body.limit, body.marker, SIZE, listing(&retiring, context), context)?;
    check_principal("retiringPrincipal", &retiring)?;
    Ok(ListRetirableGrantsRequest { retiring, page })
}

/// The answer that says `reply` to `request`.
pub fn encode(
    request: &ListRetirableGrantsRequest,
    reply: &GrantsReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let next_marker = page::marker(reply.next.as_ref(), listing(&request.retiring, context), context);
    json_answer(request_id, &GrantsAnswer::new(reply, next_marker))
}

fn listing(retiring: &str, context: &TokenContext<'_>) -> Listing {
    Listing::of_kms(context, KmsAction::ListRetirableGrants.name(), &[Some(retiring)])
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    limit: Option<i64>,
    marker: Option<String>,
    retiring_principal: Option<String>,
    retiring_service_principal: Option<String>,
}
