//! DescribeTags.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html>.

use ebs::Refusal;
use ebs::operation::Page;
use ebs::operation::describe_tags::{DescribeTagsRequest, ResourceTag, TagCursor};

use super::{Ec2Action, envelope, filters, page};
use crate::HttpAnswer;
use crate::form::Fields;
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::xml::Xml;

/// The request that `fields` make.
///
/// # Errors
/// Refuses whatever has not the form of its type, too many filters, and a token that was not given for this request.
pub fn decode(fields: &Fields<'_>, context: &TokenContext<'_>) -> Result<DescribeTagsRequest, Refusal> {
    let mut request = DescribeTagsRequest {
        filters: filters::decode(fields)?,
        page: Page { max_results: page::max_results(fields)?, after: None },
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    };
    if let Some(token) = fields.text("NextToken") {
        request.page.after = Some(Listing::of_tags(context, &request).open(context, token)?);
    }
    Ok(request)
}

/// The answer up to its first tag. [`members`] follow, as often as there are more, and then [`end`].
pub fn begin(request_id: &str) -> HttpAnswer {
    envelope::begin_set(Ec2Action::DescribeTags, request_id, SET)
}

/// The part of the answer that shows `tags`.
pub fn members(tags: &[ResourceTag]) -> Vec<u8> {
    Xml::members(tags, |xml, tag| {
        xml.text("resourceId", tag.resource);
        xml.text("resourceType", "snapshot");
        xml.text("key", &tag.tag.key);
        xml.text("value", &tag.tag.value);
    })
}

/// The end of the answer to `request`; `next` is where its next page begins, if there is one.
pub fn end(request: &DescribeTagsRequest, next: Option<&TagCursor>, context: &TokenContext<'_>) -> Vec<u8> {
    let next = next.map(|cursor| Listing::of_tags(context, request).seal(context, cursor));
    envelope::end_set(Ec2Action::DescribeTags, SET, next)
}

const SET: &str = "tagSet";
