//! What is under way in a region, for those who watch it.

use ebs::{SnapshotId, Timestamp};

use super::RegionCatalog;
use super::job::JobId;
use crate::engine::Row;
use crate::error::CatalogError;

/// How many rows stand for work, and for what work left behind. All taken at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Sessions that may write or read.
    pub live_sessions: u64,
    /// Sessions that are over and not pruned yet.
    pub ended_sessions: u64,
    /// Jobs that wait for an attempt.
    pub queued_jobs: u64,
    /// Jobs with an attempt.
    pub running_jobs: u64,
    /// Jobs that are over and not pruned yet.
    pub ended_jobs: u64,
    /// Pins of segments.
    pub segment_pins: u64,
    /// Pins of roots.
    pub root_pins: u64,
}

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its time and an attempt.
    Queued,
    /// Has an attempt.
    Running,
    /// Its snapshot is completed.
    Done,
    /// Its snapshot is in error.
    Failed,
    /// Its snapshot was deleted.
    Cancelled,
}

impl JobState {
    fn from_word(word: &str) -> Option<Self> {
        [
            (Self::Queued, "queued"),
            (Self::Running, "running"),
            (Self::Done, "done"),
            (Self::Failed, "failed"),
            (Self::Cancelled, "cancelled"),
        ]
        .into_iter()
        .find(|(_, name)| *name == word)
        .map(|(state, _)| state)
    }
}

/// A job, as those who watch it see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// Its number.
    pub id: JobId,
    /// Where it is in its life.
    pub state: JobState,
    /// How many attempts there were.
    pub attempts: u32,
    /// When it may be, or might have been, attempted next.
    pub run_at: Timestamp,
    /// When the lease of its last attempt ends or has ended; nothing if there was none.
    pub lease_until: Option<Timestamp>,
}

impl RegionCatalog {
    /// What is under way.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn under_way(&self) -> Result<UnderWay, CatalogError> {
        let rows = self.engine.fetch(SELECT_COUNTS, &[]).await?;
        let row = rows.first().ok_or(CatalogError::Missing { what: "counts" })?;
        Ok(UnderWay {
            live_sessions: row.number("live_sessions")?,
            ended_sessions: row.number("ended_sessions")?,
            queued_jobs: row.number("queued_jobs")?,
            running_jobs: row.number("running_jobs")?,
            ended_jobs: row.number("ended_jobs")?,
            segment_pins: row.number("segment_pins")?,
            root_pins: row.number("root_pins")?,
        })
    }

    /// The job that makes a snapshot complete, over or not; nothing if there is none, or none any more.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn job_of_snapshot(&self, snapshot: SnapshotId) -> Result<Option<JobRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_JOB, &[snapshot.to_string().into()]).await?;
        rows.first().map(read).transpose()
    }
}

const SELECT_COUNTS: &str = "SELECT \
     (SELECT COUNT(*) FROM sessions WHERE state = 'live') AS live_sessions, \
     (SELECT COUNT(*) FROM sessions WHERE state <> 'live') AS ended_sessions, \
     (SELECT COUNT(*) FROM jobs WHERE state = 'queued') AS queued_jobs, \
     (SELECT COUNT(*) FROM jobs WHERE state = 'running') AS running_jobs, \
     (SELECT COUNT(*) FROM jobs WHERE state NOT IN ('queued', 'running')) AS ended_jobs, \
     (SELECT COUNT(*) FROM session_pins) AS segment_pins, \
     (SELECT COUNT(*) FROM root_pins) AS root_pins";

const SELECT_JOB: &str = "SELECT j.id, j.state, j.attempt, j.run_at, h.lease_until FROM jobs j \
     LEFT JOIN sessions h ON h.id = j.session WHERE j.snapshot = $1";

fn read(row: &Row) -> Result<JobRecord, CatalogError> {
    Ok(JobRecord {
        id: JobId(row.number("id")?),
        state: row.word("state", JobState::from_word)?,
        attempts: row.number("attempt")?,
        run_at: Timestamp(row.integer("run_at")?),
        lease_until: row.integer_if_any("lease_until")?.map(Timestamp),
    })
}
