//! Keys that the service manages for an account, found by their alias and made when they are first needed.

use ebs::{AliasName, ManagedBy};

use super::RegionCatalog;
use super::kms_alias::insert_alias;
use super::kms_key::{KeyChangeRefused, KeyRecord, NewKey, insert};
use crate::engine::in_transaction;
use crate::error::CatalogError;

impl RegionCatalog {
    /// The key that the alias names in the account of `new`; if there is none, `new` becomes it, managed by the service
    /// and outside the account's quota. Of callers at the same time one makes it and all get it; the others' keys
    /// leave nothing behind.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`, `CommitUnknown` (repeating the call is harmless), and `Conflict` if the alias went as
    /// soon as another had made it.
    pub async fn create_managed_key(
        &self,
        new: &NewKey,
        alias: &AliasName,
    ) -> Result<KeyRecord, CatalogError> {
        if let Some(key) = self.key_of_alias(new.account, alias).await? {
            return Ok(key);
        }
        let made: Result<(), KeyChangeRefused> = in_transaction!(self.engine, tx => async {
            insert(&mut tx, new, ManagedBy::Aws).await?;
            insert_alias(&mut tx, new.account, alias, new.id, new.created).await
        });
        match made {
            // Taken: what was put down of the new key is rolled back.
            Ok(()) | Err(KeyChangeRefused::Taken) => {}
            Err(KeyChangeRefused::Catalog(error)) => return Err(error),
            Err(refused) => return Err(CatalogError::Conflict { source: refused.into() }),
        }
        let key = self.key_of_alias(new.account, alias).await?;
        key.ok_or_else(|| CatalogError::Conflict { source: KeyChangeRefused::KeyNotFound.into() })
    }
}
