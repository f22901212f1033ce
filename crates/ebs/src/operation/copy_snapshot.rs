//! CopySnapshot.

use crate::{SnapshotId, Tag, TagSpecification};

/// What CopySnapshot is asked for. Values are as the client wrote them where the service judges them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySnapshotRequest {
    /// The region that holds the source.
    pub source_region: String,
    /// The snapshot to copy.
    pub source_snapshot: SnapshotId,
    /// Description of the copy; a copy does not take its source's.
    pub description: Option<String>,
    /// The region the client believes the copy goes to. It does not route.
    pub destination_region: Option<String>,
    /// What the presigned URL says.
    pub presigned_url: Option<PresignedCopy>,
    /// Whether the copy is to be encrypted.
    pub encrypted: Option<bool>,
    /// The key to encrypt the copy under.
    pub kms_key_id: Option<String>,
    /// Minutes within which the copy is to finish.
    pub completion_duration_minutes: Option<i64>,
    /// A Local Zone as destination.
    pub destination_availability_zone: Option<String>,
    /// An Outpost as destination.
    pub destination_outpost: Option<String>,
    /// Tags for the copy.
    pub tag_specifications: Vec<TagSpecification>,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}

/// A presigned CopySnapshot URL, read as a statement. It is never fetched and its host is never looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresignedCopy {
    /// Not a URL of scheme http or https.
    NotHttp,
    /// What the URL's query says.
    Statement {
        /// Its `SourceRegion`.
        source_region: Option<String>,
        /// Its `SourceSnapshotId`.
        source_snapshot: Option<String>,
        /// Its `DestinationRegion`.
        destination_region: Option<String>,
    },
}

/// What CopySnapshot answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySnapshotReply {
    /// The new snapshot.
    pub snapshot: SnapshotId,
    /// The tags it was created with, sorted by key.
    pub tags: Vec<Tag>,
}
