//! DeleteTags.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html>.

use ebs::Refusal;
use ebs::operation::delete_tags::{DeleteTagsRequest, TagMatch};

use super::create_tags::resources;
use crate::form::Fields;

/// The request that `fields` make. A tag with an empty value asks for a tag that has it; one without the parameter
/// asks for any value. One without a key has the empty key, which the service refuses.
///
/// # Errors
/// Refuses a request that names no resource or too many.
pub fn decode(fields: &Fields<'_>) -> Result<DeleteTagsRequest, Refusal> {
    let tags = fields
        .structures("Tag")
        .into_iter()
        .map(|tag| TagMatch { key: tag.owned("Key").unwrap_or_default(), value: tag.owned("Value") });
    Ok(DeleteTagsRequest {
        resources: resources(fields)?,
        tags: tags.collect(),
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    })
}
