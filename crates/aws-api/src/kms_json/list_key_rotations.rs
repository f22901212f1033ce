//! ListKeyRotations.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html>.

use ebs::operation::kms::rotation::{ListKeyRotationsReply, ListKeyRotationsRequest, ListedMaterial};
use serde::{Deserialize, Serialize};

use super::member::{Words, check_word, words};
use super::page::PageSize;
use super::{KmsAction, body, json_answer, member, page};
use crate::ebs_direct::epoch_seconds;
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::{ApiError, HttpAnswer};

const SIZE: PageSize = PageSize { most: 1_000, default: 100 };
const ALL_KEY_MATERIAL: &str = "ALL_KEY_MATERIAL";
const WHICH: Words = words!("ALL_KEY_MATERIAL", "ROTATIONS_ONLY");

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be, and for a marker that was not given for this listing.
pub fn decode(body: &[u8], context: &TokenContext<'_>) -> Result<ListKeyRotationsRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    let which = body.include_key_material;
    which.iter().try_for_each(|which| check_word("includeKeyMaterial", which, WHICH))?;
    let all_material = which.as_deref() == Some(ALL_KEY_MATERIAL);
    let page = page::decode(body.limit, body.marker, SIZE, listing(&key_id, all_material, context), context)?;
    Ok(ListKeyRotationsRequest { key_id, all_material, page })
}

/// The answer that says `reply` to `request`.
pub fn encode(
    request: &ListKeyRotationsRequest,
    reply: &ListKeyRotationsReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let key_id = reply.key.to_string();
    let listing = listing(&request.key_id, request.all_material, context);
    let answer = Answer {
        rotations: reply.materials.iter().map(|material| Material::new(&key_id, material)).collect(),
        next_marker: page::marker(reply.next.as_ref(), listing, context),
        truncated: reply.next.is_some(),
    };
    json_answer(request_id, &answer)
}

fn listing(key_id: &str, all_material: bool, context: &TokenContext<'_>) -> Listing {
    let which = all_material.then_some(ALL_KEY_MATERIAL);
    Listing::of_kms(context, KmsAction::ListKeyRotations.name(), &[Some(key_id), which])
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    include_key_material: Option<String>,
    limit: Option<i64>,
    marker: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    rotations: Vec<Material<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Material<'a> {
    key_id: &'a str,
    key_material_id: String,
    key_material_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_date: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_type: Option<&'static str>,
}

impl<'a> Material<'a> {
    fn new(key_id: &'a str, material: &ListedMaterial) -> Self {
        Self {
            key_id,
            key_material_id: material.id.to_string(),
            key_material_state: if material.is_current { "CURRENT" } else { "NON_CURRENT" },
            rotation_date: material.rotation.map(|(date, _)| epoch_seconds(date)),
            rotation_type: material.rotation.map(|(_, kind)| kind.as_str()),
        }
    }
}
