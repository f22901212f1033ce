//! Why an operation did not do as asked, by what its caller does next.

use std::sync::Arc;

use block_store::StoreError;
use catalog::CatalogError;
use ebs::{KeyRefusal, Refusal};
use kms::KeyError;

/// Why an operation did not do as asked. Nothing has changed, unless a variant says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ServiceError {
    /// The request is at fault: it fails again until it is changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The same of a request to KMS.
    #[error(transparent)]
    KeyRefused(#[from] KeyRefusal),
    /// Catalog or store cannot be reached, or are full: the same request may succeed later. What it was to change
    /// may have been changed.
    #[error("the service is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Stored data is not what was written, or a part of the service broke its promise to another.
    #[error("an internal error")]
    Internal(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl ServiceError {
    /// What is damaged, if the operation failed because stored bytes are not what was written.
    pub(crate) fn damage(&self) -> Option<&StoreError> {
        let Self::Internal(cause) = self else { return None };
        cause.downcast_ref().filter(|cause| matches!(cause, StoreError::Damaged { .. }))
    }
}

impl From<CatalogError> for ServiceError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Unavailable { .. }
            | CatalogError::CommitUnknown { .. }
            | CatalogError::Conflict { .. }
            | CatalogError::Fenced => Self::Unavailable(Arc::new(error)),
            CatalogError::NulCharacter => Self::Refused(Refusal::InvalidParameterValue {
                parameter: "text",
                value: String::new(),
                expected: "no character U+0000",
            }),
            CatalogError::Statement { .. }
            | CatalogError::NewerSchema { .. }
            | CatalogError::NotDurable { .. }
            | CatalogError::File { .. }
            | CatalogError::InvalidUrl
            | CatalogError::Corrupt { .. }
            | CatalogError::Missing { .. } => Self::Internal(Arc::new(error)),
        }
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Full | StoreError::Fenced => {
                Self::Unavailable(Arc::new(error))
            }
            StoreError::Damaged { .. } | StoreError::Poisoned | StoreError::SealingFailed => {
                Self::Internal(Arc::new(error))
            }
        }
    }
}

impl From<KeyError> for ServiceError {
    fn from(error: KeyError) -> Self {
        Self::Internal(Arc::new(error))
    }
}

/// An error with what caused it, on one line: for the log.
pub struct Causes<'a>(pub &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
