//! How uploads end: sealed by their client, or expired because nobody writes to them.

use ebs::{AccountId, SnapshotId, SnapshotState, Timestamp};

use super::RegionCatalog;
use super::session::fence_all_of_upload;
use crate::engine::{Lock, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// Most uploads that one call expires.
const EXPIRED_AT_ONCE_MAX: u32 = 1_000;

/// What the snapshot of an expired upload says of itself.
const INACTIVE: &str = "No block was written before the upload's timeout ended";

impl RegionCatalog {
    /// Seals an open upload: no session may be opened for it any more, and a job makes the snapshot of it. Gives
    /// the snapshot's state; repeating the call changes nothing. Nothing if the account has no such upload.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt` and `CommitUnknown` (repeating the call is harmless).
    pub async fn seal_upload(
        &self,
        account: AccountId,
        snapshot: SnapshotId,
        changed_blocks: u64,
        checksum: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Option<SnapshotState>, CatalogError> {
        in_transaction!(self.engine, tx => async {
            let Some(state) = lock_upload_snapshot(&mut tx, account, snapshot).await? else { return Ok(None) };
            seal(&mut tx, snapshot, changed_blocks, checksum, now).await?;
            Ok::<_, CatalogError>(Some(state))
        })
    }

    /// Ends uploads that are open and were not written to for their timeout before `now`, at most 1,000 of them:
    /// their snapshots are in error, their sessions fenced, their pins released. Gives which.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt` and `CommitUnknown`; some uploads may then have been ended.
    pub async fn expire_uploads(&self, now: Timestamp) -> Result<Vec<SnapshotId>, CatalogError> {
        let sql = "SELECT snapshot FROM uploads WHERE state = 'open' AND last_activity <= $1 - timeout_ms \
                   ORDER BY last_activity LIMIT $2";
        let rows = self.engine.fetch(sql, &[now.0.into(), EXPIRED_AT_ONCE_MAX.into()]).await?;
        let mut expired = Vec::new();
        for row in rows {
            let snapshot = row.parsed("snapshot")?;
            if in_transaction!(self.engine, tx => expire(&mut tx, snapshot, now))? {
                expired.push(snapshot);
            }
        }
        Ok(expired)
    }
}

async fn lock_upload_snapshot(
    tx: &mut Transaction,
    account: AccountId,
    snapshot: SnapshotId,
) -> Result<Option<SnapshotState>, CatalogError> {
    let row = tx
        .lock_first(
            "SELECT state FROM snapshots \
             WHERE id = $1 AND account = $2 AND origin = 'upload' AND deleted = 0",
            &[snapshot.to_string().into(), account.to_string().into()],
            Lock::Share,
        )
        .await?;
    row.map(|row| row.word("state", SnapshotState::from_word)).transpose()
}

async fn seal(
    tx: &mut Transaction,
    snapshot: SnapshotId,
    changed_blocks: u64,
    checksum: Option<[u8; 32]>,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let sealed = tx
        .execute(
            "UPDATE uploads SET state = 'sealing', changed_blocks = $2, checksum = $3 \
             WHERE snapshot = $1 AND state = 'open'",
            &[
                snapshot.to_string().into(),
                changed_blocks.into(),
                Value::Bytes(checksum.map(|checksum| checksum.to_vec())),
            ],
        )
        .await?;
    if sealed > 0 {
        tx.execute(
            "INSERT INTO jobs (kind, snapshot, state, attempt, run_at, created, payload) \
             VALUES ('complete_upload', $1, 'queued', 0, $2, $2, $3)",
            &[snapshot.to_string().into(), now.0.into(), [].into()],
        )
        .await?;
    }
    Ok(())
}

async fn expire(tx: &mut Transaction, snapshot: SnapshotId, now: Timestamp) -> Result<bool, CatalogError> {
    let id = Value::from(snapshot.to_string());
    tx.lock_all("SELECT id FROM snapshots WHERE id = $1", std::slice::from_ref(&id)).await?;
    let ended = tx
        .execute(
            "UPDATE uploads SET state = 'done' \
             WHERE snapshot = $1 AND state = 'open' AND last_activity <= $2 - timeout_ms",
            &[id.clone(), now.0.into()],
        )
        .await?;
    if ended == 0 {
        return Ok(false);
    }
    tx.execute(
        "UPDATE snapshots SET state = 'error', state_message = $2 WHERE id = $1",
        &[id, INACTIVE.into()],
    )
    .await?;
    fence_all_of_upload(tx, snapshot).await?;
    Ok(true)
}
