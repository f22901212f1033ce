//! The port to the record of segments.
//!
//! The store writes bytes; whether a segment may be referenced, and until when, is decided by rows elsewhere.
//! The rules a ledger keeps (who may pin, what a commit does) are the catalog's.

use std::sync::Arc;

use async_trait::async_trait;
use ebs::{DomainId, SegmentId, SessionId};

/// Records segments before they are uploaded, and pins those that are referenced again.
#[async_trait]
pub trait SegmentLedger: Send + Sync {
    /// Records that `session` is about to write `segment`, which is born with one pin held by the session.
    /// Durable when this returns: should the writer die, the record names what it may have left behind.
    ///
    /// # Errors
    /// [`LedgerError::Fenced`] if the session is over.
    async fn begin(
        &self,
        session: SessionId,
        segment: SegmentId,
        domain: DomainId,
    ) -> Result<(), LedgerError>;

    /// Records that `segment` is durable in the object store, and where it stands in the order of its upload's
    /// segments.
    ///
    /// # Errors
    /// [`LedgerError::Fenced`] if the session is over.
    async fn seal(
        &self,
        session: SessionId,
        segment: SegmentId,
        sealed: SealedSegment,
    ) -> Result<(), LedgerError>;

    /// Pins a segment for `session`. `false` says that it must not be referenced: treat it as a miss.
    ///
    /// # Errors
    /// [`LedgerError::Fenced`] if the session is over.
    async fn pin(&self, session: SessionId, segment: SegmentId) -> Result<bool, LedgerError>;
}

/// A segment that is durable in the object store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedSegment {
    /// Length of the object.
    pub bytes: u64,
    /// How many slots it has.
    pub slots: u32,
    /// Who seals it.
    pub by: SealedBy,
}

/// Who seals a segment. It decides which of an upload's segments are the later ones, also if several nodes write
/// them: of writes to one block the one in the latest segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedBy {
    /// Its writer: the segment is later than all that were begun or sealed before now.
    Writer,
    /// Somebody else, for a writer that is gone: the segment stands where it was begun.
    Successor,
}

/// Why the ledger did not record.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// The session is over.
    #[error("the session has been fenced")]
    Fenced,
    /// The ledger cannot be reached.
    #[error("the ledger is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}
