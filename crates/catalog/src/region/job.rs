//! Jobs: what makes pending snapshots complete, one attempt at a time.
//!
//! An attempt is a leased session. Whoever claims a job whose session's lease ended fences that session and takes
//! over what it pinned, so that what an attempt wrote is not written again.

use ebs::{SessionId, SnapshotId, Timestamp, VolumeSize};

use super::RegionCatalog;
use super::copy::lane;
use super::pin::{adopt, release};
use super::session::{SessionKind, fence, insert, lock_all_of_upload, renew, require_live};
use super::snapshot::{SnapshotRecord, of_any_account};
use crate::engine::{Lock, Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// A job's number, in the order in which jobs were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// What a job is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Copy the snapshot's source.
    Copy,
    /// Make the snapshot of what its upload wrote.
    CompleteUpload {
        /// How many distinct blocks the client says it wrote.
        changed_blocks: u64,
        /// The checksum over their checksums, if the client gave one.
        checksum: Option<[u8; 32]>,
    },
}

/// A job and the licence to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Its number.
    pub id: JobId,
    /// The session of this attempt. It pins what earlier attempts pinned and, for an upload, what was uploaded
    /// and the parent's root.
    pub session: SessionId,
    /// How many attempts there were, with this one.
    pub attempt: u32,
    /// What is to do.
    pub kind: JobKind,
    /// The pending snapshot.
    pub snapshot: SnapshotRecord,
    /// What [`NewCopy`](super::copy::NewCopy) gave for it.
    pub payload: Vec<u8>,
}

impl RegionCatalog {
    /// Takes the job that waits longest of those that may run: queued ones whose time has come, and those whose
    /// attempt's lease ended before `now`. A copy waits for earlier copies of its account and lineage. Of callers
    /// at the same time each gets another job; one of them may get nothing although a job waits, so ask again.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`; `CommitUnknown`, after which the job may be left until the lease ends.
    pub async fn claim_job(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<ClaimedJob>, CatalogError> {
        in_transaction!(self.engine, tx => claim(&mut tx, node, now, lease_until))
    }

    /// Puts off the end of an attempt's lease and notes its progress, 0 to 100 per cent; `false` if the session
    /// is not live: the work must stop.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn heartbeat_job(
        &self,
        session: SessionId,
        progress_percent: u8,
        lease_until: Timestamp,
    ) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => heartbeat(&mut tx, session, progress_percent, lease_until))
    }

    /// Notes what a copy's attempt has learned from the source: the volume's size and the lineage.
    ///
    /// # Errors
    /// `Fenced`, `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn note_copy_metadata(
        &self,
        session: SessionId,
        volume_size: VolumeSize,
        source_lineage: SnapshotId,
    ) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => note_metadata(&mut tx, session, volume_size, source_lineage))
    }

    /// Gives an attempt up: the job may be claimed again from `run_at` on, by an attempt that takes over what
    /// this one pinned.
    ///
    /// # Errors
    /// `Fenced`, `Unavailable` and `CommitUnknown`, after which the lease's end does the same.
    pub async fn retry_job(&self, session: SessionId, run_at: Timestamp) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => retry(&mut tx, session, run_at))
    }

    /// Gives the job up: its snapshot is in error and says `message`, and what the attempt pinned is released.
    ///
    /// # Errors
    /// `Fenced`, also if it was given up before; `Unavailable` and `CommitUnknown`.
    pub async fn fail_job(&self, session: SessionId, message: &str) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => fail(&mut tx, session, message))
    }
}

const SELECT_RUNNABLE: &str = "SELECT j.id, j.kind, j.snapshot, j.session, j.attempt, j.payload \
     FROM jobs j LEFT JOIN sessions h ON h.id = j.session \
     WHERE j.state IN ('queued', 'running') \
     AND ((j.state = 'queued' AND j.run_at <= $1) \
       OR (j.state = 'running' AND (h.state <> 'live' OR h.lease_until < $1))) \
     AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.lane = j.lane AND e.id < j.id \
       AND e.state IN ('queued', 'running')) \
     ORDER BY j.run_at, j.id LIMIT 1";

