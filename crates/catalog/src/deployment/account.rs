//! Accounts.

use ebs::{AccountId, Timestamp};

use super::DeploymentCatalog;
use crate::engine::{Row, Transaction, in_transaction};
use crate::error::CatalogError;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its number.
    pub id: AccountId,
    /// When it was made.
    pub created: Timestamp,
}

impl DeploymentCatalog {
    /// Makes the account if there is none of this number. Durable when this returns.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn put_account(&self, account: &AccountRecord) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => put(&mut tx, account))
    }

    /// The account of this number.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn account(&self, id: AccountId) -> Result<Option<AccountRecord>, CatalogError> {
        let sql = "SELECT id, created FROM accounts WHERE id = $1";
        let rows = self.engine.fetch(sql, &[id.to_string().into()]).await?;
        rows.first().map(read).transpose()
    }

    /// The accounts after the one named, at most `limit`, in the order of their numbers.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn accounts(
        &self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<AccountRecord>, CatalogError> {
        let sql = "SELECT id, created FROM accounts WHERE id > $1 ORDER BY id LIMIT $2";
        let after = after.map_or(String::new(), |id| id.to_string());
        let rows = self.engine.fetch(sql, &[after.into(), limit.into()]).await?;
        rows.iter().map(read).collect()
    }
}

async fn put(tx: &mut Transaction, account: &AccountRecord) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO accounts (id, created) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &[account.id.to_string().into(), account.created.0.into()],
    )
    .await
    .map(drop)
}

fn read(row: &Row) -> Result<AccountRecord, CatalogError> {
    Ok(AccountRecord { id: row.parsed("id")?, created: Timestamp(row.integer("created")?) })
}
