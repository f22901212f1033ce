//! DescribeTags.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html>.

use ebs::Refusal;
use ebs::operation::Page;
use ebs::operation::describe_tags::{DescribeTagsReply, DescribeTagsRequest};

use super::{Ec2Action, envelope, filters, page};
use crate::HttpAnswer;
use crate::form::Fields;
use crate::token::TokenContext;
use crate::token::page::Listing;

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
    if let Some(token) = page::next_token(fields) {
        request.page.after = Some(Listing::of_tags(context, &request).open(context, token)?);
    }
    Ok(request)
}

/// The answer that says `reply` to `request`.
pub fn encode(
    request: &DescribeTagsRequest,
    reply: &DescribeTagsReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let next = reply.next.as_ref().map(|cursor| Listing::of_tags(context, request).seal(context, cursor));
    envelope::success(Ec2Action::DescribeTags, request_id, |xml| {
        xml.set("tagSet", &reply.tags, |xml, tag| {
            xml.text("resourceId", tag.resource);
            xml.text("resourceType", "snapshot");
            xml.text("key", &tag.tag.key);
            xml.text("value", &tag.tag.value);
        });
        xml.optional("nextToken", next);
    })
}
