//! CopySnapshot's transaction: the pending snapshot, its tags and its job, or nothing.

use ebs::{AccountId, SnapshotId, Tag, Timestamp, TransferType};

use super::RegionCatalog;
use super::quota::{Quotas, admits_copy, admits_snapshot};
use super::snapshot::CopySource;
use super::tag::insert_tags;
use crate::engine::{MayConflict, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// A copy to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCopy {
    /// Its id, drawn by the caller.
    pub id: SnapshotId,
    /// Its owner.
    pub account: AccountId,
    /// Its description.
    pub description: String,
    /// When the request was accepted; its job may run from then on.
    pub start_time: Timestamp,
    /// Whether it is to finish within a duration.
    pub transfer_type: TransferType,
    /// Its tags, no key twice.
    pub tags: Vec<Tag>,
    /// What it is a copy of.
    pub source: CopySource,
    /// The source's lineage, if it is known; else the source counts as the first of its own until the job says
    /// otherwise.
    pub source_lineage: Option<SnapshotId>,
    /// What the job needs to know beyond this. The catalog does not look into it.
    pub job_payload: Vec<u8>,
}

/// Why a copy was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateRefused {
    /// As many copies as there may be are pending in the region.
    #[error("too many copies in flight; the limit is {limit}")]
    TooManyCopies {
        /// The limit.
        limit: u32,
    },
    /// The account has as many snapshots as it may have.
    #[error("too many snapshots; the limit is {limit}")]
    TooManySnapshots {
        /// The limit.
        limit: u32,
    },
    /// There is, or was, a snapshot of this id. Draw another; after `CommitUnknown` this says that the first try
    /// was committed.
    #[error("the snapshot id {0} is taken")]
    IdTaken(SnapshotId),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl MayConflict for CreateRefused {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Catalog(error) if error.is_conflict())
    }
}

/// What a pending copy says of itself until its job has seen the source.
const METADATA_UNKNOWN: &str = "Metadata not updated";

impl RegionCatalog {
    /// Creates a pending copy with its tags and its job. Durable when this returns.
    ///
    /// # Errors
    /// A quota that is used up (counted exactly, whoever else creates at the same time), an id that is taken, or
    /// the catalog's own errors. Nothing has changed, but for `CommitUnknown`.
    pub async fn create_copy(&self, copy: &NewCopy, quotas: &Quotas) -> Result<(), CreateRefused> {
        in_transaction!(self.engine, tx => create(&mut tx, copy, quotas))
    }
}

async fn create(tx: &mut Transaction, copy: &NewCopy, quotas: &Quotas) -> Result<(), CreateRefused> {
    if !admits_copy(tx, quotas.copies_in_flight).await? {
        return Err(CreateRefused::TooManyCopies { limit: quotas.copies_in_flight });
    }
    if !admits_snapshot(tx, copy.account, quotas.snapshots).await? {
        return Err(CreateRefused::TooManySnapshots { limit: quotas.snapshots });
    }
    insert_snapshot(tx, copy).await?;
    insert_tags(tx, copy.account, &[copy.id], &copy.tags).await?;
    tx.execute(
        "INSERT INTO jobs (kind, snapshot, lane, state, attempt, run_at, created, payload) \
         VALUES ('copy', $1, $2, 'queued', 0, $3, $3, $4)",
        &[
            copy.id.to_string().into(),
            lane(copy.account, &copy.source, lineage(copy)).into(),
            copy.start_time.0.into(),
            copy.job_payload.as_slice().into(),
        ],
    )
    .await?;
    Ok(())
}

async fn insert_snapshot(tx: &mut Transaction, copy: &NewCopy) -> Result<(), CreateRefused> {
    let minutes = match copy.transfer_type {
        TransferType::Standard => None,
        TransferType::TimeBased { minutes } => Some(minutes),
    };
    let inserted = tx
        .execute(
            "INSERT INTO snapshots (id, account, origin, state, state_message, progress, start_time, \
             description, transfer_minutes, lineage, source_region, source_snapshot) \
             VALUES ($1, $2, 'copy', 'pending', $3, 0, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            &[
                copy.id.to_string().into(),
                copy.account.to_string().into(),
                METADATA_UNKNOWN.into(),
                copy.start_time.0.into(),
                copy.description.as_str().into(),
                Value::from(minutes),
                lineage(copy).to_string().into(),
                copy.source.region.as_str().into(),
                copy.source.snapshot.to_string().into(),
            ],
        )
        .await?;
    if inserted == 0 { Err(CreateRefused::IdTaken(copy.id)) } else { Ok(()) }
}

fn lineage(copy: &NewCopy) -> SnapshotId {
    copy.source_lineage.unwrap_or(copy.source.snapshot)
}

/// The name of the queue in which the account's copies of one lineage wait for each other, so that each finds
/// the one before it as its base.
pub(super) fn lane(account: AccountId, source: &CopySource, lineage: SnapshotId) -> String {
    format!("{account}/{}/{lineage}", source.region)
}