async fn claim(
    tx: &mut Transaction,
    node: &str,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<ClaimedJob>, CatalogError> {
    let Some(job) = tx.lock_first(SELECT_RUNNABLE, &[now.0.into()], Lock::UpdateSkippingLocked).await? else {
        return Ok(None);
    };
    let id = job.integer("id")?;
    let snapshot: SnapshotId = job.parsed("snapshot")?;
    let earlier = job.number_if_any("session")?.map(SessionId);
    if let Some(earlier) = earlier
        && !fence_expired(tx, earlier, now).await?
    {
        // Its lease was put off after the statement above had looked at it.
        return Ok(None);
    }
    let session = insert(tx, SessionKind::Job, node, Some(lease_until), None).await?;
    if let Some(earlier) = earlier {
        adopt(tx, earlier, session).await?;
    }
    for writer in lock_all_of_upload(tx, snapshot).await? {
        fence(tx, writer).await?;
        adopt(tx, writer, session).await?;
    }
    tx.execute(
        "UPDATE jobs SET state = 'running', session = $2, attempt = attempt + 1 WHERE id = $1",
        &[id.into(), session.0.into()],
    )
    .await?;
    let kind = read_kind(tx, &job).await?;
    let record = of_any_account(tx, snapshot).await?;
    Ok(Some(ClaimedJob {
        id: JobId(job.number("id")?),
        session,
        attempt: job.number::<u32>("attempt")?.saturating_add(1),
        kind,
        snapshot: record.ok_or(CatalogError::Corrupt { what: "snapshot of a job" })?,
        payload: job.bytes("payload")?,
    }))
}

/// Fences the session of an earlier attempt, unless it is live and its lease goes on.
async fn fence_expired(
    tx: &mut Transaction,
    session: SessionId,
    now: Timestamp,
) -> Result<bool, CatalogError> {
    let sql = "SELECT state, lease_until FROM sessions WHERE id = $1";
    let Some(row) = tx.lock_first(sql, &[session.0.into()], Lock::Update).await? else { return Ok(true) };
    let leased = row.integer_if_any("lease_until")?.is_none_or(|until| until >= now.0);
    if row.text("state")? == "live" && leased {
        return Ok(false);
    }
    fence(tx, session).await?;
    Ok(true)
}

async fn read_kind(tx: &mut Transaction, job: &Row) -> Result<JobKind, CatalogError> {
    match job.text("kind")?.as_str() {
        "copy" => Ok(JobKind::Copy),
        "complete_upload" => {
            let sql = "SELECT changed_blocks, checksum FROM uploads WHERE snapshot = $1";
            let upload = tx.fetch_first(sql, &[job.text("snapshot")?.into()]).await?;
            let upload = upload.ok_or(CatalogError::Corrupt { what: "upload of a job" })?;
            let checksum = upload.bytes_if_any("checksum")?.map(<[u8; 32]>::try_from).transpose();
            Ok(JobKind::CompleteUpload {
                changed_blocks: upload.number("changed_blocks")?,
                checksum: checksum.map_err(|_| CatalogError::Corrupt { what: "checksum" })?,
            })
        }
        _ => Err(CatalogError::Corrupt { what: "kind of a job" }),
    }
}

/// A live attempt whose snapshot, job and session are locked, in this order.
pub(super) struct Attempt {
    pub(super) snapshot: SnapshotId,
    pub(super) job: i64,
}

/// Locks what an attempt is about, if its session is live and its snapshot was not deleted.
pub(super) async fn lock_attempt(tx: &mut Transaction, session: SessionId) -> Result<Attempt, CatalogError> {
    let sql = "SELECT id, snapshot FROM jobs WHERE session = $1";
    let job = tx.fetch_first(sql, &[session.0.into()]).await?.ok_or(CatalogError::Fenced)?;
    let attempt = Attempt { snapshot: job.parsed("snapshot")?, job: job.integer("id")? };
    let sql = "SELECT id FROM snapshots WHERE id = $1 AND deleted = 0";
    let snapshot = tx.lock_first(sql, &[attempt.snapshot.to_string().into()], Lock::Update).await?;
    snapshot.ok_or(CatalogError::Fenced)?;
    let sql = "SELECT id FROM jobs WHERE id = $1 AND session = $2 AND state = 'running'";
    let running = tx.lock_first(sql, &[attempt.job.into(), session.0.into()], Lock::Update).await?;
    running.ok_or(CatalogError::Fenced)?;
    require_live(tx, session, Lock::Update).await?;
    Ok(attempt)
}

async fn heartbeat(
    tx: &mut Transaction,
    session: SessionId,
    progress_percent: u8,
    lease_until: Timestamp,
) -> Result<bool, CatalogError> {
    match lock_attempt(tx, session).await {
        Ok(attempt) => {
            tx.execute(
                "UPDATE snapshots SET progress = $2 WHERE id = $1 AND progress < $2",
                &[attempt.snapshot.to_string().into(), u32::from(progress_percent.min(100)).into()],
            )
            .await?;
            renew(tx, session, lease_until).await
        }
        Err(CatalogError::Fenced) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn note_metadata(
    tx: &mut Transaction,
    session: SessionId,
    volume_size: VolumeSize,
    source_lineage: SnapshotId,
) -> Result<(), CatalogError> {
    let attempt = lock_attempt(tx, session).await?;
    let record = of_any_account(tx, attempt.snapshot).await?.ok_or(CatalogError::Fenced)?;
    let source = record.source.ok_or(CatalogError::Missing { what: "source of this snapshot" })?;
    tx.execute(
        "UPDATE snapshots SET volume_gib = $2, lineage = $3, state_message = NULL WHERE id = $1",
        &[attempt.snapshot.to_string().into(), volume_size.gib().into(), source_lineage.to_string().into()],
    )
    .await?;
    let lane = lane(record.snapshot.owner, &source, source_lineage);
    tx.execute("UPDATE jobs SET lane = $2 WHERE id = $1", &[attempt.job.into(), lane.into()]).await.map(drop)
}

async fn retry(tx: &mut Transaction, session: SessionId, run_at: Timestamp) -> Result<(), CatalogError> {
    let attempt = lock_attempt(tx, session).await?;
    fence(tx, session).await?;
    tx.execute(
        "UPDATE jobs SET state = 'queued', run_at = $2 WHERE id = $1",
        &[attempt.job.into(), run_at.0.into()],
    )
    .await
    .map(drop)
}

async fn fail(tx: &mut Transaction, session: SessionId, message: &str) -> Result<(), CatalogError> {
    let attempt = lock_attempt(tx, session).await?;
    let snapshot = Value::from(attempt.snapshot.to_string());
    tx.execute(
        "UPDATE snapshots SET state = 'error', state_message = $2 WHERE id = $1",
        &[snapshot.clone(), message.into()],
    )
    .await?;
    tx.execute("UPDATE uploads SET state = 'done' WHERE snapshot = $1", &[snapshot]).await?;
    tx.execute("UPDATE jobs SET state = 'failed' WHERE id = $1", &[attempt.job.into()]).await?;
    fence(tx, session).await?;
    release(tx, session).await
}
