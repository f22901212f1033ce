//! What accounts set for their new snapshots.

use ebs::{AccountId, KeyId};

use super::RegionCatalog;
use super::kms_key::{KeyChangeRefused, USABLE, require};
use crate::engine::{Lock, Value, in_transaction};
use crate::error::CatalogError;

/// An account's settings in a region. Those of an account that has set nothing are the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EbsSettings {
    /// Whether new snapshots are encrypted without being asked to.
    pub encryption_by_default: bool,
    /// The key that encrypts if no other is named; none is the one that the service manages.
    pub default_key: Option<KeyId>,
}

impl RegionCatalog {
    /// The account's settings.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn ebs_settings(&self, account: AccountId) -> Result<EbsSettings, CatalogError> {
        let sql = "SELECT encryption_by_default, default_key FROM ebs_settings WHERE account = $1";
        let rows = self.engine.fetch(sql, &[account.to_string().into()]).await?;
        let Some(row) = rows.first() else { return Ok(EbsSettings::default()) };
        Ok(EbsSettings {
            encryption_by_default: row.integer("encryption_by_default")? == 1,
            default_key: row.parsed_if_any("default_key")?,
        })
    }

    /// Sets whether the account's new snapshots are encrypted without being asked to. Durable when this returns.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn set_encryption_by_default(&self, account: AccountId, on: bool) -> Result<(), CatalogError> {
        let sql = "INSERT INTO ebs_settings (account, encryption_by_default) VALUES ($1, $2) \
                   ON CONFLICT (account) DO UPDATE SET encryption_by_default = excluded.encryption_by_default";
        let values = [account.to_string().into(), u32::from(on).into()];
        in_transaction!(self.engine, tx => tx.execute(sql, &values)).map(drop)
    }

    /// Sets the key that encrypts if no other is named, which must be enabled; none for the one that the service
    /// manages. Once the key is deleted it is none again. Durable when this returns.
    ///
    /// # Errors
    /// `KeyNotFound`, `WrongState`; the catalog's own errors (repeating the call is harmless).
    pub async fn set_default_key(
        &self,
        account: AccountId,
        key: Option<KeyId>,
    ) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            if let Some(key) = key {
                require(&mut tx, key, &USABLE, Lock::Share).await?;
            }
            let sql = "INSERT INTO ebs_settings (account, default_key) VALUES ($1, $2) \
                       ON CONFLICT (account) DO UPDATE SET default_key = excluded.default_key";
            tx.execute(sql, &[account.to_string().into(), Value::from(key.map(|key| key.to_string()))]).await?;
            Ok::<_, KeyChangeRefused>(())
        })
    }
}
