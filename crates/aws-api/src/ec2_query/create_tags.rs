//! CreateTags.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>.

use ebs::Refusal;
use ebs::limits::TAGGED_RESOURCES_MAX;
use ebs::operation::create_tags::CreateTagsRequest;

use super::tags;
use crate::form::Fields;

/// The request that `fields` make.
///
/// # Errors
/// Refuses a request that names no resource, more than [`TAGGED_RESOURCES_MAX`] of them, or no tag.
pub fn decode(fields: &Fields<'_>) -> Result<CreateTagsRequest, Refusal> {
    let request = CreateTagsRequest {
        resources: resources(fields)?,
        tags: tags::decode(fields),
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    };
    if request.tags.is_empty() { Err(Refusal::TagsAbsent) } else { Ok(request) }
}

/// The parameter `ResourceId` of CreateTags and DeleteTags.
pub(super) fn resources(fields: &Fields<'_>) -> Result<Vec<String>, Refusal> {
    let resources = fields.texts("ResourceId");
    match resources.len() {
        0 => Err(Refusal::MissingParameter("resourceIdSet")),
        1..=TAGGED_RESOURCES_MAX => Ok(resources),
        count => Err(Refusal::InvalidParameterValue {
            parameter: "ResourceId",
            value: format!("{count} ids"),
            expected: "at most 1000 ids",
        }),
    }
}
