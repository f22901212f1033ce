//! TagResource, UntagResource, ListResourceTags.

use crate::Tag;
use crate::operation::kms::KeyPage;

/// A TagResource request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagResourceRequest {
    /// The key.
    pub key_id: String,
    /// Tags that it is to have, besides those that it has under other keys.
    pub tags: Vec<Tag>,
}

/// An UntagResource request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntagResourceRequest {
    /// The key.
    pub key_id: String,
    /// Keys of tags that it is not to have. Those that it has not may be among them.
    pub tag_keys: Vec<String>,
}

/// A ListResourceTags request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListResourceTagsRequest {
    /// The key.
    pub key_id: String,
    /// Which page, by keys of tags.
    pub page: KeyPage<String>,
}

/// What ListResourceTags answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListResourceTagsReply {
    /// The tags, by key.
    pub tags: Vec<Tag>,
    /// The last key, if there are more.
    pub next: Option<String>,
}
