//! DeleteSnapshot's transaction.

use ebs::{AccountId, SessionId, SnapshotId};

use super::RegionCatalog;
use super::quota::forget_snapshot;
use super::session::{fence_all_of_upload, fence_and_release};
use crate::engine::{Lock, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// Most rows that one call purges.
const PURGED_AT_ONCE_MAX: u32 = 1_000;

impl RegionCatalog {
    /// Deletes the account's snapshot, in any state: from then on nobody is shown it and no session can pin it.
    /// A pending copy is cancelled and an upload ended, with their sessions fenced and their pins released.
    /// Sessions that pinned its root before go on reading. `false` if the account has no such snapshot.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn delete_snapshot(&self, account: AccountId, id: SnapshotId) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => delete(&mut tx, account, id))
    }

    /// Forgets the rows of deleted snapshots that no session pins any more, at most 1,000 of them, and gives how
    /// many. Nothing refers to them: a deleted snapshot is never pinned anew.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn purge_deleted(&self) -> Result<u64, CatalogError> {
        in_transaction!(self.engine, tx => purge(&mut tx))
    }
}

async fn delete(tx: &mut Transaction, account: AccountId, id: SnapshotId) -> Result<bool, CatalogError> {
    let key = [Value::from(id.to_string())];
    let mine = tx
        .lock_first(
            "SELECT id FROM snapshots WHERE id = $1 AND account = $2 AND deleted = 0",
            &[id.to_string().into(), account.to_string().into()],
            Lock::Update,
        )
        .await?;
    if mine.is_none() {
        return Ok(false);
    }
    tx.execute("UPDATE uploads SET state = 'done' WHERE snapshot = $1", &key).await?;
    if let Some(attempt) = cancel_job(tx, &key).await? {
        fence_and_release(tx, attempt).await?;
    }
    fence_all_of_upload(tx, id).await?;
    tx.execute(
        "DELETE FROM tags WHERE account = $1 AND snapshot = $2",
        &[account.to_string().into(), id.to_string().into()],
    )
    .await?;
    tx.execute("DELETE FROM client_tokens WHERE snapshot = $1", &key).await?;
    tx.execute("UPDATE snapshots SET deleted = 1 WHERE id = $1", &key).await?;
    forget_snapshot(tx, account).await?;
    Ok(true)
}

/// Cancels the snapshot's job if it is not over, and gives the session of its last attempt.
async fn cancel_job(tx: &mut Transaction, key: &[Value]) -> Result<Option<SessionId>, CatalogError> {
    let job = tx
        .lock_first(
            "SELECT session FROM jobs WHERE snapshot = $1 AND state IN ('queued', 'running')",
            key,
            Lock::Update,
        )
        .await?;
    let Some(job) = job else { return Ok(None) };
    tx.execute("UPDATE jobs SET state = 'cancelled' WHERE snapshot = $1", key).await?;
    Ok(job.number_if_any("session")?.map(SessionId))
}

async fn purge(tx: &mut Transaction) -> Result<u64, CatalogError> {
    let rows = tx
        .lock(
            "SELECT id FROM snapshots WHERE deleted = 1 \
             AND NOT EXISTS (SELECT 1 FROM root_pins WHERE root_pins.snapshot = snapshots.id) \
             ORDER BY id LIMIT $1",
            &[PURGED_AT_ONCE_MAX.into()],
            Lock::Update,
        )
        .await?;
    for row in &rows {
        let key = [Value::from(row.text("id")?)];
        for sql in [
            "DELETE FROM uploads WHERE snapshot = $1",
            "DELETE FROM jobs WHERE snapshot = $1",
            "DELETE FROM snapshots WHERE id = $1",
        ] {
            tx.execute(sql, &key).await?;
        }
    }
    Ok(rows.len() as u64)
}
