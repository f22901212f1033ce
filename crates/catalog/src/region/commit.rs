//! The transaction that makes a pending snapshot a completed one.

use ebs::{DomainId, SessionId, Timestamp, VolumeSize};

use super::RegionCatalog;
use super::job::{Attempt, lock_attempt};
use super::pin::{release, stamp};
use crate::engine::{Lock, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// What a completed snapshot is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The place of its root, whose objects are durable. The catalog does not look into it.
    pub root: Vec<u8>,
    /// The domain that seals its blocks.
    pub domain: DomainId,
    /// Size of the volume.
    pub volume_size: VolumeSize,
    /// How many blocks are present.
    pub blocks: u64,
    /// Bytes stored anew.
    pub bytes_moved: u64,
    /// Bytes of blocks found already stored.
    pub bytes_shared: u64,
    /// When it was completed.
    pub completion_time: Timestamp,
}

impl RegionCatalog {
    /// Completes the snapshot of an attempt. All that the session pins (what it wrote, shared and adopted) is
    /// marked as used in the present epoch, and its pins are released. Durable when this returns.
    ///
    /// Repeating the call of an attempt that was committed with the same root changes nothing and succeeds, so a
    /// `CommitUnknown` is resolved by calling again.
    ///
    /// # Errors
    /// `Fenced` if the session is not live or the snapshot was deleted; `Missing` if the domain or the store does
    /// not exist; `Unavailable`, `CommitUnknown`.
    pub async fn commit_snapshot(
        &self,
        session: SessionId,
        completed: &Completed,
    ) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => commit(&mut tx, session, completed))
    }
}

async fn commit(tx: &mut Transaction, session: SessionId, completed: &Completed) -> Result<(), CatalogError> {
    let attempt = match lock_attempt(tx, session).await {
        Err(CatalogError::Fenced) if was_committed(tx, session, completed).await? => return Ok(()),
        attempt => attempt?,
    };
    let sql = "SELECT id FROM domains WHERE id = $1";
    let domain = tx.fetch_first(sql, &[completed.domain.0.into()]).await?;
    domain.ok_or(CatalogError::Missing { what: "domain" })?;
    // Shared until the end: no collection begins between the stamp and the row that says completed.
    let store = tx.lock_first("SELECT epoch FROM store WHERE id = 1", &[], Lock::Share).await?;
    let epoch = store.ok_or(CatalogError::Missing { what: "store" })?.integer("epoch")?;
    stamp(tx, session, epoch).await?;
    release(tx, session).await?;
    tx.execute("UPDATE sessions SET state = 'done' WHERE id = $1", &[session.0.into()]).await?;
    complete_rows(tx, &attempt, completed).await
}

async fn complete_rows(
    tx: &mut Transaction,
    attempt: &Attempt,
    completed: &Completed,
) -> Result<(), CatalogError> {
    let snapshot = Value::from(attempt.snapshot.to_string());
    tx.execute(
        "UPDATE snapshots SET state = 'completed', state_message = NULL, progress = 100, root = $2, \
         domain = $3, volume_gib = $4, blocks = $5, bytes_moved = $6, bytes_shared = $7, \
         completion_time = $8 WHERE id = $1",
        &[
            snapshot.clone(),
            completed.root.as_slice().into(),
            completed.domain.0.into(),
            completed.volume_size.gib().into(),
            completed.blocks.into(),
            completed.bytes_moved.into(),
            completed.bytes_shared.into(),
            completed.completion_time.0.into(),
        ],
    )
    .await?;
    tx.execute("UPDATE uploads SET state = 'done' WHERE snapshot = $1", &[snapshot]).await?;
    tx.execute("UPDATE jobs SET state = 'done' WHERE id = $1", &[attempt.job.into()]).await.map(drop)
}

/// Whether this session's commit of this root has happened before.
async fn was_committed(
    tx: &mut Transaction,
    session: SessionId,
    completed: &Completed,
) -> Result<bool, CatalogError> {
    let sql = "SELECT 1 AS done FROM jobs j JOIN sessions h ON h.id = j.session \
               JOIN snapshots s ON s.id = j.snapshot WHERE j.session = $1 AND j.state = 'done' \
               AND h.state = 'done' AND s.state = 'completed' AND s.root = $2 AND s.deleted = 0";
    let row = tx.fetch_first(sql, &[session.0.into(), completed.root.as_slice().into()]).await?;
    Ok(row.is_some())
}
