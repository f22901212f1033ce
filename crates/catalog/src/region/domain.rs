//! Domains: the scope of one secret.

use std::fmt;

use ebs::{AccountId, DomainId, KeyId, MaterialId};
use zeroize::Zeroizing;

use super::RegionCatalog;
use super::kms_key::{KeyChangeRefused, USABLE, require};
use crate::engine::{Lock, Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// A secret, wrapped under a key that the catalog does not have. Not shown, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedSecret(pub Zeroizing<Vec<u8>>);

impl fmt::Debug for WrappedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrappedSecret(..)")
    }
}

/// What wraps a domain's secret, if it is not the region's own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainKey {
    /// The KMS key; it may be another account's.
    pub id: KeyId,
    /// Its material that wraps the secret, which is not always the current one.
    pub material: MaterialId,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRecord {
    /// Its number, drawn by the database.
    pub id: DomainId,
    /// Whose blocks it seals.
    pub account: AccountId,
    /// The KMS key its secret is wrapped under; none means the region's own key.
    pub kms_key: Option<DomainKey>,
    /// Its generation: 0 for the first of its account and key.
    pub generation: u64,
    /// Its secret.
    pub wrapped_secret: WrappedSecret,
}

/// A domain to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    /// Whose blocks it seals.
    pub account: AccountId,
    /// The KMS key its secret is wrapped under; none means the region's own key.
    pub kms_key: Option<DomainKey>,
    /// Its generation.
    pub generation: u64,
    /// Its secret.
    pub wrapped_secret: WrappedSecret,
}

impl RegionCatalog {
    /// The account's domain under the KMS key, or under the region's own, in its newest generation.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn domain_of(
        &self,
        account: AccountId,
        key: Option<KeyId>,
    ) -> Result<Option<DomainRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_NEWEST, &[account.to_string().into(), scope(key)]).await?;
        rows.first().map(read).transpose()
    }

    /// The domain of this number.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn domain(&self, id: DomainId) -> Result<Option<DomainRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_BY_ID, &[id.0.into()]).await?;
        rows.first().map(read).transpose()
    }

    /// Makes the domain, or gives the one of its account, key and generation that is there: of callers at the same time
    /// one makes it and all get it. Nothing if there is none, and its key is not enabled or has not the material that
    /// wraps the secret.
    ///
    /// # Errors
    /// `Unavailable`, `CommitUnknown` (repeating the call is harmless) and `Corrupt`.
    pub async fn create_domain(&self, new: &NewDomain) -> Result<Option<DomainRecord>, CatalogError> {
        in_transaction!(self.engine, tx => create(&mut tx, new))
    }

    /// The domains, of whichever accounts, under the KMS key after the one named, at most `limit`, by number.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn domains_of_key(
        &self,
        key: KeyId,
        after: Option<DomainId>,
        limit: u32,
    ) -> Result<Vec<DomainRecord>, CatalogError> {
        let values = [key.to_string().into(), after.map_or(0, |id| id.0).into(), limit.into()];
        self.engine.fetch(SELECT_PAGE_OF_KEY, &values).await?.iter().map(read).collect()
    }
}

macro_rules! select_domains {
    ($rest:literal) => {
        concat!("SELECT id, account, kms_key, kms_material, generation, wrapped_secret FROM domains ", $rest)
    };
}

const SELECT_BY_ID: &str = select_domains!("WHERE id = $1");
const SELECT_NEWEST: &str =
    select_domains!("WHERE account = $1 AND COALESCE(kms_key, '') = $2 ORDER BY generation DESC LIMIT 1");
const SELECT_GENERATION: &str =
    select_domains!("WHERE account = $1 AND COALESCE(kms_key, '') = $2 AND generation = $3");
const SELECT_PAGE_OF_KEY: &str = select_domains!("WHERE kms_key = $1 AND id > $2 ORDER BY id LIMIT $3");

/// How the index of domains has their key.
fn scope(key: Option<KeyId>) -> Value {
    key.map_or(String::new(), |key| key.to_string()).into()
}

async fn create(tx: &mut Transaction, new: &NewDomain) -> Result<Option<DomainRecord>, CatalogError> {
    let place = [new.account.to_string().into(), scope(new.kms_key.map(|key| key.id)), new.generation.into()];
    if !wraps(tx, new.kms_key).await? {
        return tx.fetch_first(SELECT_GENERATION, &place).await?.as_ref().map(read).transpose();
    }
    tx.execute(
        "INSERT INTO domains (account, kms_key, kms_material, generation, wrapped_secret) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        &[
            new.account.to_string().into(),
            Value::from(new.kms_key.map(|key| key.id.to_string())),
            Value::from(new.kms_key.map(|key| key.material.0.to_vec())),
            new.generation.into(),
            new.wrapped_secret.0.as_slice().into(),
        ],
    )
    .await?;
    let row = tx.fetch_first(SELECT_GENERATION, &place).await?;
    read(&row.ok_or(CatalogError::Missing { what: "domain" })?).map(Some)
}

/// Whether the key can wrap a secret now: it is enabled, stays so until the transaction ends, and has the material.
async fn wraps(tx: &mut Transaction, key: Option<DomainKey>) -> Result<bool, CatalogError> {
    let Some(key) = key else { return Ok(true) };
    match require(tx, key.id, &USABLE, Lock::Share).await {
        Ok(_) => {}
        Err(KeyChangeRefused::Catalog(error)) => return Err(error),
        Err(_) => return Ok(false),
    }
    let sql = "SELECT id FROM kms_materials WHERE kms_key = $1 AND id = $2";
    let row = tx.fetch_first(sql, &[key.id.to_string().into(), key.material.0.into()]).await?;
    Ok(row.is_some())
}

fn read(row: &Row) -> Result<DomainRecord, CatalogError> {
    let kms_key = match row.parsed_if_any("kms_key")? {
        Some(id) => Some(DomainKey { id, material: MaterialId(row.array("kms_material")?) }),
        None => None,
    };
    Ok(DomainRecord {
        id: DomainId(row.number("id")?),
        account: row.parsed("account")?,
        kms_key,
        generation: row.number("generation")?,
        wrapped_secret: WrappedSecret(Zeroizing::new(row.bytes("wrapped_secret")?)),
    })
}
