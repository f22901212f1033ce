//! Sessions: the licences of writers and readers.
//!
//! A session with a lease that runs out is fenced by whoever notices. A session of an upload has no lease, and
//! what it pins stays pinned until the upload is sealed and completed, expires or is deleted, even if the session
//! itself ends before. In the same way what an unfinished job's session pins waits for the job's next attempt.

use ebs::{SessionId, SnapshotId, Timestamp};

use super::RegionCatalog;
use super::pin::release;
use crate::engine::{Lock, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// Writing the blocks of an upload.
    Upload,
    /// One attempt of a job.
    Job,
    /// Reading a snapshot.
    Read,
    /// Collecting garbage.
    Gc,
}

impl SessionKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Job => "job",
            Self::Read => "read",
            Self::Gc => "gc",
        }
    }
}

/// Most sessions that one call fences.
const FENCED_AT_ONCE_MAX: u32 = 1_000;

impl RegionCatalog {
    /// Opens a session of its own, tied to no upload and no job, and gives its number, which is greater than that
    /// of any session this catalog gave before. `node` names who holds it. Without a lease it lasts until it is
    /// closed or fenced.
    ///
    /// # Errors
    /// `Unavailable`; `CommitUnknown`, after which a session without a holder may be left until its lease ends.
    pub async fn open_session(
        &self,
        kind: SessionKind,
        node: &str,
        lease_until: Option<Timestamp>,
    ) -> Result<SessionId, CatalogError> {
        in_transaction!(self.engine, tx => insert(&mut tx, kind, node, lease_until, None))
    }

    /// Puts off the end of a live session's lease; `false` if the session is not live or has no lease.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn renew_session(&self, id: SessionId, lease_until: Timestamp) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => renew(&mut tx, id, lease_until))
    }

    /// Ends a session in good order and releases what it pins. Ending it again changes nothing.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn close_session(&self, id: SessionId) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => async { end(&mut tx, id, "done", None).await.map(drop) })
    }

    /// Ends a session whose holder is gone or must stop, and releases what it pins: whatever the holder still
    /// tries is refused. `false` if the session was not live.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn fence_session(&self, id: SessionId) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => end(&mut tx, id, "dead", None))
    }

    /// Ends the leases of all live sessions that `node` holds, and gives how many: for a node that starts, and whose
    /// earlier self is gone. Its jobs can then be claimed at once.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn end_leases_of(&self, node: &str) -> Result<u64, CatalogError> {
        let sql = "UPDATE sessions SET lease_until = 0 \
                   WHERE node = $1 AND state = 'live' AND lease_until IS NOT NULL";
        in_transaction!(self.engine, tx => tx.execute(sql, &[node.into()]))
    }

    /// Fences sessions whose lease ended before `now`, at most 1,000 of them, and gives which. Sessions of
    /// unfinished jobs are left to the job's next claim.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown`; some sessions may then have been fenced.
    pub async fn fence_expired_sessions(&self, now: Timestamp) -> Result<Vec<SessionId>, CatalogError> {
        let rows = self.engine.fetch(SELECT_EXPIRED, &[now.0.into(), FENCED_AT_ONCE_MAX.into()]).await?;
        let mut fenced = Vec::new();
        for row in rows {
            let id = SessionId(row.number("id")?);
            if in_transaction!(self.engine, tx => end(&mut tx, id, "dead", Some(now)))? {
                fenced.push(id);
            }
        }
        Ok(fenced)
    }
}

const SELECT_EXPIRED: &str = "SELECT id FROM sessions WHERE state = 'live' AND lease_until IS NOT NULL \
     AND lease_until < $1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.session = sessions.id \
     AND jobs.state IN ('queued', 'running')) ORDER BY lease_until LIMIT $2";

