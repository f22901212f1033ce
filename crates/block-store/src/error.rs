//! What can go wrong in the store, by what the caller does next.

use std::sync::Arc;

use crate::ledger::LedgerError;
use crate::object_store::{ObjectError, ObjectName};

/// Why the store did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Stored bytes are not what was written: report it, serve nothing of it.
    #[error("{damage} in {object}")]
    Damaged {
        /// The object that holds the bytes.
        object: ObjectName,
        /// What is wrong with them.
        damage: Damage,
    },
    /// The session may not write any more: stop, someone else has the work.
    #[error("the session has been fenced")]
    Fenced,
    /// The object store or the ledger cannot be reached: try again later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// There is no space left: reads go on, writes can be tried again once there is space.
    #[error("the store is full")]
    Full,
    /// An earlier write of this writer could not be made durable: drop the writer and open another.
    #[error("an earlier write could not be made durable")]
    Poisoned,
    /// The cryptographic or compression library failed.
    #[error("sealing failed")]
    SealingFailed,
}

/// How stored bytes differ from what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The object is gone.
    #[error("a missing object")]
    Missing,
    /// The object is shorter than what was written.
    #[error("a truncated object")]
    Truncated,
    /// A checksum or hash does not match.
    #[error("a checksum mismatch")]
    Checksum,
    /// A structure has a form that no writer produces.
    #[error("a malformed structure")]
    Malformed,
    /// A structure has a version that this reader does not know.
    #[error("an unknown format version")]
    UnknownVersion,
    /// Sealed bytes do not open under their key.
    #[error("sealed bytes that do not open")]
    DoesNotOpen,
}

impl StoreError {
    pub(crate) fn damaged(object: &ObjectName, damage: Damage) -> Self {
        Self::Damaged { object: object.clone(), damage }
    }

    pub(crate) fn unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(source))
    }

    /// Names the object in which `damage` was found.
    pub(crate) fn in_object(object: &ObjectName) -> impl Fn(Damage) -> Self + '_ {
        move |damage| Self::damaged(object, damage)
    }
}

impl From<ObjectError> for StoreError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::NotFound(object) => Self::Damaged { object, damage: Damage::Missing },
            ObjectError::Full => Self::Full,
            ObjectError::NotDurable(_) => Self::Poisoned,
            ObjectError::AlreadyExists(_) | ObjectError::Unavailable(_) => Self::unavailable(error),
        }
    }
}

impl From<LedgerError> for StoreError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Fenced => Self::Fenced,
            LedgerError::Unavailable(source) => Self::Unavailable(source),
        }
    }
}
