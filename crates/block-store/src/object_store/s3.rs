//! Objects in an S3 bucket, on Amazon's servers or others that speak its protocol.
//!
//! An object is one PUT of its whole content, which a server carries out whole or not at all, and which it refuses
//! if the bytes do not have the checksum that the request has signed. That a name is written once is asked of the
//! server with `If-None-Match`; names of objects are never used twice, so that where the server cannot promise it,
//! looking first is enough. A PUT without a clear answer is settled by comparing what is there.

mod check;
mod create;
mod listing;
mod problem;
#[cfg(test)]
mod scripted_server;
mod settings;
mod staged_body;
#[cfg(test)]
mod test_server;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use object_store::aws::{AmazonS3, Checksum};
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, GetResult, ObjectStore as Client, ObjectStoreExt,
    RetryConfig,
};
use tokio::sync::Semaphore;

use super::{ObjectError, ObjectName, ObjectStore};
use crate::limits::{READ_BYTES_MAX, SEGMENT_BYTES_MAX};
use problem::{Operation, S3Problem};
pub use settings::{S3Addressing, S3Credentials, S3Settings};
use staged_body::{Body, HELD_UNITS_MAX};

/// Objects in an S3 bucket.
///
/// The credentials need `s3:PutObject`, `s3:GetObject` and `s3:DeleteObject` on the prefix and `s3:ListBucket` on
/// the bucket. Bodies of staged files are held in memory while they are sent, together no more than a segment and
/// a half.
pub struct S3Bucket {
    /// Gives up on a request soon: for requests with little to carry.
    prompt: AmazonS3,
    /// Waits as long as a segment takes on a slow line.
    patient: AmazonS3,
    bucket: String,
    prefix: String,
    /// Whether the server refuses to write a name twice.
    is_conditional: AtomicBool,
    held: Semaphore,
}

/// How long to wait for a server.
#[derive(Debug, Clone, Copy)]
struct Patience {
    connect: Duration,
    /// For a whole request with little to carry, and its answer.
    prompt: Duration,
    /// For a whole request that carries up to a segment, and its answer.
    patient: Duration,
    /// No request is repeated after this.
    retry: Duration,
    retries: usize,
}

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    prompt: Duration::from_secs(20),
    patient: Duration::from_secs(120),
    retry: Duration::from_secs(20),
    retries: 4,
};
/// Objects up to this length are sent with little patience.
const SMALL_BYTES_MAX: u64 = READ_BYTES_MAX;
/// Ranges end here at the latest. Servers may read them as signed numbers, and no object is as long.
const RANGE_END_MAX: u64 = 1 << 50;

impl S3Bucket {
    /// The bucket of `settings`. Nothing is asked of the server yet; [`S3Bucket::check`] does that.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`] if the settings are not legal; its source says which.
    pub fn connect(settings: &S3Settings) -> Result<Self, ObjectError> {
        Self::with_patience(settings, PATIENCE).map_err(unavailable)
    }

    fn with_patience(settings: &S3Settings, patience: Patience) -> Result<Self, S3Problem> {
        let builder = settings
            .builder()?
            .with_checksum_algorithm(Checksum::SHA256)
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                backoff: BackoffConfig {
                    init_backoff: Duration::from_millis(100),
                    max_backoff: Duration::from_secs(2),
                    base: 2.0,
                },
                max_retries: patience.retries,
                retry_timeout: patience.retry,
            });
        let options = |timeout| {
            ClientOptions::new()
                .with_allow_http(settings.is_plain_http())
                .with_connect_timeout(patience.connect)
                .with_timeout(timeout)
        };
        let prompt = builder
            .clone()
            .with_client_options(options(patience.prompt))
            .build()
            .map_err(S3Problem::Client)?;
        let patient = builder
            // Temporary credentials are fetched once for both.
            .with_credentials(Arc::clone(prompt.credentials()))
            .with_client_options(options(patience.patient))
            .build()
            .map_err(S3Problem::Client)?;
        Ok(Self {
            prompt,
            patient,
            bucket: settings.bucket.clone(),
            prefix: settings.prefix.clone(),
            is_conditional: AtomicBool::new(true),
            held: Semaphore::new(HELD_UNITS_MAX),
        })
    }

    async fn get_result(
        &self,
        name: &ObjectName,
        client: &AmazonS3,
        options: GetOptions,
    ) -> Result<GetResult, S3Problem> {
        let operation = if options.head { Operation::Measure } else { Operation::Read };
        client.get_opts(&self.key(name), options).await.map_err(|error| S3Problem::new(operation, error))
    }

    fn client_for(&self, bytes: u64) -> &AmazonS3 {
        if bytes <= SMALL_BYTES_MAX { &self.prompt } else { &self.patient }
    }

    fn key(&self, name: &ObjectName) -> Key {
        Key::from(self.full_name(name.as_str()))
    }

    /// `text`, which is a name or the beginning of one, as the bucket has it.
    fn full_name(&self, text: &str) -> String {
        if self.prefix.is_empty() { text.to_owned() } else { format!("{}/{text}", self.prefix) }
    }
}

