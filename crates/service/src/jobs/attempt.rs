//! One attempt at a job: its licence, its progress and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use block_store::{SnapshotWritten, StoreError};
use catalog::{CatalogError, ClaimedJob, Completed};
use ebs::{SnapshotId, Timestamp};

use super::observer::{AttemptEnd, JobFailure, JobName, RetryCause};
use super::{ATTEMPTS_PER_JOB_MAX, back_off};
use crate::region::Region;
use crate::service::Service;
use crate::{Causes, ServiceError};

/// An attempt that is under way.
pub(super) struct Attempt {
    pub(super) service: Service,
    pub(super) region: Arc<Region>,
    pub(super) job: ClaimedJob,
    progress_percent: AtomicU8,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The snapshot is written and can be committed.
    Written(Box<Completed>),
    /// The snapshot can never be made.
    Impossible(JobFailure),
    /// Something failed that may pass.
    Failed(Arc<dyn std::error::Error + Send + Sync>),
    /// The session is over: someone else has the job, or there is no job any more.
    Fenced,
    /// This node is asked to stop.
    Interrupted,
}

impl Attempt {
    pub(super) fn new(service: Service, region: Arc<Region>, job: ClaimedJob) -> Self {
        Self { service, region, job, progress_percent: AtomicU8::new(0) }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.service.shared.clock.now()
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.service.shared.clock.sleep(duration).await;
    }

    /// The moment at which a lease ends that is taken now.
    pub(super) fn lease_until(&self) -> Timestamp {
        self.now().plus_ms(self.lease().as_millis() as i64)
    }

    pub(super) fn lease(&self) -> Duration {
        self.service.shared.settings.lease
    }

    /// Notes how far the attempt is; it is shown from the next sign of life on.
    pub(super) fn advance(&self, done: u64, total: u64) {
        let percent = (u128::from(done) * 99).checked_div(u128::from(total)).unwrap_or(99);
        self.progress_percent.store(percent.min(99) as u8, Ordering::Relaxed);
    }

    /// Gives signs of life until the session turns out to be over.
    pub(super) async fn keep_lease(&self) {
        let mut unheard = Duration::ZERO;
        let pause = self.lease() / 4;
        while unheard < self.lease() {
            self.sleep(pause).await;
            let percent = self.progress_percent.load(Ordering::Relaxed);
            match self.region.catalog.heartbeat_job(self.job.session, percent, self.lease_until()).await {
                Ok(true) => unheard = Duration::ZERO,
                Ok(false) => return,
                Err(error) => {
                    unheard += pause;
                    tracing::warn!(%error, snapshot = %self.job.snapshot.snapshot.id, "no sign of life could be given");
                }
            }
        }
    }

    /// What is to be committed for a snapshot that is written.
    pub(super) fn completed(
        &self,
        written: &SnapshotWritten,
        bytes_moved: u64,
        bytes_shared: u64,
    ) -> Outcome {
        Outcome::Written(Box::new(Completed {
            root: written.root.to_bytes(),
            domain: written.root.domain(),
            volume_size: written.volume_size,
            blocks: written.present_blocks,
            bytes_moved,
            bytes_shared,
            completion_time: self.now(),
        }))
    }

    /// Says that the attempt begins.
    pub(super) fn begin(&self) {
        let (snapshot, region, job) = (self.snapshot(), &self.region.name, self.name());
        let attempt = self.job.attempt;
        match &self.job.snapshot.source {
            Some(source) => {
                tracing::info!(%snapshot, %region, job = job.as_str(), attempt, source = %source.snapshot, source_region = %source.region, "an attempt begins");
            }
            None => tracing::info!(%snapshot, %region, job = job.as_str(), attempt, "an attempt begins"),
        }
        self.region.jobs.began(job);
    }

