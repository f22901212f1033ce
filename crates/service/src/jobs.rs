//! Jobs: what makes pending snapshots complete.
//!
//! A job is a row; an attempt at it is a leased session. Attempts of all jobs of a region run side by side and take
//! turns at the memory they share, so that a small one does not wait for a large one to end. What an attempt wrote
//! is taken over by the next.

mod attempt;
mod complete_upload;
mod copy;
pub(crate) mod observer;
pub(crate) mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use catalog::{ClaimedJob, JobKind};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::region::Region;
use crate::service::Service;

use attempt::{Attempt, Outcome};

/// Most attempts of one region that run at the same time on this node.
const ATTEMPTS_MAX: usize = 32;
/// How often the catalog is asked for jobs that other nodes or time have made ready.
const POLL: Duration = Duration::from_millis(500);
/// Most attempts at one job that end in an error which may pass.
const ATTEMPTS_PER_JOB_MAX: u32 = 500;
/// Longest wait before a job is tried again.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);
const BACK_OFF_MIN: Duration = Duration::from_millis(250);

/// Runs jobs and upkeep of a region until told to stop, and waits for the attempts under way to let go.
pub(crate) async fn run(service: Service, region: Arc<Region>, mut stop: watch::Receiver<bool>) {
    let upkeep = tokio::spawn(upkeep::run(service.clone(), Arc::clone(&region), stop.clone()));
    let mut attempts = JoinSet::new();
    while !*stop.borrow() {
        let claimed = match attempts.len() < ATTEMPTS_MAX {
            true => claim(&service, &region).await,
            false => None,
        };
        if let Some(job) = claimed {
            attempts.spawn(run_attempt(service.clone(), Arc::clone(&region), job, stop.clone()));
            continue;
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = region.job_added.notified() => {}
            () = service.shared.clock.sleep(POLL) => {}
            // An end may let a job run that waited for it.
            Some(_) = attempts.join_next() => {}
        }
    }
    while attempts.join_next().await.is_some() {}
    if let Err(error) = upkeep.await {
        tracing::error!(%error, region = %region.name, "upkeep did not end in good order");
    }
}

/// Takes the job that waits longest, if there is one that may run now.
pub(crate) async fn claim(service: &Service, region: &Region) -> Option<ClaimedJob> {
    let now = service.shared.clock.now();
    let settings = &service.shared.settings;
    let lease_until = now.plus_ms(settings.lease.as_millis() as i64);
    let claimed = region.catalog.claim_job(&settings.node, now, lease_until).await;
    claimed.unwrap_or_else(|error| {
        tracing::warn!(%error, region = %region.name, "jobs cannot be claimed");
        None
    })
}

/// Makes one attempt at a job, for as long as its session is live and nobody asks to stop.
pub(crate) async fn run_attempt(
    service: Service,
    region: Arc<Region>,
    job: ClaimedJob,
    mut stop: watch::Receiver<bool>,
) {
    let attempt = Attempt::new(service, region, job);
    attempt.begin();
    let work = async {
        match attempt.job.kind.clone() {
            JobKind::Copy => Box::pin(copy::run(&attempt)).await,
            JobKind::CompleteUpload { changed_blocks, checksum } => {
                complete_upload::run(&attempt, changed_blocks, checksum).await
            }
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = attempt.keep_lease() => Outcome::Fenced,
        _ = stop.wait_for(|stop| *stop) => Outcome::Interrupted,
    };
    attempt.end(outcome).await;
}

/// How long to wait before attempt `attempt + 1`.
fn back_off(attempt: u32) -> Duration {
    BACK_OFF_MIN.saturating_mul(1 << attempt.min(10)).min(BACK_OFF_MAX)
}
