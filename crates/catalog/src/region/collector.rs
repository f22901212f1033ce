//! The statements of a collection: raise the epoch, list the roots as they are then, condemn what nothing reaches.
//!
//! The order is the whole safety: [`RegionCatalog::bump_epoch`] has committed before [`RegionCatalog::list_roots`]
//! begins, so a snapshot that is committed too late to be listed has stamped its segments with the new epoch or
//! has, through a root it pinned, a listed ancestor. The list is taken in one statement: roots read page by page
//! could miss a child committed behind the page and its parent deleted before it.

use ebs::{SegmentId, SnapshotId};

use super::RegionCatalog;
use crate::engine::{Transaction, in_transaction};
use crate::error::CatalogError;

/// How many collections have begun; segments carry the one in which they were last committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

/// A root from which a collection marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRoot {
    /// Its snapshot, which may have been deleted since.
    pub snapshot: SnapshotId,
    /// Its place.
    pub root: Vec<u8>,
}

impl RegionCatalog {
    /// Begins a collection: raises the epoch and gives the new one. Commits in progress end before.
    ///
    /// # Errors
    /// `Missing` if the store was not made; `Unavailable`, `CommitUnknown` (beginning again is harmless).
    pub async fn bump_epoch(&self) -> Result<Epoch, CatalogError> {
        in_transaction!(self.engine, tx => bump(&mut tx))
    }

    /// Keeps a list of the roots as they are at one moment: those of completed snapshots that are not deleted and
    /// those that sessions pin. It replaces any list kept before. Gives their number.
    ///
    /// # Errors
    /// `Fenced` if another collection has begun since; `Unavailable`, `CommitUnknown` (repeating is harmless).
    pub async fn list_roots(&self, epoch: Epoch) -> Result<u64, CatalogError> {
        in_transaction!(self.engine, tx => list(&mut tx, epoch))
    }

    /// The listed roots after the snapshot named, at most `limit`, in the order of their snapshots' ids.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn roots_to_mark(
        &self,
        epoch: Epoch,
        after: Option<SnapshotId>,
        limit: u32,
    ) -> Result<Vec<CollectionRoot>, CatalogError> {
        let sql = "SELECT snapshot, root FROM collection_roots WHERE epoch = $1 AND snapshot > $2 \
                   ORDER BY snapshot LIMIT $3";
        let after = after.map_or(String::new(), |id| id.to_string());
        let rows = self.engine.fetch(sql, &[epoch.0.into(), after.into(), limit.into()]).await?;
        rows.iter()
            .map(|row| Ok(CollectionRoot { snapshot: row.parsed("snapshot")?, root: row.bytes("root")? }))
            .collect()
    }

    /// The segments that uploads in progress have written, after the one named, at most `limit`, in the order of
    /// their names as bytes. They are pinned; marking them as well says so in two ways.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn upload_segments_to_mark(
        &self,
        after: Option<SegmentId>,
        limit: u32,
    ) -> Result<Vec<SegmentId>, CatalogError> {
        let sql = "SELECT s.id FROM segments s JOIN sessions h ON h.id = s.session \
                   JOIN uploads u ON u.snapshot = h.upload \
                   WHERE u.state <> 'done' AND s.id > $1 ORDER BY s.id LIMIT $2";
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let rows = self.engine.fetch(sql, &[after.as_slice().into(), limit.into()]).await?;
        rows.iter().map(|row| row.array("id").map(SegmentId::from_bytes)).collect()
    }

    /// The sealed segments that no session pins and no commit has stamped in `epoch` or later, after the one
    /// named, at most `limit`, in the order of their names as bytes: those worth asking [`RegionCatalog::condemn`]
    /// about.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn segments_to_condemn(
        &self,
        epoch: Epoch,
        after: Option<SegmentId>,
        limit: u32,
    ) -> Result<Vec<SegmentId>, CatalogError> {
        let sql = "SELECT id FROM segments WHERE state = 'sealed' AND pin_count = 0 AND touch_epoch < $1 \
                   AND id > $2 ORDER BY id LIMIT $3";
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let rows = self.engine.fetch(sql, &[epoch.0.into(), after.as_slice().into(), limit.into()]).await?;
        rows.iter().map(|row| row.array("id").map(SegmentId::from_bytes)).collect()
    }

    /// Condemns a segment that the collection of `epoch` did not mark, unless a session pins it or a snapshot
    /// that refers to it was committed since the collection began. Tells whether it was condemned.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn condemn(&self, id: SegmentId, epoch: Epoch, marked: bool) -> Result<bool, CatalogError> {
        if marked {
            return Ok(false);
        }
        in_transaction!(self.engine, tx => condemn(&mut tx, id, epoch))
    }
}

async fn bump(tx: &mut Transaction) -> Result<Epoch, CatalogError> {
    let row = tx.fetch_first("UPDATE store SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch", &[]).await?;
    row.ok_or(CatalogError::Missing { what: "store" })?.number("epoch").map(Epoch)
}

async fn list(tx: &mut Transaction, epoch: Epoch) -> Result<u64, CatalogError> {
    // The row's lock lets one list be made at a time, and only the newest collection's.
    let current = tx
        .lock_first("SELECT epoch FROM store WHERE id = 1", &[], crate::engine::Lock::Update)
        .await?
        .ok_or(CatalogError::Missing { what: "store" })?;
    if current.number::<u64>("epoch")? != epoch.0 {
        return Err(CatalogError::Fenced);
    }
    tx.execute("DELETE FROM collection_roots", &[]).await?;
    tx.execute(
        "INSERT INTO collection_roots (snapshot, epoch, root) SELECT id, $1, root FROM snapshots \
         WHERE root IS NOT NULL AND ((state = 'completed' AND deleted = 0) \
         OR id IN (SELECT snapshot FROM root_pins))",
        &[epoch.0.into()],
    )
    .await
}

/// One statement on one row's own columns, so that it and a pin of the same row come one after the other.
async fn condemn(tx: &mut Transaction, id: SegmentId, epoch: Epoch) -> Result<bool, CatalogError> {
    let condemned = tx
        .execute(
            "UPDATE segments SET state = 'condemned' \
             WHERE id = $1 AND state = 'sealed' AND pin_count = 0 AND touch_epoch < $2",
            &[id.to_bytes().into(), epoch.0.into()],
        )
        .await?;
    Ok(condemned > 0)
}
