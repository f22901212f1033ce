//! CreateTags.

use catalog::TagsRefused;
use ebs::limits::{TAGGED_RESOURCES_MAX, TAGS_MAX};
use ebs::operation::create_tags::CreateTagsRequest;
use ebs::{Refusal, tag};

use super::{dry_run, resource_ids};
use crate::{Call, ServiceError};

impl Call {
    /// Puts all tags on all resources, giving keys that are there a new value; or changes nothing.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`] of the first resource that the caller does not have, and every rule of
    /// [`tag::validate`].
    ///
    /// Source: EC2 API 2016-11-15, CreateTags.
    pub async fn create_tags(&self, request: &CreateTagsRequest) -> Result<(), ServiceError> {
        let resources = resource_ids(&request.resources)?;
        check_count(resources.len())?;
        if request.tags.is_empty() {
            return Err(Refusal::TagsAbsent.into());
        }
        let tags = tag::validate(request.tags.clone(), self.service.shared.settings.compat.tag_lengths)?;
        dry_run(request.dry_run)?;
        let put = self.region.catalog.put_tags(self.account(), &resources, &tags, TAGS_MAX).await;
        put.map_err(refusal)
    }
}

/// Judges how many resources a request names.
pub(super) fn check_count(resources: usize) -> Result<(), Refusal> {
    match resources {
        0 => Err(Refusal::MissingParameter("resourceIdSet")),
        1..=TAGGED_RESOURCES_MAX => Ok(()),
        more => Err(Refusal::InvalidParameterValue {
            parameter: "ResourceId",
            value: more.to_string(),
            expected: "at most 1000 resources",
        }),
    }
}

pub(super) fn refusal(error: TagsRefused) -> ServiceError {
    match error {
        TagsRefused::SnapshotNotFound(id) => Refusal::SnapshotNotFound(id).into(),
        TagsRefused::TooManyTags(_) => Refusal::TooManyTags { tags_max: TAGS_MAX }.into(),
        TagsRefused::Catalog(error) => error.into(),
    }
}