    /// Brings the attempt to its end: commits, gives up, or leaves the job to the next attempt.
    pub(super) async fn end(&self, outcome: Outcome) {
        let (session, catalog) = (self.job.session, &self.region.catalog);
        let (recorded, end) = match &outcome {
            Outcome::Written(completed) => {
                let (bytes_moved, bytes_shared) = (completed.bytes_moved, completed.bytes_shared);
                (self.commit(completed).await, AttemptEnd::Completed { bytes_moved, bytes_shared })
            }
            Outcome::Impossible(failure) => {
                (catalog.fail_job(session, failure.message()).await, AttemptEnd::Failed(*failure))
            }
            Outcome::Fenced => (Ok(()), AttemptEnd::Fenced),
            Outcome::Interrupted => (catalog.retry_job(session, self.now()).await, AttemptEnd::Interrupted),
            Outcome::Failed(_) if self.job.attempt >= ATTEMPTS_PER_JOB_MAX => {
                let failure = JobFailure::GivenUp;
                (catalog.fail_job(session, failure.message()).await, AttemptEnd::Failed(failure))
            }
            Outcome::Failed(error) => {
                let run_at = self.now().plus_ms(back_off(self.job.attempt).as_millis() as i64);
                (catalog.retry_job(session, run_at).await, AttemptEnd::Retried(RetryCause::of(&**error)))
            }
        };
        let end = match recorded {
            Ok(()) => end,
            Err(CatalogError::Fenced) => AttemptEnd::Fenced,
            // The lease runs out, and the next attempt finds what this one wrote.
            Err(error) => {
                tracing::warn!(snapshot = %self.snapshot(), error = %Causes(&error), "the end of an attempt is not recorded");
                AttemptEnd::Retried(RetryCause::of(&error))
            }
        };
        self.tell(&outcome, end);
        self.region.job_added.notify_one();
    }

    /// Tells the log and those who watch how the attempt has ended.
    fn tell(&self, outcome: &Outcome, end: AttemptEnd) {
        let (snapshot, region, job) = (self.snapshot(), &self.region.name, self.name().as_str());
        let attempt = self.job.attempt;
        if let Outcome::Failed(error) = outcome {
            tracing::warn!(%snapshot, %region, job, attempt, cause = %Causes(&**error), "an attempt failed");
        }
        match end {
            AttemptEnd::Completed { bytes_moved, bytes_shared } => {
                tracing::info!(%snapshot, %region, job, attempt, bytes_moved, bytes_shared, "snapshot completed");
            }
            AttemptEnd::Failed(failure) => {
                tracing::warn!(%snapshot, %region, job, attempt, failure = failure.as_str(), message_shown = failure.message(), "snapshot failed");
            }
            AttemptEnd::Retried(cause) => {
                tracing::info!(%snapshot, %region, job, attempt, cause = cause.as_str(), "the job is tried again");
            }
            AttemptEnd::Fenced => {
                tracing::info!(%snapshot, %region, job, attempt, "the job was deleted, or is another attempt's");
            }
            AttemptEnd::Interrupted => {
                tracing::info!(%snapshot, %region, job, attempt, "the job is left until the next start");
            }
        }
        self.region.jobs.ended(self.name(), end);
    }

    fn name(&self) -> JobName {
        JobName::of(&self.job.kind)
    }

    fn snapshot(&self) -> SnapshotId {
        self.job.snapshot.snapshot.id
    }

    /// A commit whose answer was lost is asked for again: it is done once, however often it is asked for.
    async fn commit(&self, completed: &Completed) -> Result<(), CatalogError> {
        for _ in 0..4 {
            match self.region.catalog.commit_snapshot(self.job.session, completed).await {
                Err(CatalogError::CommitUnknown { source }) => {
                    tracing::warn!(error = %source, "a commit was not answered; asking again");
                    self.sleep(self.lease() / 16).await;
                }
                answered => return answered,
            }
        }
        self.region.catalog.commit_snapshot(self.job.session, completed).await
    }
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Fenced => Self::Fenced,
            StoreError::Damaged { .. } => {
                tracing::error!(%error, "stored data is damaged");
                Self::Impossible(JobFailure::Damaged)
            }
            other => Self::Failed(Arc::new(other)),
        }
    }
}

impl From<CatalogError> for Outcome {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Fenced => Self::Fenced,
            other => Self::Failed(Arc::new(other)),
        }
    }
}

impl From<ServiceError> for Outcome {
    fn from(error: ServiceError) -> Self {
        match error.damage() {
            Some(damage) => damage.clone().into(),
            None => Self::Failed(Arc::new(error)),
        }
    }
}
