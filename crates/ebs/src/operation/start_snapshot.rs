//! StartSnapshot.

use crate::{AccountId, SnapshotId, Tag, Timestamp, VolumeSize};

/// What StartSnapshot is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartSnapshotRequest {
    /// Size of the volume in GiB, as the client wrote it.
    pub volume_size_gib: u64,
    /// The snapshot whose blocks this one starts with.
    pub parent: Option<SnapshotId>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its description.
    pub description: Option<String>,
    /// Names this request, so that sending it again gives the same answer.
    pub client_token: Option<String>,
    /// Whether it is to be encrypted.
    pub encrypted: Option<bool>,
    /// The key to encrypt it under.
    pub kms_key_arn: Option<String>,
    /// Minutes without a write after which the upload fails.
    pub timeout_minutes: Option<u64>,
}

/// What StartSnapshot answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartSnapshotReply {
    /// The new snapshot.
    pub snapshot: SnapshotId,
    /// Its owner.
    pub owner: AccountId,
    /// When the upload was accepted.
    pub start_time: Timestamp,
    /// Size of the volume.
    pub volume_size: VolumeSize,
    /// Its parent.
    pub parent: Option<SnapshotId>,
    /// Its description.
    pub description: Option<String>,
    /// Its tags, sorted by key.
    pub tags: Vec<Tag>,
}
