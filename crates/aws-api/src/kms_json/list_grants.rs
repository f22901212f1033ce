//! ListGrants.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html>.

use ebs::operation::kms::grants::{GrantsReply, ListGrantsRequest};
use serde::Deserialize;

use super::grants::{GrantsAnswer, check_principal, decode_id};
use super::member::check_absent;
use super::page::PageSize;
use super::{KmsAction, body, json_answer, member, page};
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::{ApiError, HttpAnswer};

const SIZE: PageSize = PageSize { most: 100, default: 50 };

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, and for a marker that was not given for this listing.
pub fn decode(body: &[u8], context: &TokenContext<'_>) -> Result<ListGrantsRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    let by = [Some(key_id.as_str()), body.grant_id.as_deref(), body.grantee_principal.as_deref()];
    let page = page::decode(body.limit, body.marker, SIZE, listing(by, context), context)?;
    let grant = body.grant_id.as_deref().map(decode_id).transpose()?;
    let grantee = body.grantee_principal;
    grantee.iter().try_for_each(|grantee| check_principal("granteePrincipal", grantee))?;
    check_absent(body.grantee_service_principal.as_ref(), "the parameter GranteeServicePrincipal")?;
    Ok(ListGrantsRequest { key_id, grant, grantee, page })
}

/// The answer that says `reply` to `request`.
pub fn encode(
    request: &ListGrantsRequest,
    reply: &GrantsReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let grant = request.grant.map(|grant| grant.to_string());
    let by = [Some(request.key_id.as_str()), grant.as_deref(), request.grantee.as_deref()];
    let next_marker = page::marker(reply.next.as_ref(), listing(by, context), context);
    json_answer(request_id, &GrantsAnswer::new(reply, next_marker))
}

fn listing(by: [Option<&str>; 3], context: &TokenContext<'_>) -> Listing {
    Listing::of_kms(context, KmsAction::ListGrants.name(), &by)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    limit: Option<i64>,
    marker: Option<String>,
    key_id: Option<String>,
    grant_id: Option<String>,
    grantee_principal: Option<String>,
    grantee_service_principal: Option<String>,
}
