//! DeleteTags.

/// What DeleteTags is asked for. It answers nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteTagsRequest {
    /// The resources, as the client wrote their ids.
    pub resources: Vec<String>,
    /// Which tags to delete; all of them if none is named.
    pub tags: Vec<TagMatch>,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}

/// A tag to delete: whatever its value, or only if it has the value named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMatch {
    /// The key.
    pub key: String,
    /// The value it must have, if it must have one; the empty value is a value.
    pub value: Option<String>,
}
