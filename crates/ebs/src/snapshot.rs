//! A snapshot as the API shows it, and the states it goes through.

use std::fmt;

use crate::{AccountId, SnapshotId, Tag, Timestamp, VolumeSize};

/// Where a snapshot is in its life.
///
/// Legal moves: `Pending` to `Completed` or `Error`; nothing leaves those two but deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SnapshotState {
    /// Being uploaded or copied; its blocks cannot be read.
    Pending,
    /// Whole and readable; it never changes again.
    Completed,
    /// Failed; stays listed with its message until it is deleted.
    Error,
}

impl SnapshotState {
    /// The word for this state in requests, answers and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Error => "error",
        }
    }

    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Completed, Self::Error].into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for SnapshotState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a snapshot came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SnapshotOrigin {
    /// Written block by block through the EBS direct APIs (StartSnapshot).
    Upload,
    /// Copied from another snapshot (CopySnapshot).
    Copy,
}

impl SnapshotOrigin {
    /// The word for this origin in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Copy => "copy",
        }
    }

    /// The origin of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Upload, Self::Copy].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// Whether a copy was asked to finish within a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferType {
    /// No duration was asked for.
    Standard,
    /// Asked to finish within so many minutes.
    TimeBased {
        /// The duration asked for.
        minutes: u32,
    },
}

impl TransferType {
    /// The word for this type in answers and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::TimeBased { .. } => "time-based",
        }
    }
}

/// The volume id that snapshots without a volume of their own show. It is arbitrary and good for nothing.
pub const ARBITRARY_VOLUME_ID: &str = "vol-ffffffff";

/// A snapshot as DescribeSnapshots shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its identifier.
    pub id: SnapshotId,
    /// The account that owns it.
    pub owner: AccountId,
    /// How it came to be.
    pub origin: SnapshotOrigin,
    /// Where it is in its life.
    pub state: SnapshotState,
    /// Why it is where it is: the cause of an error, or that its metadata is not known yet.
    pub state_message: Option<String>,
    /// Blocks finished, in per cent, 0 to 100.
    pub progress_percent: u8,
    /// When the request that made it was accepted.
    pub start_time: Timestamp,
    /// When it was completed.
    pub completion_time: Option<Timestamp>,
    /// Size of the volume; unknown while a copy has not yet seen its source.
    pub volume_size: Option<VolumeSize>,
    /// Present blocks x 524,288, known once completed.
    pub full_size_bytes: Option<u64>,
    /// The description; empty if none was given.
    pub description: String,
    /// Whether a copy is to finish within a duration.
    pub transfer_type: TransferType,
    /// Its tags, sorted by key.
    pub tags: Vec<Tag>,
}
