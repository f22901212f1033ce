//! What is under way in a region, for those who watch it.

use ebs::{SnapshotId, Timestamp};

use super::RegionCatalog;
use super::job::JobId;
use crate::engine::Row;
use crate::error::CatalogError;

/// How many rows stand for work, and for what work left behind. All taken at one moment, each counted up to
/// [`COUNTED_MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Sessions that may write or read.
    pub live_sessions: u64,
    /// Sessions that are over and not pruned yet.
    pub ended_sessions: u64,
    /// Copies.
    pub copies: Unfinished,
    /// Completions of uploads.
    pub upload_completions: Unfinished,
    /// Jobs that are over and not pruned yet.
    pub ended_jobs: u64,
    /// Uploads that take blocks.
    pub open_uploads: u64,
    /// Pins of segments.
    pub segment_pins: u64,
    /// Pins of roots.
    pub root_pins: u64,
}

/// Jobs of one kind that are not over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    /// Those that wait for an attempt.
    pub queued: u64,
    /// Those with an attempt.
    pub running: u64,
}

/// How many snapshots there are of all accounts, deleted ones left out. All taken at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotCounts {
    /// On their way, counted up to [`COUNTED_MAX`].
    pub pending: u64,
    /// Whole.
    pub completed: u64,
    /// Failed, counted up to [`COUNTED_MAX`].
    pub error: u64,
}

/// Most rows of a kind that are counted, so that who watches does not stand in the way of who works.
pub const COUNTED_MAX: u32 = 100_000;

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
        let rows = self.engine.fetch(SELECT_COUNTS, &[COUNTED_MAX.into()]).await?;
        let row = rows.first().ok_or(CatalogError::Missing { what: "counts" })?;
        Ok(UnderWay {
            live_sessions: row.number("live_sessions")?,
            ended_sessions: row.number("ended_sessions")?,
            copies: Unfinished {
                queued: row.number("queued_copies")?,
                running: row.number("running_copies")?,
            },
            upload_completions: Unfinished {
                queued: row.number("queued_completions")?,
                running: row.number("running_completions")?,
            },
            ended_jobs: row.number("ended_jobs")?,
            open_uploads: row.number("open_uploads")?,
            segment_pins: row.number("segment_pins")?,
            root_pins: row.number("root_pins")?,
        })
    }

    /// How many snapshots there are.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn snapshot_counts(&self) -> Result<SnapshotCounts, CatalogError> {
        let rows = self.engine.fetch(SELECT_SNAPSHOT_COUNTS, &[COUNTED_MAX.into()]).await?;
        let row = rows.first().ok_or(CatalogError::Missing { what: "counts" })?;
        let (pending, error): (u64, u64) = (row.number("pending")?, row.number("error")?);
        let all: u64 = row.number("snapshots")?;
        Ok(SnapshotCounts { pending, completed: all.saturating_sub(pending + error), error })
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
     COUNT(CASE WHEN kind = 'copy' AND state = 'queued' THEN 1 END) AS queued_copies, \
     COUNT(CASE WHEN kind = 'copy' AND state = 'running' THEN 1 END) AS running_copies, \
     COUNT(CASE WHEN kind <> 'copy' AND state = 'queued' THEN 1 END) AS queued_completions, \
     COUNT(CASE WHEN kind <> 'copy' AND state = 'running' THEN 1 END) AS running_completions, \
     (SELECT COUNT(*) FROM (SELECT state FROM sessions LIMIT $1) AS few WHERE state = 'live') \
       AS live_sessions, \
     (SELECT COUNT(*) FROM (SELECT state FROM sessions LIMIT $1) AS few WHERE state <> 'live') \
       AS ended_sessions, \
     (SELECT COUNT(*) FROM (SELECT state FROM jobs LIMIT $1) AS few \
       WHERE state NOT IN ('queued', 'running')) AS ended_jobs, \
     (SELECT COUNT(*) FROM (SELECT 1 FROM uploads WHERE state = 'open' LIMIT $1) AS few) AS open_uploads, \
     (SELECT COUNT(*) FROM (SELECT 1 FROM session_pins LIMIT $1) AS few) AS segment_pins, \
     (SELECT COUNT(*) FROM (SELECT 1 FROM root_pins LIMIT $1) AS few) AS root_pins \
     FROM (SELECT kind, state FROM jobs WHERE state IN ('queued', 'running') LIMIT $1) AS unfinished";

/// Each account's number is kept by whoever creates or deletes a snapshot, so that completed ones, which may be many,
/// are not counted one by one.
const SELECT_SNAPSHOT_COUNTS: &str = "SELECT \
     (SELECT CAST(COALESCE(SUM(snapshots), 0) AS BIGINT) FROM account_usage) AS snapshots, \
     (SELECT COUNT(*) FROM (SELECT 1 FROM snapshots WHERE state = 'pending' AND deleted = 0 LIMIT $1) AS few) \
       AS pending, \
     (SELECT COUNT(*) FROM (SELECT 1 FROM snapshots WHERE state = 'error' AND deleted = 0 LIMIT $1) AS few) \
       AS error";

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
