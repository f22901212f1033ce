//! Sessions that read one snapshot: the source of a copy.

use ebs::{SessionId, SnapshotId, Timestamp};

use super::RegionCatalog;
use super::pin::{insert_root_pin, lock_root};
use super::session::{SessionKind, insert};
use super::snapshot::{SnapshotRecord, of_any_account};
use crate::engine::{Transaction, in_transaction};
use crate::error::CatalogError;

impl RegionCatalog {
    /// Opens a leased session that pins the root of a completed snapshot, and gives both; nothing if the snapshot
    /// is not completed or was deleted. All that the root reaches stays readable until the session ends.
    ///
    /// Whoever the snapshot belongs to: that the caller may read it is checked before.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`; `CommitUnknown`, after which a session without a holder may be left until its
    /// lease ends.
    pub async fn open_read_session(
        &self,
        node: &str,
        lease_until: Timestamp,
        snapshot: SnapshotId,
    ) -> Result<Option<(SessionId, SnapshotRecord)>, CatalogError> {
        in_transaction!(self.engine, tx => open(&mut tx, node, lease_until, snapshot))
    }
}

async fn open(
    tx: &mut Transaction,
    node: &str,
    lease_until: Timestamp,
    snapshot: SnapshotId,
) -> Result<Option<(SessionId, SnapshotRecord)>, CatalogError> {
    if lock_root(tx, snapshot).await?.is_none() {
        return Ok(None);
    }
    let Some(record) = of_any_account(tx, snapshot).await? else { return Ok(None) };
    let session = insert(tx, SessionKind::Read, node, Some(lease_until), None).await?;
    insert_root_pin(tx, session, snapshot).await?;
    Ok(Some((session, record)))
}