#[async_trait]
impl ObjectStore for S3Bucket {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        let file = staged_body::open(staged).await?;
        // Held until the body is gone, on every way out.
        let _permit = self.held.acquire_many(file.units()).await.map_err(unavailable)?;
        let body = file.read().await?;
        self.create(name, &body).await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        self.create(name, &Body::from(bytes)).await
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        // A bucket shows an object only once it is durable.
        self.length(name).await.map(drop)
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let range = range.start..range.end.min(RANGE_END_MAX);
        if range.is_empty() {
            return self.length(name).await.map(|_| Bytes::new());
        }
        let client = self.client_for(range.end - range.start);
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        match self.get_result(name, client, options).await {
            Ok(result) => collect(result).await.map_err(|problem| object_error(problem, name)),
            Err(problem) if problem.is_past_the_end() && self.length(name).await? <= range.start => {
                Ok(Bytes::new())
            }
            Err(problem) => Err(object_error(problem, name)),
        }
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        let head = GetOptions { head: true, ..GetOptions::default() };
        let measured = match self.get_result(name, &self.prompt, head).await {
            // The answer to a HEAD has no body that would tell a missing object from a missing bucket.
            Err(S3Problem::NoSuchObject) => {
                let byte = GetOptions { range: Some(GetRange::Bounded(0..1)), ..GetOptions::default() };
                self.get_result(name, &self.prompt, byte).await
            }
            measured => measured,
        };
        measured.map(|result| result.meta.size).map_err(|problem| object_error(problem, name))
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        let deleted = self.prompt.delete(&self.key(name)).await;
        match deleted.map_err(|error| S3Problem::new(Operation::Delete, error)) {
            Ok(()) | Err(S3Problem::NoSuchObject) => Ok(()),
            Err(problem) => Err(server_error(problem)),
        }
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        let (begin, strip) = (self.full_name(prefix), self.full_name(""));
        let after = after.map(|after| self.full_name(after.as_str()));
        listing::list(&self.prompt, &begin, &strip, after, limit).await.map_err(server_error)
    }

    fn staging_is_durable(&self) -> bool {
        false
    }
}

impl fmt::Debug for S3Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bucket, prefix) = (&self.bucket, &self.prefix);
        f.debug_struct("S3Bucket").field("bucket", bucket).field("prefix", prefix).finish_non_exhaustive()
    }
}

/// The bytes of an answer: exactly as many as it announces.
async fn collect(result: GetResult) -> Result<Bytes, S3Problem> {
    let announced = result.range.end.saturating_sub(result.range.start);
    if announced > SEGMENT_BYTES_MAX {
        return Err(S3Problem::Length);
    }
    let mut stream = result.into_stream();
    let mut bytes = BytesMut::with_capacity(announced.min(READ_BYTES_MAX) as usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| S3Problem::new(Operation::Read, error))?;
        if bytes.len() as u64 + chunk.len() as u64 > announced {
            return Err(S3Problem::Length);
        }
        bytes.extend_from_slice(&chunk);
    }
    if bytes.len() as u64 == announced { Ok(bytes.freeze()) } else { Err(S3Problem::Length) }
}

fn object_error(problem: S3Problem, name: &ObjectName) -> ObjectError {
    match problem {
        S3Problem::NoSuchObject => ObjectError::NotFound(name.clone()),
        problem => server_error(problem),
    }
}

/// What a problem means for the caller where it is not that there is no object.
fn server_error(problem: S3Problem) -> ObjectError {
    if problem.is_full() { ObjectError::Full } else { unavailable(problem) }
}

fn unavailable(problem: impl std::error::Error + Send + Sync + 'static) -> ObjectError {
    ObjectError::Unavailable(Arc::new(problem))
}
