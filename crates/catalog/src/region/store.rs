//! The row of the region's store: which incarnation it is, and the check value of its key.

use ebs::Incarnation;

use super::RegionCatalog;
use super::collector::Epoch;
use crate::engine::{Row, Transaction, in_transaction};
use crate::error::CatalogError;

/// The region's store as its catalog knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRecord {
    /// The mark that its objects' names carry.
    pub incarnation: Incarnation,
    /// A value by which the right root key is recognized. It is no secret.
    pub key_check: Vec<u8>,
    /// How many collections have begun.
    pub epoch: Epoch,
}

impl RegionCatalog {
    /// The store's row, or nothing if the store has not been made.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn store(&self) -> Result<Option<StoreRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT, &[]).await?;
        rows.first().map(read).transpose()
    }

    /// The root of one of the region's completed snapshots, of whichever account; nothing if there is no such
    /// snapshot.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn some_root(&self) -> Result<Option<Vec<u8>>, CatalogError> {
        let sql = "SELECT root FROM snapshots WHERE state = 'completed' AND deleted = 0 LIMIT 1";
        let rows = self.engine.fetch(sql, &[]).await?;
        rows.first().map(|row| row.bytes("root")).transpose()
    }

    /// Makes the store's row if there is none, and gives what is there then, which may be another's.
    ///
    /// # Errors
    /// `Unavailable`, `CommitUnknown` (repeating the call is harmless) and `Corrupt`.
    pub async fn create_store(
        &self,
        incarnation: Incarnation,
        key_check: &[u8],
    ) -> Result<StoreRecord, CatalogError> {
        in_transaction!(self.engine, tx => create(&mut tx, incarnation, key_check))
    }
}

const SELECT: &str = "SELECT incarnation, key_check, epoch FROM store WHERE id = 1";

async fn create(
    tx: &mut Transaction,
    incarnation: Incarnation,
    key_check: &[u8],
) -> Result<StoreRecord, CatalogError> {
    tx.execute(
        "INSERT INTO store (id, incarnation, key_check, epoch) VALUES (1, $1, $2, 1) ON CONFLICT DO NOTHING",
        &[incarnation.0.into(), key_check.into()],
    )
    .await?;
    let row = tx.fetch_first(SELECT, &[]).await?;
    read(&row.ok_or(CatalogError::Missing { what: "store" })?)
}

fn read(row: &Row) -> Result<StoreRecord, CatalogError> {
    Ok(StoreRecord {
        incarnation: Incarnation(row.array("incarnation")?),
        key_check: row.bytes("key_check")?,
        epoch: Epoch(row.number("epoch")?),
    })
}
