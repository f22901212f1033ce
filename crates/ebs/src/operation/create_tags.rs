//! CreateTags.

use crate::Tag;

/// What CreateTags is asked for: all the tags on all the resources, or nothing. It answers nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTagsRequest {
    /// The resources, as the client wrote their ids.
    pub resources: Vec<String>,
    /// Tags to add, or to give a new value.
    pub tags: Vec<Tag>,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}
