//! Aliases of keys.
//!
//! Whether an alias may be changed bears on the key that it names, so a change says which key that was: an alias that
//! names another one by now stays as it is.

use ebs::{AccountId, AliasName, KeyId, Timestamp};

use super::RegionCatalog;
use super::kms_key::{KEPT, KeyChangeRefused, KeyRecord, read, require, select_keys};
use crate::engine::{Lock, Row, Transaction, in_transaction};
use crate::error::CatalogError;

/// An alias of a key of its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasRecord {
    /// Its name, unique in its account.
    pub name: AliasName,
    /// The key that it names.
    pub key: KeyId,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last given a key.
    pub updated: Timestamp,
}

impl RegionCatalog {
    /// Gives a key of the account that is enabled or disabled another name. Durable when this returns.
    ///
    /// # Errors
    /// `KeyNotFound` if the account has no such key; `WrongState`; `Taken`; `LimitExceeded` if the key has
    /// `aliases_max` aliases, counted exactly; the catalog's own errors.
    pub async fn create_alias(
        &self,
        account: AccountId,
        name: &AliasName,
        key: KeyId,
        now: Timestamp,
        aliases_max: u32,
    ) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            admit(&mut tx, account, key, aliases_max).await?;
            insert_alias(&mut tx, account, name, key, now).await
        })
    }

    /// Has the account's alias, which names `was`, name another of the account's keys that is enabled or disabled.
    /// `false`, and nothing has changed, if there is no such alias or it does not name `was`.
    ///
    /// # Errors
    /// `KeyNotFound` if the account has no such key as the new one; `WrongState`; `LimitExceeded`; the catalog's own
    /// errors.
    pub async fn update_alias(
        &self,
        account: AccountId,
        name: &AliasName,
        (was, key): (KeyId, KeyId),
        now: Timestamp,
        aliases_max: u32,
    ) -> Result<bool, KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            // The name that it has already counts once.
            admit(&mut tx, account, key, aliases_max.saturating_add(u32::from(was == key))).await?;
            let updated = tx
                .execute(
                    "UPDATE kms_aliases SET kms_key = $4, updated = $5 \
                     WHERE account = $1 AND name = $2 AND kms_key = $3",
                    &[
                        account.to_string().into(),
                        name.as_str().into(),
                        was.to_string().into(),
                        key.to_string().into(),
                        now.0.into(),
                    ],
                )
                .await?;
            Ok::<_, KeyChangeRefused>(updated > 0)
        })
    }

    /// Deletes the account's alias, which names `was`. `false`, and nothing has changed, if there is no such alias or
    /// it does not name `was`.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn delete_alias(
        &self,
        account: AccountId,
        name: &AliasName,
        was: KeyId,
    ) -> Result<bool, CatalogError> {
        let sql = "DELETE FROM kms_aliases WHERE account = $1 AND name = $2 AND kms_key = $3";
        let values = [account.to_string().into(), name.as_str().into(), was.to_string().into()];
        in_transaction!(self.engine, tx => tx.execute(sql, &values)).map(|deleted| deleted > 0)
    }

    /// The key that the account's alias names, read together with the alias.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn key_of_alias(
        &self,
        account: AccountId,
        name: &AliasName,
    ) -> Result<Option<KeyRecord>, CatalogError> {
        let values = [account.to_string().into(), name.as_str().into()];
        let rows = self.engine.fetch(SELECT_KEY_OF_ALIAS, &values).await?;
        rows.first().map(read).transpose()
    }

    /// The account's aliases after the one named, at most `limit`, in the order of their names; only those of `key`, if
    /// there is one.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn aliases_page(
        &self,
        account: AccountId,
        key: Option<KeyId>,
        after: Option<&AliasName>,
        limit: u32,
    ) -> Result<Vec<AliasRecord>, CatalogError> {
        let mut values =
            vec![account.to_string().into(), after.map_or("", AliasName::as_str).into(), limit.into()];
        let sql = match key {
            Some(key) => {
                values.push(key.to_string().into());
                SELECT_PAGE_OF_KEY
            }
            None => SELECT_PAGE,
        };
        self.engine.fetch(sql, &values).await?.iter().map(read_alias).collect()
    }
}

const SELECT_KEY_OF_ALIAS: &str =
    select_keys!("JOIN kms_aliases a ON a.kms_key = k.id WHERE a.account = $1 AND a.name = $2");
const SELECT_PAGE: &str = "SELECT name, kms_key, created, updated FROM kms_aliases \
     WHERE account = $1 AND name > $2 ORDER BY name LIMIT $3";
const SELECT_PAGE_OF_KEY: &str = "SELECT name, kms_key, created, updated FROM kms_aliases \
     WHERE account = $1 AND name > $2 AND kms_key = $4 ORDER BY name LIMIT $3";

/// Whether the account's key may have another alias. Who asks next for this key waits until the transaction ends.
async fn admit(
    tx: &mut Transaction,
    account: AccountId,
    key: KeyId,
    aliases_max: u32,
) -> Result<(), KeyChangeRefused> {
    let record = require(tx, key, &KEPT, Lock::Update).await?;
    if record.account != account {
        return Err(KeyChangeRefused::KeyNotFound);
    }
    let sql = "SELECT COUNT(*) AS aliases FROM kms_aliases WHERE kms_key = $1";
    let row = tx.fetch_first(sql, &[key.to_string().into()]).await?;
    let aliases: u32 = row.ok_or(CatalogError::Missing { what: "count" })?.number("aliases")?;
    if aliases < aliases_max { Ok(()) } else { Err(KeyChangeRefused::LimitExceeded { limit: aliases_max }) }
}

/// Puts the alias down unless its name is taken. The key's row is locked by the caller, or its own.
pub(super) async fn insert_alias(
    tx: &mut Transaction,
    account: AccountId,
    name: &AliasName,
    key: KeyId,
    now: Timestamp,
) -> Result<(), KeyChangeRefused> {
    let inserted = tx
        .execute(
            "INSERT INTO kms_aliases (account, name, kms_key, created, updated) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT DO NOTHING",
            &[account.to_string().into(), name.as_str().into(), key.to_string().into(), now.0.into()],
        )
        .await?;
    if inserted == 0 { Err(KeyChangeRefused::Taken) } else { Ok(()) }
}

fn read_alias(row: &Row) -> Result<AliasRecord, CatalogError> {
    Ok(AliasRecord {
        name: row.parsed("name")?,
        key: row.parsed("kms_key")?,
        created: Timestamp(row.integer("created")?),
        updated: Timestamp(row.integer("updated")?),
    })
}
