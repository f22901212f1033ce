//! The port to where objects are kept.
//!
//! Objects are immutable: a name is written once, whole, and read until it is deleted. Nothing is overwritten,
//! appended to or truncated, and no promise rests on what a listing shows.

mod local;
mod memory;
mod name;
mod s3;
#[cfg(test)]
mod suite;

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

pub use local::LocalDirectory;
pub use memory::Memory;
pub use name::ObjectName;
pub use s3::{S3Addressing, S3Bucket, S3Credentials, S3Settings};

/// Keeps objects.
#[async_trait]
pub trait ObjectStore: Send + Sync + fmt::Debug {
    /// Makes the file `staged` the object `name`: when this returns the object is durable, and at no moment did
    /// anyone see a part of it. The staged file may be gone afterwards, and is there if this fails.
    ///
    /// Doing it again with the same bytes succeeds, so that a lost answer can be retried. If it is cancelled, the
    /// object is there whole or not at all.
    ///
    /// # Errors
    /// [`ObjectError::AlreadyExists`] if the name has other bytes; [`ObjectError::NotDurable`] must not be retried
    /// with the same file.
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError>;

    /// As [`ObjectStore::publish`], for a small object in memory.
    ///
    /// # Errors
    /// As [`ObjectStore::publish`].
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError>;

    /// Makes an object durable that is there, but whose publishing may have been cut off before its end.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] if there is no such object; [`ObjectError::NotDurable`].
    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError>;

    /// The bytes of `range` of an object; fewer if the object ends before the range does.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] if there is no such object.
    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError>;

    /// The length of an object in bytes.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] if there is no such object.
    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError>;

    /// Deletes an object; deleting one that is not there succeeds.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`] if the store cannot be reached.
    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError>;

    /// At most `limit` names that begin with `prefix` and come after `after`, in order.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`] if the store cannot be reached.
    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError>;

    /// Whether a synchronised file in the staging folder survives all that the objects survive.
    fn staging_is_durable(&self) -> bool;
}

/// Why an object could not be written or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object.
    #[error("there is no object {0}")]
    NotFound(ObjectName),
    /// The name is taken by other bytes.
    #[error("the object {0} exists with other content")]
    AlreadyExists(ObjectName),
    /// There is no space left.
    #[error("the object store is full")]
    Full,
    /// The bytes may not be on the medium, and asking again would not tell.
    #[error("an object could not be made durable")]
    NotDurable(#[source] Arc<std::io::Error>),
    /// The store cannot be reached or does not answer as it should.
    #[error("the object store is unavailable")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl ObjectError {
    /// What an I/O error means for its caller.
    pub(crate) fn from_io(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full,
            _ => Self::Unavailable(Arc::new(error)),
        }
    }
}
