//! The parameters `MaxResults` and `NextToken` of Describe actions.

use ebs::Refusal;
use ebs::limits::DESCRIBE_PAGE;

use crate::form::Fields;

/// The page size asked for, if one is: at least 5, and 1,000 if more is asked for.
pub(super) fn max_results(fields: &Fields<'_>) -> Result<Option<u32>, Refusal> {
    let (least, most) = DESCRIBE_PAGE;
    match fields.integer("MaxResults")? {
        None => Ok(None),
        Some(asked) if asked >= i64::from(least) => {
            Ok(Some(u32::try_from(asked).map_or(most, |asked| asked.min(most))))
        }
        Some(asked) => Err(Refusal::PageSizeTooSmall(asked)),
    }
}

/// Refuses the parameters of a page beside ids: a request names resources or walks through all of them.
/// `ids` is what Amazon calls them in its refusal.
pub(super) fn refuse_with_ids(fields: &Fields<'_>, ids: &'static str) -> Result<(), Refusal> {
    if fields.text("MaxResults").is_some() {
        return Err(Refusal::ParametersExclude(ids, "maxResults"));
    }
    match next_token(fields) {
        Some(_) => Err(Refusal::ParametersExclude(ids, "nextToken")),
        None => Ok(()),
    }
}

/// The token of the page asked for. Clients may write an empty one where they ask for the first.
pub(super) fn next_token<'f>(fields: &Fields<'f>) -> Option<&'f str> {
    fields.text("NextToken").filter(|token| !token.is_empty())
}
