//! DescribeTags.

use super::Page;
use crate::{Filter, SnapshotId, Tag};

/// What DescribeTags is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeTagsRequest {
    /// Only those that match all of these.
    pub filters: Vec<Filter>,
    /// Which page.
    pub page: Page<TagCursor>,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}

/// Where DescribeTags goes on: after this tag, in the order (resource, key).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCursor {
    /// The last tag's resource.
    pub resource: SnapshotId,
    /// The last tag's key.
    pub key: String,
}

/// A tag and the snapshot it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceTag {
    /// The resource.
    pub resource: SnapshotId,
    /// The tag.
    pub tag: Tag,
}
