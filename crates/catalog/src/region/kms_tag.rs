//! Tags of keys.

use ebs::{KeyId, Tag};

use super::RegionCatalog;
use super::kms_key::{KEPT, KeyChangeRefused, require};
use crate::engine::{Lock, Transaction, in_transaction};
use crate::error::CatalogError;

impl RegionCatalog {
    /// Puts all the tags on a key that is enabled or disabled, giving names that are there a new value, or changes
    /// nothing.
    ///
    /// # Errors
    /// `KeyNotFound`, `WrongState`; `LimitExceeded` if the key would have more than `tags_max`; the catalog's own errors
    /// (repeating the call is harmless).
    pub async fn put_key_tags(
        &self,
        key: KeyId,
        tags: &[Tag],
        tags_max: u32,
    ) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            require(&mut tx, key, &KEPT, Lock::Update).await?;
            insert_key_tags(&mut tx, key, tags).await?;
            let sql = "SELECT COUNT(*) AS tags FROM kms_tags WHERE kms_key = $1";
            let row = tx.fetch_first(sql, &[key.to_string().into()]).await?;
            let tags: u32 = row.ok_or(CatalogError::Missing { what: "count" })?.number("tags")?;
            if tags > tags_max {
                return Err(KeyChangeRefused::LimitExceeded { limit: tags_max });
            }
            Ok(())
        })
    }

    /// Takes the tags of these names off a key that is enabled or disabled. Names that are not there are no error.
    ///
    /// # Errors
    /// `KeyNotFound`, `WrongState`; the catalog's own errors (repeating the call is harmless).
    pub async fn delete_key_tags(&self, key: KeyId, names: &[String]) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            require(&mut tx, key, &KEPT, Lock::Update).await?;
            for name in names {
                let sql = "DELETE FROM kms_tags WHERE kms_key = $1 AND name = $2";
                tx.execute(sql, &[key.to_string().into(), name.as_str().into()]).await?;
            }
            Ok::<_, KeyChangeRefused>(())
        })
    }

    /// The key's tags after the one named, at most `limit`, in the order of their names.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn key_tags_page(
        &self,
        key: KeyId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Tag>, CatalogError> {
        let sql = "SELECT name, value FROM kms_tags WHERE kms_key = $1 AND name > $2 ORDER BY name LIMIT $3";
        let values = [key.to_string().into(), after.unwrap_or_default().into(), limit.into()];
        let rows = self.engine.fetch(sql, &values).await?;
        rows.iter().map(|row| Ok(Tag { key: row.text("name")?, value: row.text("value")? })).collect()
    }
}

/// Puts the tags on the key. Its row is locked by the caller, or its own.
pub(super) async fn insert_key_tags(
    tx: &mut Transaction,
    key: KeyId,
    tags: &[Tag],
) -> Result<(), CatalogError> {
    for tag in tags {
        tx.execute(
            "INSERT INTO kms_tags (kms_key, name, value) VALUES ($1, $2, $3) \
             ON CONFLICT (kms_key, name) DO UPDATE SET value = excluded.value",
            &[key.to_string().into(), tag.key.as_str().into(), tag.value.as_str().into()],
        )
        .await?;
    }
    Ok(())
}
