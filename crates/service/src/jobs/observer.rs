//! What those who watch are told of jobs.

use block_store::StoreError;
use catalog::{CatalogError, JobKind};

use crate::ServiceError;

/// Hears of every attempt at a region's jobs that this node makes: once when it begins and once when it has ended.
/// It is called in the midst of the work and must not wait.
pub trait JobObserver: Send + Sync {
    /// An attempt begins.
    fn began(&self, job: JobName);

    /// An attempt has ended.
    fn ended(&self, job: JobName, end: AttemptEnd);
}

/// Nobody watches.
impl JobObserver for () {
    fn began(&self, _: JobName) {}
    fn ended(&self, _: JobName, _: AttemptEnd) {}
}

/// The kinds of jobs, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobName {
    /// Makes a snapshot of another.
    Copy,
    /// Makes a snapshot of an upload.
    CompleteUpload,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The snapshot is completed.
    Completed {
        /// Bytes stored anew.
        bytes_moved: u64,
        /// Bytes of blocks found already stored.
        bytes_shared: u64,
    },
    /// The snapshot is in error.
    Failed(JobFailure),
    /// The job waits for its next attempt.
    Retried(RetryCause),
    /// The job was deleted on the way, or is another attempt's.
    Fenced,
    /// This node is asked to stop; the job goes on at its next start, or at another node.
    Interrupted,
}

/// Why a snapshot can never be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobFailure {
    /// The owner of a copy has no such source.
    SourceNotFound,
    /// The source of a copy is pending, or failed.
    SourceNotComplete,
    /// The client counted other blocks than it wrote.
    BlockCount,
    /// The client's checksum is of other blocks than it wrote.
    Checksum,
    /// Stored bytes are not what was written.
    Damaged,
    /// Too many attempts failed.
    GivenUp,
}

/// Why an attempt failed at something that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RetryCause {
    /// The catalog does not answer, cannot write, or others stood in the way.
    CatalogUnavailable,
    /// The object store does not answer.
    StoreUnavailable,
    /// The object store has no space.
    StoreFull,
    /// The licence to read the source has ended.
    SourceSessionLost,
    /// A part of the service broke its promise to another.
    Internal,
}

impl JobName {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Copy, Self::CompleteUpload];

    pub(super) fn of(kind: &JobKind) -> Self {
        match kind {
            JobKind::Copy => Self::Copy,
            JobKind::CompleteUpload { .. } => Self::CompleteUpload,
        }
    }

    /// The kind's name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::CompleteUpload => "complete_upload",
        }
    }
}

impl JobFailure {
    /// Those that jobs of this kind can have.
    pub fn of_job(job: JobName) -> [Self; 4] {
        match job {
            JobName::Copy => [Self::SourceNotFound, Self::SourceNotComplete, Self::Damaged, Self::GivenUp],
            JobName::CompleteUpload => [Self::BlockCount, Self::Checksum, Self::Damaged, Self::GivenUp],
        }
    }

    /// The failure's name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SourceNotFound => "source_not_found",
            Self::SourceNotComplete => "source_not_complete",
            Self::BlockCount => "block_count",
            Self::Checksum => "checksum",
            Self::Damaged => "damaged",
            Self::GivenUp => "given_up",
        }
    }

    /// What the snapshot shows.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::SourceNotFound => "Source snapshot is not found",
            Self::SourceNotComplete => "Source snapshot is not complete",
            Self::BlockCount => "Changed blocks count mismatch for snapshot",
            Self::Checksum => "Checksum mismatch for snapshot",
            Self::Damaged => "Snapshot data could not be verified",
            Self::GivenUp => "The snapshot could not be completed",
        }
    }
}

impl RetryCause {
    /// Every cause.
    pub const ALL: [Self; 5] = [
        Self::CatalogUnavailable,
        Self::StoreUnavailable,
        Self::StoreFull,
        Self::SourceSessionLost,
        Self::Internal,
    ];

    /// The cause's name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CatalogUnavailable => "catalog_unavailable",
            Self::StoreUnavailable => "store_unavailable",
            Self::StoreFull => "store_full",
            Self::SourceSessionLost => "source_session_lost",
            Self::Internal => "internal",
        }
    }

    /// What `error`, with which an attempt failed, comes down to.
    pub(super) fn of(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Self {
        if let Some(ServiceError::Unavailable(cause) | ServiceError::Internal(cause)) = error.downcast_ref() {
            return Self::of(&**cause);
        }
        match error.downcast_ref() {
            Some(StoreError::Full) => return Self::StoreFull,
            // The store reaches its ledger, which is the catalog, by a port.
            Some(StoreError::Unavailable(cause)) if cause.downcast_ref::<CatalogError>().is_some() => {
                return Self::of(&**cause);
            }
            Some(StoreError::Unavailable(_)) => return Self::StoreUnavailable,
            _ => {}
        }
        match error.downcast_ref() {
            Some(CatalogError::Fenced) => Self::SourceSessionLost,
            Some(
                CatalogError::Unavailable { .. }
                | CatalogError::CommitUnknown { .. }
                | CatalogError::Conflict { .. },
            ) => Self::CatalogUnavailable,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use block_store::StoreError;
    use catalog::CatalogError;

    use super::RetryCause;
    use crate::ServiceError;

    #[test]
    fn an_error_comes_down_to_its_cause_however_it_is_wrapped() {
        let unavailable = || CatalogError::Unavailable { source: "down".into() };
        assert_eq!(RetryCause::of(&unavailable()), RetryCause::CatalogUnavailable);
        assert_eq!(RetryCause::of(&ServiceError::from(unavailable())), RetryCause::CatalogUnavailable);
        let ledger = StoreError::Unavailable(Arc::new(unavailable()));
        assert_eq!(RetryCause::of(&ledger), RetryCause::CatalogUnavailable);
        let store = || StoreError::Unavailable(Arc::new(std::io::Error::other("down")));
        assert_eq!(RetryCause::of(&store()), RetryCause::StoreUnavailable);
        assert_eq!(RetryCause::of(&ServiceError::from(store())), RetryCause::StoreUnavailable);
        assert_eq!(RetryCause::of(&ServiceError::from(StoreError::Full)), RetryCause::StoreFull);
        assert_eq!(RetryCause::of(&CatalogError::Fenced), RetryCause::SourceSessionLost);
        assert_eq!(RetryCause::of(&StoreError::Poisoned), RetryCause::Internal);
        let corrupt = CatalogError::Corrupt { what: "a row" };
        assert_eq!(RetryCause::of(&ServiceError::from(corrupt)), RetryCause::Internal);
    }
}
