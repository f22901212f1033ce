//! Why a request is refused.
//!
//! A refusal is data: what was wrong, with the values that say so. It carries no wire format; the crate that
//! speaks to clients has one total function that gives each its code, status and sentence.

use crate::{RegionName, SnapshotId};

/// Which request or value was wrong, and how. A refused request has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "the variants and their fields say what they are; the text gives the sentence"
)]
pub enum Refusal {
    // the request as a whole
    #[error("the request would have succeeded, but the DryRun flag is set")]
    DryRun,
    #[error("the request must contain the parameter {0}")]
    MissingParameter(&'static str),
    #[error("value ({value}) for parameter {parameter} is invalid: expected {expected}")]
    InvalidParameterValue { parameter: &'static str, value: String, expected: &'static str },
    #[error("the parameter {0} may not be used together with the parameter {1}")]
    ParametersExclude(&'static str, &'static str),
    #[error("the parameter {0} requires the parameter {1} to be set")]
    ParameterRequires(&'static str, &'static str),
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    #[error("the principal may not do this")]
    NotAuthorized,

    // snapshots
    #[error("value ({0}) for parameter Description is invalid: characters beyond ASCII are not supported")]
    DescriptionNotAscii(String),
    #[error("value ({text}) for parameter Description is invalid: it exceeds {chars_max} characters")]
    DescriptionTooLong { text: String, chars_max: usize },
    #[error("the specified snapshot id is invalid")]
    CopySourceMalformed,
    #[error("`{0}` is not a snapshot id")]
    SnapshotIdMalformed(String),
    #[error("the snapshot {0} does not exist")]
    SnapshotNotFound(SnapshotId),
    #[error("`{0}` is not a valid region name")]
    InvalidRegion(String),
    #[error("the destination region {requested} does not match the region {current} of this endpoint")]
    DestinationRegionMismatch { requested: String, current: RegionName },
    #[error("the presigned URL is not an http or https URL")]
    PresignedUrlScheme,
    #[error("the presigned URL names the source snapshot {presigned}, the request {requested}")]
    PresignedUrlSource { presigned: String, requested: SnapshotId },
    #[error("the presigned URL names the destination region {presigned}")]
    PresignedUrlDestination { presigned: String },
    #[error("{0} is not a completion duration of 15 to 2880 minutes in steps of 15")]
    CompletionDuration(i64),
    #[error("too many copies in flight; the limit is {limit} for this destination region")]
    TooManyCopies { limit: u32 },
    #[error("the account has as many snapshots as it may have: {limit}")]
    TooManySnapshots { limit: u32 },

    // tags
    #[error("`{0}` is not a resource type")]
    UnknownResourceType(String),
    #[error("`{0}` is not a taggable resource type for this operation")]
    ResourceTypeNotTaggable(String),
    #[error("a tag specification must have a resource type")]
    ResourceTypeAbsent,
    #[error("a tag specification must have at least one tag")]
    TagSpecificationEmpty,
    #[error("there must be at least one tag to create")]
    TagsAbsent,
    #[error("a tag key must not be empty")]
    TagKeyEmpty,
    #[error("a tag key must not exceed {chars_max} characters")]
    TagKeyTooLong { chars_max: usize },
    #[error("the tag key `{0}` is reserved: keys must not begin with aws:")]
    TagKeyReserved(String),
    #[error("the value of the tag `{key}` must not exceed {chars_max} characters")]
    TagValueTooLong { key: String, chars_max: usize },
    #[error("the tag key `{0}` was given twice")]
    DuplicateTagKey(String),
    #[error("a resource can have at most {tags_max} tags")]
    TooManyTags { tags_max: usize },
    #[error("`{0}` is not the id of a resource")]
    ResourceIdMalformed(String),

    // describing
    #[error("there is no filter named `{0}`")]
    UnknownFilter(String),
    #[error("a request can have at most {limit} filters, and a filter {values} values")]
    TooManyFilters { limit: usize, values: usize },
    #[error("the value of a filter must not exceed {chars_max} characters")]
    FilterValueTooLong { chars_max: usize },
    #[error("the page size {0} is below the least")]
    PageSizeTooSmall(i64),
    #[error("there is no region named `{0}`")]
    UnknownRegion(String),
    #[error("the region has no availability zone named `{0}`")]
    UnknownZone(String),
    #[error("the region has no availability zone with the id `{0}`")]
    UnknownZoneId(String),
    #[error("the pagination token cannot be used here")]
    PageTokenInvalid,
    #[error("`{0}` is not a user id")]
    UserIdMalformed(String),

    // block uploads and reads
    #[error("the volume size is outside the allowed range, or smaller than the parent's")]
    VolumeSizeInvalid,
    #[error("the snapshot {0} cannot be a parent: it is not completed")]
    ParentNotCompleted(SnapshotId),
    #[error("this client token was used with another request")]
    ClientTokenReused,
    #[error("too many pending uploads; the limit is {limit}")]
    TooManyUploads { limit: u32 },
    #[error("the snapshot {0} is not completed")]
    SnapshotNotReadable(SnapshotId),
    #[error("the snapshot {0} is already completed")]
    UploadSealed(SnapshotId),
    #[error("block index {index} is outside the volume")]
    BlockOutsideVolume { index: u64 },
    #[error("a block has 524288 bytes")]
    BlockLength,
    #[error("the checksum of the block is {computed}, not {given} (base64)")]
    BlockChecksum { computed: String, given: String },
    #[error("the snapshot has no block {index}")]
    BlockAbsent { index: u64 },
    #[error("the block token {0} cannot be used here")]
    BlockTokenInvalid(String),
    #[error("the snapshots are not of one lineage")]
    SnapshotsUnrelated,
    #[error("one of the three checksum parameters is missing")]
    ChecksumParametersIncomplete,
}
