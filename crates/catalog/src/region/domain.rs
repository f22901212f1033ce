//! Domains: the scope of one secret.

use std::fmt;

use ebs::{AccountId, DomainId};
use zeroize::Zeroizing;

use super::RegionCatalog;
use crate::engine::{Row, Transaction, in_transaction};
use crate::error::CatalogError;

/// A domain's secret, wrapped under a key that the catalog does not have. Not shown, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedSecret(pub Zeroizing<Vec<u8>>);

impl fmt::Debug for WrappedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedSecret(..)")
    }
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRecord {
    /// Its number, drawn by the database.
    pub id: DomainId,
    /// Whose blocks it seals.
    pub account: AccountId,
    /// The KMS key its secret is wrapped under; none means the region's own key.
    pub kms_key: Option<String>,
    /// Its generation: 0 for the first of its account and key.
    pub generation: u64,
    /// Its secret.
    pub wrapped_secret: WrappedSecret,
}

impl RegionCatalog {
    /// The account's domain under the region's own key, in its newest generation.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn domain_of(&self, account: AccountId) -> Result<Option<DomainRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_NEWEST, &[account.to_string().into()]).await?;
        rows.first().map(read).transpose()
    }

    /// The domain of this number.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn domain(&self, id: DomainId) -> Result<Option<DomainRecord>, CatalogError> {
        let sql = "SELECT id, account, kms_key, generation, wrapped_secret FROM domains WHERE id = $1";
        let rows = self.engine.fetch(sql, &[id.0.into()]).await?;
        rows.first().map(read).transpose()
    }

    /// Makes the account's first domain under the region's own key, or gives the one that is there: of callers at
    /// the same time one makes it and all get it.
    ///
    /// # Errors
    /// `Unavailable`, `CommitUnknown` (repeating the call is harmless) and `Corrupt`.
    pub async fn create_domain(
        &self,
        account: AccountId,
        wrapped_secret: &WrappedSecret,
    ) -> Result<DomainRecord, CatalogError> {
        in_transaction!(self.engine, tx => create(&mut tx, account, wrapped_secret))
    }
}

const SELECT_NEWEST: &str = "SELECT id, account, kms_key, generation, wrapped_secret FROM domains \
     WHERE account = $1 AND kms_key IS NULL ORDER BY generation DESC LIMIT 1";

async fn create(
    tx: &mut Transaction,
    account: AccountId,
    wrapped_secret: &WrappedSecret,
) -> Result<DomainRecord, CatalogError> {
    tx.execute(
        "INSERT INTO domains (account, generation, wrapped_secret) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
        &[account.to_string().into(), wrapped_secret.0.as_slice().into()],
    )
    .await?;
    let row = tx.fetch_first(SELECT_NEWEST, &[account.to_string().into()]).await?;
    read(&row.ok_or(CatalogError::Missing { what: "domain" })?)
}

fn read(row: &Row) -> Result<DomainRecord, CatalogError> {
    Ok(DomainRecord {
        id: DomainId(row.number("id")?),
        account: row.parsed("account")?,
        kms_key: row.text_if_any("kms_key")?,
        generation: row.number("generation")?,
        wrapped_secret: WrappedSecret(Zeroizing::new(row.bytes("wrapped_secret")?)),
    })
}
