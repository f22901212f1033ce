//! Opening snapshots for reading.

use std::sync::Arc;

use block_store::{RootRef, SnapshotTree};
use catalog::{CatalogError, SnapshotRecord};
use ebs::{Refusal, SnapshotId, SnapshotState};

use crate::region::Region;
use crate::{Call, ServiceError};

impl Region {
    /// The tree of a completed snapshot. Who may read it is judged before.
    pub(crate) async fn tree_of(&self, record: &SnapshotRecord) -> Result<SnapshotTree, ServiceError> {
        let id = record.snapshot.id;
        if let Some(tree) = self.trees.get(&id) {
            return Ok(tree);
        }
        let tree = self.open_tree(record).await?;
        self.trees.insert(id, tree.clone());
        Ok(tree)
    }

    async fn open_tree(&self, record: &SnapshotRecord) -> Result<SnapshotTree, ServiceError> {
        let corrupt =
            || ServiceError::Internal(Arc::new(CatalogError::Corrupt { what: "root of a snapshot" }));
        let root = record.root.as_deref().and_then(RootRef::from_bytes).ok_or_else(corrupt)?;
        if root.snapshot() != record.snapshot.id {
            return Err(corrupt());
        }
        let keys = self.domains.of(root.domain()).await?;
        Ok(self.store.open_snapshot(&root, keys).await?)
    }
}

/// What making a snapshot took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Sealed bytes that were stored anew; for a copy those that came from the source.
    pub bytes_moved: u64,
    /// Bytes of blocks that were there already.
    pub bytes_shared: u64,
}

impl Call {
    /// What making a completed snapshot of the caller's took.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`].
    pub async fn transferred(&self, id: SnapshotId) -> Result<Transferred, ServiceError> {
        let record = self.snapshot(id).await?;
        Ok(Transferred { bytes_moved: record.bytes_moved, bytes_shared: record.bytes_shared })
    }

    /// Bytes of the blocks that a completed snapshot of the caller's has; 0 while it is pending.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`].
    pub async fn full_size_bytes(&self, id: SnapshotId) -> Result<u64, ServiceError> {
        Ok(self.snapshot(id).await?.snapshot.full_size_bytes.unwrap_or(0))
    }

    /// The caller's snapshot, in any state.
    pub(crate) async fn snapshot(&self, id: SnapshotId) -> Result<SnapshotRecord, ServiceError> {
        let record = self.region.catalog.snapshot(self.account(), id).await?;
        Ok(record.ok_or(Refusal::SnapshotNotFound(id))?)
    }

    /// The caller's snapshot and its tree, if it is completed.
    pub(crate) async fn readable(
        &self,
        id: SnapshotId,
    ) -> Result<(SnapshotRecord, SnapshotTree), ServiceError> {
        let record = self.snapshot(id).await?;
        if record.snapshot.state != SnapshotState::Completed {
            return Err(Refusal::SnapshotNotReadable(id).into());
        }
        let tree = self.region.tree_of(&record).await?;
        Ok((record, tree))
    }
}
