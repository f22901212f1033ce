//! DeleteTags.

use ebs::operation::delete_tags::DeleteTagsRequest;
use ebs::tag;

use super::create_tags::{check_count, refusal};
use super::{dry_run, resource_ids};
use crate::{Call, ServiceError};

impl Call {
    /// Takes tags off all resources: those of a key, those of a key and value, or all. Tags that are not there are
    /// no error.
    ///
    /// # Errors
    /// [`ebs::Refusal::SnapshotNotFound`] of the first resource that the caller does not have, and every rule of
    /// [`tag::validate_key`].
    ///
    /// Source: EC2 API 2016-11-15, DeleteTags.
    pub async fn delete_tags(&self, request: &DeleteTagsRequest) -> Result<(), ServiceError> {
        let resources = resource_ids(&request.resources)?;
        check_count(resources.len())?;
        for asked in &request.tags {
            tag::validate_key(&asked.key, self.service.shared.settings.compat.tag_lengths)?;
        }
        dry_run(request.dry_run)?;
        let deleted = self.region.catalog.delete_tags(self.account(), &resources, &request.tags).await;
        deleted.map_err(refusal)
    }
}