pub(super) async fn insert(
    tx: &mut Transaction,
    kind: SessionKind,
    node: &str,
    lease_until: Option<Timestamp>,
    upload: Option<SnapshotId>,
) -> Result<SessionId, CatalogError> {
    let row = tx
        .fetch_first(
            "INSERT INTO sessions (kind, node, lease_until, state, upload) VALUES ($1, $2, $3, 'live', $4) \
             RETURNING id",
            &[
                kind.as_str().into(),
                node.into(),
                Value::Integer(lease_until.map(|time| time.0)),
                Value::Text(upload.map(|id| id.to_string())),
            ],
        )
        .await?;
    Ok(SessionId(row.ok_or(CatalogError::Missing { what: "session" })?.number("id")?))
}

/// Goes on only if the session is live, and keeps it so until the transaction ends.
pub(super) async fn require_live(
    tx: &mut Transaction,
    id: SessionId,
    lock: Lock,
) -> Result<(), CatalogError> {
    let row = tx.lock_first("SELECT state FROM sessions WHERE id = $1", &[id.0.into()], lock).await?;
    match row {
        Some(row) if row.text("state")? == "live" => Ok(()),
        _ => Err(CatalogError::Fenced),
    }
}

pub(super) async fn renew(
    tx: &mut Transaction,
    id: SessionId,
    lease_until: Timestamp,
) -> Result<bool, CatalogError> {
    let renewed = tx
        .execute(
            "UPDATE sessions SET lease_until = $2 \
             WHERE id = $1 AND state = 'live' AND lease_until IS NOT NULL",
            &[id.0.into(), lease_until.0.into()],
        )
        .await?;
    Ok(renewed > 0)
}

/// Ends a live session, with `expired_at` only if its lease ended before then; tells whether it was live.
async fn end(
    tx: &mut Transaction,
    id: SessionId,
    state: &'static str,
    expired_at: Option<Timestamp>,
) -> Result<bool, CatalogError> {
    let ended = tx
        .execute(
            "UPDATE sessions SET state = $2 \
             WHERE id = $1 AND state = 'live' AND ($3 IS NULL OR lease_until < $3)",
            &[id.0.into(), state.into(), Value::Integer(expired_at.map(|time| time.0))],
        )
        .await?;
    if ended == 0 {
        return Ok(false);
    }
    let kept = tx
        .fetch_first(
            "SELECT 1 AS kept FROM sessions s WHERE s.id = $1 AND ( \
             EXISTS (SELECT 1 FROM uploads u WHERE u.snapshot = s.upload AND u.state <> 'done') \
             OR EXISTS (SELECT 1 FROM jobs j WHERE j.session = s.id AND j.state IN ('queued', 'running')))",
            &[id.0.into()],
        )
        .await?;
    if kept.is_none() {
        release(tx, id).await?;
    }
    Ok(true)
}

/// Fences all sessions of an upload that is over, and releases what they pin. The upload's row is locked by the
/// caller, so that no session is opened meanwhile.
pub(super) async fn fence_all_of_upload(
    tx: &mut Transaction,
    upload: SnapshotId,
) -> Result<(), CatalogError> {
    for id in lock_all_of_upload(tx, upload).await? {
        fence_and_release(tx, id).await?;
    }
    Ok(())
}

/// The sessions of an upload, in any state, locked.
pub(super) async fn lock_all_of_upload(
    tx: &mut Transaction,
    upload: SnapshotId,
) -> Result<Vec<SessionId>, CatalogError> {
    let sql = "SELECT id FROM sessions WHERE upload = $1 ORDER BY id";
    let rows = tx.lock(sql, &[upload.to_string().into()], Lock::Update).await?;
    rows.iter().map(|row| row.number("id").map(SessionId)).collect()
}

/// Fences a session if it is live.
pub(super) async fn fence(tx: &mut Transaction, id: SessionId) -> Result<(), CatalogError> {
    tx.execute("UPDATE sessions SET state = 'dead' WHERE id = $1 AND state = 'live'", &[id.0.into()])
        .await
        .map(drop)
}

/// Fences a session if it is live, and releases what it pins in any case.
pub(super) async fn fence_and_release(tx: &mut Transaction, id: SessionId) -> Result<(), CatalogError> {
    tx.lock_all("SELECT id FROM sessions WHERE id = $1", &[id.0.into()]).await?;
    fence(tx, id).await?;
    release(tx, id).await
}
