//! The parameters `maxResults`, `startingBlockIndex` and `pageToken` of listings.

use ebs::limits::LIST_BLOCKS_PAGE;
use ebs::{BlockIndex, Refusal};

use crate::form::Fields;
use crate::token::TokenContext;
use crate::token::page::Listing;

/// The page size: 10,000 if none is asked for. Less than 100 is taken as 100, as Amazon documents; more than 10,000
/// as 10,000, since a page may be shorter than asked for anyway.
pub(super) fn max_results(fields: &Fields<'_>) -> Result<u32, Refusal> {
    let (least, most) = LIST_BLOCKS_PAGE;
    match fields.integer("maxResults")? {
        None => Ok(most),
        Some(asked) if asked >= 0 => Ok(u32::try_from(asked).map_or(most, |asked| asked.clamp(least, most))),
        Some(asked) => Err(Refusal::InvalidParameterValue {
            parameter: "MaxResults",
            value: asked.to_string(),
            expected: "a number from 100 to 10000",
        }),
    }
}

/// The index at which the page begins: the token's, or else the one that is named, or else the first.
pub(super) fn from(
    fields: &Fields<'_>,
    context: &TokenContext<'_>,
    listing: Listing,
) -> Result<BlockIndex, Refusal> {
    if let Some(token) = fields.text("pageToken") {
        return listing.open(context, token);
    }
    let Some(index) = fields.integer("startingBlockIndex")? else { return Ok(BlockIndex(0)) };
    match u64::try_from(index) {
        Ok(index) => u32::try_from(index).map(BlockIndex).map_err(|_| Refusal::BlockOutsideVolume { index }),
        Err(_) => Err(Refusal::InvalidParameterValue {
            parameter: "StartingBlockIndex",
            value: index.to_string(),
            expected: "a number that is not negative",
        }),
    }
}
