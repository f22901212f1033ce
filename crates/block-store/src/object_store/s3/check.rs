//! Trying a bucket out before it is used.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use ebs::Randomness;
use object_store::PutMode;

use super::create::Found;
use super::problem::S3Problem;
use super::staged_body::Body;
use super::{S3Bucket, server_error, unavailable};
use crate::object_store::{ObjectError, ObjectName, ObjectStore};

impl S3Bucket {
    /// Writes, reads, lists and deletes an object, so that a wrong setting or a missing permission is told at the
    /// start, and finds out whether the server refuses to write a name twice. To be called once before the bucket
    /// is used; until then it is believed that the server does.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`] with what the server refused as its source, [`ObjectError::Full`].
    pub async fn check(&self, randomness: &dyn Randomness) -> Result<(), ObjectError> {
        let name = ObjectName::from_listing(&format!("probe/{:016x}", randomness.next_u64()))
            .expect("hexadecimal digits are legal in a name");
        let probed = self.probe(&name).await;
        let deleted = self.delete(&name).await;
        probed.and(deleted)?;
        match self.length(&name).await {
            Err(ObjectError::NotFound(_)) => Ok(()),
            Ok(_) => Err(unavailable(S3Problem::StillThere)),
            Err(error) => Err(error),
        }
    }

    /// What [`S3Bucket::check`] does between its beginning and the deletion.
    async fn probe(&self, name: &ObjectName) -> Result<(), ObjectError> {
        let (first, second) =
            (Body::from(Bytes::from_static(b"first")), Body::from(Bytes::from_static(b"second")));
        self.is_conditional.store(true, Ordering::Relaxed);
        match self.send(name, &first, PutMode::Create).await {
            Ok(()) => {}
            Err(problem) if problem.is_not_implemented() => {
                self.is_conditional.store(false, Ordering::Relaxed);
                self.create(name, &first).await?;
            }
            Err(problem) if problem.is_doubtful() => self.create(name, &first).await?,
            Err(problem) => return Err(server_error(problem)),
        }
        let (is_conditional, kept) = match self.send(name, &second, PutMode::Create).await {
            Ok(()) => (false, &second),
            Err(problem) if problem.is_not_implemented() => (false, &first),
            Err(problem) if problem.is_conflict() => (true, &first),
            Err(problem) => return Err(server_error(problem)),
        };
        self.is_conditional.store(is_conditional, Ordering::Relaxed);
        if !is_conditional {
            let bucket = &self.bucket;
            tracing::warn!(bucket, "this S3 server does not know If-None-Match: every write looks first");
        }
        if self.compare(name, kept).await? != Found::Same {
            return Err(unavailable(S3Problem::OtherBytes));
        }
        self.list("probe/", None, 1).await.map(drop)
    }
}
