//! What is counted of jobs.

use std::sync::Arc;

use ebs::RegionName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use service::{AttemptEnd, JobFailure, JobName, JobObserver, RetryCause};

/// Counters of what becomes of jobs at this node. Clones count together.
#[derive(Clone, Default)]
pub(super) struct JobMetrics {
    attempts: Family<JobLabels, Counter>,
    completed: Family<JobLabels, Counter>,
    failed: Family<CauseLabels, Counter>,
    retried: Family<CauseLabels, Counter>,
    fenced: Family<JobLabels, Counter>,
    moved_bytes: Family<JobLabels, Counter>,
    shared_bytes: Family<JobLabels, Counter>,
}

/// Counts what becomes of the jobs of one region.
struct RegionJobs {
    metrics: JobMetrics,
    region: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    region: String,
    job: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    region: String,
    job: &'static str,
    cause: &'static str,
}

impl JobMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("job_attempts", "Attempts at jobs that began", self.attempts.clone());
        registry.register("jobs_completed", "Jobs whose snapshot is completed", self.completed.clone());
        registry.register("jobs_failed", "Jobs whose snapshot is in error", self.failed.clone());
        registry.register(
            "job_retries",
            "Attempts that failed at something that may pass, so that the job is tried again",
            self.retried.clone(),
        );
        registry.register(
            "job_attempts_fenced",
            "Attempts that ended because the snapshot was deleted or another attempt has the job",
            self.fenced.clone(),
        );
        registry.register(
            "job_moved_bytes",
            "Bytes that jobs which completed have stored anew",
            self.moved_bytes.clone(),
        );
        registry.register(
            "job_shared_bytes",
            "Bytes of blocks that jobs which completed have found stored already",
            self.shared_bytes.clone(),
        );
    }

    /// What counts the jobs of `region`. Everything that can happen stands at 0 from now on, so that the first time
    /// is seen as an increase.
    pub(super) fn of_region(&self, region: &RegionName) -> Arc<dyn JobObserver> {
        let jobs = RegionJobs { metrics: self.clone(), region: region.to_string() };
        for job in JobName::ALL {
            for counter in
                [&self.attempts, &self.completed, &self.fenced, &self.moved_bytes, &self.shared_bytes]
            {
                drop(counter.get_or_create(&jobs.labels(job)));
            }
            for failure in JobFailure::of_job(job) {
                drop(self.failed.get_or_create(&jobs.because(job, failure.as_str())));
            }
            for cause in RetryCause::ALL {
                drop(self.retried.get_or_create(&jobs.because(job, cause.as_str())));
            }
        }
        Arc::new(jobs)
    }
}

impl RegionJobs {
    fn labels(&self, job: JobName) -> JobLabels {
        JobLabels { region: self.region.clone(), job: job.as_str() }
    }

    fn because(&self, job: JobName, cause: &'static str) -> CauseLabels {
        CauseLabels { region: self.region.clone(), job: job.as_str(), cause }
    }
}

impl JobObserver for RegionJobs {
    fn began(&self, job: JobName) {
        self.metrics.attempts.get_or_create(&self.labels(job)).inc();
    }

    fn ended(&self, job: JobName, end: AttemptEnd) {
        let (metrics, labels) = (&self.metrics, self.labels(job));
        match end {
            AttemptEnd::Completed { bytes_moved, bytes_shared } => {
                metrics.completed.get_or_create(&labels).inc();
                metrics.moved_bytes.get_or_create(&labels).inc_by(bytes_moved);
                metrics.shared_bytes.get_or_create(&labels).inc_by(bytes_shared);
            }
            AttemptEnd::Failed(failure) => {
                metrics.failed.get_or_create(&self.because(job, failure.as_str())).inc();
            }
            AttemptEnd::Retried(cause) => {
                metrics.retried.get_or_create(&self.because(job, cause.as_str())).inc();
            }
            AttemptEnd::Fenced => {
                metrics.fenced.get_or_create(&labels).inc();
            }
            // It goes on where it is taken up; nobody will ask this process for its counters.
            AttemptEnd::Interrupted => {}
        }
    }
}
