//! Pins: what sessions keep from being collected.
//!
//! A segment's `pin_count` is the number of its rows in `session_pins`; both change in one transaction. A root
//! is pinned only while its snapshot is live, and stays pinned if the snapshot is deleted then.

use ebs::{SegmentId, SessionId, SnapshotId};

use super::RegionCatalog;
use super::segment::SegmentState;
use super::session::require_live;
use super::snapshot::{SELECT_PINNED_SNAPSHOT, SnapshotRecord, read};
use crate::engine::{Lock, Transaction, in_transaction};
use crate::error::CatalogError;

impl RegionCatalog {
    /// Pins a sealed segment for a session that wants to refer to it. Once per session: pinning it again changes
    /// nothing. `false` if the segment is not there to be shared; the caller then writes the block itself.
    ///
    /// # Errors
    /// `Fenced`, `Unavailable`, and `CommitUnknown` (repeating the call is harmless).
    pub async fn pin_segment(&self, session: SessionId, id: SegmentId) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => pin_segment(&mut tx, session, id))
    }

    /// Pins a completed snapshot's root for a session and gives its place; nothing if the snapshot is not
    /// completed or was deleted. All that the root reaches stays readable until the session ends.
    ///
    /// # Errors
    /// `Fenced`, `Unavailable`, `CommitUnknown` (repeating the call is harmless) and `Corrupt`.
    pub async fn pin_root(
        &self,
        session: SessionId,
        snapshot: SnapshotId,
    ) -> Result<Option<Vec<u8>>, CatalogError> {
        in_transaction!(self.engine, tx => async {
            let Some(root) = lock_root(&mut tx, snapshot).await? else { return Ok(None) };
            require_live(&mut tx, session, Lock::Share).await?;
            insert_root_pin(&mut tx, session, snapshot).await?;
            Ok::<_, CatalogError>(Some(root))
        })
    }

    /// The completed snapshot of this id whose root some session pins, also if it was deleted since; nothing if none
    /// does. For those whose own pin it is: who may read a snapshot is judged when it is pinned.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn pinned_snapshot(
        &self,
        snapshot: SnapshotId,
    ) -> Result<Option<SnapshotRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_PINNED_SNAPSHOT, &[snapshot.to_string().into()]).await?;
        rows.first().map(read).transpose()
    }
}

async fn pin_segment(tx: &mut Transaction, session: SessionId, id: SegmentId) -> Result<bool, CatalogError> {
    require_live(tx, session, Lock::Share).await?;
    let pin = [session.0.into(), id.to_bytes().into()];
    let held = tx
        .fetch_first(
            "SELECT s.state FROM session_pins p JOIN segments s ON s.id = p.segment \
             WHERE p.session = $1 AND p.segment = $2",
            &pin,
        )
        .await?;
    if let Some(held) = held {
        // What an earlier attempt left unsealed is held too, and must not be referred to.
        return Ok(held.word("state", SegmentState::from_word)? == SegmentState::Sealed);
    }
    let counted = tx
        .execute(
            "UPDATE segments SET pin_count = pin_count + 1 WHERE id = $1 AND state = 'sealed'",
            &[id.to_bytes().into()],
        )
        .await?;
    if counted == 0 {
        return Ok(false);
    }
    let inserted = tx
        .execute("INSERT INTO session_pins (session, segment) VALUES ($1, $2) ON CONFLICT DO NOTHING", &pin)
        .await?;
    if inserted == 0 {
        // Another task of the same session was faster: its pin counts, this one does not.
        tx.execute("UPDATE segments SET pin_count = pin_count - 1 WHERE id = $1", &[id.to_bytes().into()])
            .await?;
    }
    Ok(true)
}

/// The root of a completed snapshot that cannot be deleted before the transaction ends.
pub(super) async fn lock_root(
    tx: &mut Transaction,
    snapshot: SnapshotId,
) -> Result<Option<Vec<u8>>, CatalogError> {
    let row = tx
        .lock_first(
            "SELECT root FROM snapshots WHERE id = $1 AND state = 'completed' AND deleted = 0",
            &[snapshot.to_string().into()],
            Lock::Share,
        )
        .await?;
    row.map(|row| row.bytes("root")).transpose()
}

pub(super) async fn insert_root_pin(
    tx: &mut Transaction,
    session: SessionId,
    snapshot: SnapshotId,
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO root_pins (session, snapshot) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &[session.0.into(), snapshot.to_string().into()],
    )
    .await
    .map(drop)
}

/// Lets go of all that a session pins. Its row is locked by the caller, so that no pin is added meanwhile. A
/// segment that was begun and never sealed is nobody's then, and is condemned at once.
pub(super) async fn release(tx: &mut Transaction, session: SessionId) -> Result<(), CatalogError> {
    tx.lock_all(SELECT_PINNED, &[session.0.into()]).await?;
    tx.execute(
        "UPDATE segments SET pin_count = pin_count - 1, \
         state = CASE WHEN state = 'intent' AND pin_count = 1 THEN 'condemned' ELSE state END \
         WHERE id IN (SELECT segment FROM session_pins WHERE session = $1)",
        &[session.0.into()],
    )
    .await?;
    tx.execute("DELETE FROM session_pins WHERE session = $1", &[session.0.into()]).await?;
    tx.execute("DELETE FROM root_pins WHERE session = $1", &[session.0.into()]).await.map(drop)
}

/// Marks all that a session pins as used in `epoch`. Its row is locked by the caller.
pub(super) async fn stamp(tx: &mut Transaction, session: SessionId, epoch: i64) -> Result<(), CatalogError> {
    tx.lock_all(SELECT_PINNED, &[session.0.into()]).await?;
    tx.execute(
        "UPDATE segments SET touch_epoch = $2 \
         WHERE id IN (SELECT segment FROM session_pins WHERE session = $1)",
        &[session.0.into(), epoch.into()],
    )
    .await
    .map(drop)
}

/// Hands all that `from` pins over to `to`, without a moment in which it is not pinned. Both rows are locked by
/// the caller. What both pin is pinned once then.
pub(super) async fn adopt(tx: &mut Transaction, from: SessionId, to: SessionId) -> Result<(), CatalogError> {
    let both = [from.0.into(), to.0.into()];
    tx.lock_all(SELECT_PINNED_BY_BOTH, &both).await?;
    for sql in [
        "UPDATE segments SET pin_count = pin_count - 1 WHERE id IN (SELECT segment FROM session_pins \
         WHERE session = $1 AND segment IN (SELECT segment FROM session_pins WHERE session = $2))",
        "DELETE FROM session_pins WHERE session = $1 \
         AND segment IN (SELECT segment FROM session_pins WHERE session = $2)",
        "UPDATE session_pins SET session = $2 WHERE session = $1",
        "DELETE FROM root_pins WHERE session = $1 \
         AND snapshot IN (SELECT snapshot FROM root_pins WHERE session = $2)",
        "UPDATE root_pins SET session = $2 WHERE session = $1",
    ] {
        tx.execute(sql, &both).await?;
    }
    Ok(())
}

const SELECT_PINNED: &str =
    "SELECT id FROM segments WHERE id IN (SELECT segment FROM session_pins WHERE session = $1) ORDER BY id";

const SELECT_PINNED_BY_BOTH: &str = "SELECT id FROM segments WHERE id IN (SELECT segment FROM session_pins \
     WHERE session = $1 AND segment IN (SELECT segment FROM session_pins WHERE session = $2)) ORDER BY id";
