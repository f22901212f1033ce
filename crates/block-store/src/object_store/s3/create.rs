//! Writing an object once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use object_store::{ObjectStore as Client, PutMode, PutOptions, PutPayload};

use super::problem::{Operation, S3Problem};
use super::staged_body::Body;
use super::{S3Bucket, server_error};
use crate::object_store::{ObjectError, ObjectName, ObjectStore};

/// What a name has, beside what it should have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Absent,
    Same,
    Other,
}

/// How often a PUT without a clear answer is made, if the object turns out not to be there.
const PUT_ATTEMPTS: u32 = 3;
/// Between two such attempts.
const PUT_PAUSE: Duration = Duration::from_millis(200);

impl S3Bucket {
    /// Makes `body` the object `name`, if there is none.
    pub(super) async fn create(&self, name: &ObjectName, body: &Body) -> Result<(), ObjectError> {
        let mut attempt = 1;
        loop {
            let mode = if self.is_conditional.load(Ordering::Relaxed) {
                PutMode::Create
            } else {
                match self.compare(name, body).await? {
                    Found::Same => return Ok(()),
                    Found::Other => return Err(ObjectError::AlreadyExists(name.clone())),
                    Found::Absent => PutMode::Overwrite,
                }
            };
            let problem = match self.send(name, body, mode).await {
                Ok(()) => return Ok(()),
                Err(problem) => problem,
            };
            if !problem.is_doubtful() {
                return Err(server_error(problem));
            }
            match self.compare(name, body).await {
                Ok(Found::Same) => return Ok(()),
                Ok(Found::Other) => return Err(ObjectError::AlreadyExists(name.clone())),
                // Some servers also report a conflict of two requests this way, after which neither may be there.
                Ok(Found::Absent) if attempt < PUT_ATTEMPTS => {}
                Ok(Found::Absent) | Err(_) => return Err(server_error(problem)),
            }
            tokio::time::sleep(PUT_PAUSE * attempt).await;
            attempt += 1;
        }
    }

    pub(super) async fn send(&self, name: &ObjectName, body: &Body, mode: PutMode) -> Result<(), S3Problem> {
        let payload = body.chunks.iter().cloned().collect::<PutPayload>();
        self.client_for(body.length)
            .put_opts(&self.key(name), payload, PutOptions::from(mode))
            .await
            .map(drop)
            .map_err(|error| S3Problem::new(Operation::Write, error))
    }

    /// Compares what `name` has with `body`.
    pub(super) async fn compare(&self, name: &ObjectName, body: &Body) -> Result<Found, ObjectError> {
        match self.has_bytes_of(name, body).await {
            Ok(true) => Ok(Found::Same),
            Ok(false) => Ok(Found::Other),
            Err(ObjectError::NotFound(_)) => Ok(Found::Absent),
            Err(error) => Err(error),
        }
    }

    /// Whether an object has the bytes of `body`, read no further than to the first difference.
    async fn has_bytes_of(&self, name: &ObjectName, body: &Body) -> Result<bool, ObjectError> {
        if self.length(name).await? != body.length {
            return Ok(false);
        }
        let mut offset = 0;
        for chunk in &body.chunks {
            let end = offset + chunk.len() as u64;
            if self.get(name, offset..end).await? != *chunk {
                return Ok(false);
            }
            offset = end;
        }
        Ok(true)
    }
}
