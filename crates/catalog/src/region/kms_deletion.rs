//! How keys end. First the key is deleted: it is found no more and can be used for nothing. Then, once the caller has
//! deleted the objects that hold its material, its rows are shredded. A crash between the two leaves a deleted key that
//! is given again.

use ebs::{KeyId, KeyState, Timestamp};

use super::RegionCatalog;
use super::kms_key::{read, select_keys};
use super::quota::forget_key;
use crate::engine::{Lock, Transaction, Value, in_transaction};
use crate::error::CatalogError;

impl RegionCatalog {
    /// Deletes keys whose deletion date is not after `now`, with their aliases and where they are an account's
    /// default, and gives them together with those that were deleted before and are not shredded: at most `limit`,
    /// those that have waited longest first. Material that they have is to be destroyed wherever it is; then
    /// [`RegionCatalog::shred_key`] ends it.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt` and `CommitUnknown`; some keys may then have been deleted. Repeating the call is
    /// harmless.
    pub async fn delete_due_keys(&self, now: Timestamp, limit: u32) -> Result<Vec<KeyId>, CatalogError> {
        let rows = self.engine.fetch(SELECT_DUE, &[now.0.into(), limit.into()]).await?;
        let mut deleted = Vec::new();
        for row in rows {
            let id = row.parsed("id")?;
            if in_transaction!(self.engine, tx => delete(&mut tx, id, now))? {
                deleted.push(id);
            }
        }
        Ok(deleted)
    }

    /// Forgets the material, policy, grants and tags of a deleted key; its row stays. Nothing that was sealed under it
    /// can be opened any more. `false`, and nothing has changed, if the key is not deleted or was shredded before.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn shred_key(&self, id: KeyId) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => shred(&mut tx, id))
    }
}

const SELECT_DUE: &str = "SELECT id FROM kms_keys WHERE deletion_date IS NOT NULL AND deletion_date <= $1 \
     ORDER BY deletion_date, id LIMIT $2";
const SELECT_BY_ID: &str = select_keys!("WHERE k.id = $1");

/// Deletes the key if it is due still. Whether it is deleted, and not shredded, then.
async fn delete(tx: &mut Transaction, id: KeyId, now: Timestamp) -> Result<bool, CatalogError> {
    let key = [Value::from(id.to_string())];
    let Some(row) = tx.lock_first(SELECT_BY_ID, &key, Lock::Update).await? else { return Ok(false) };
    let record = read(&row)?;
    if record.deletion_date.is_none_or(|date| date > now) {
        return Ok(false);
    }
    if record.state == KeyState::Deleted {
        return Ok(true);
    }
    for sql in [
        "UPDATE kms_keys SET state = 'Deleted', revision = revision + 1 WHERE id = $1",
        "DELETE FROM kms_aliases WHERE kms_key = $1",
        "UPDATE ebs_settings SET default_key = NULL WHERE default_key = $1",
    ] {
        tx.execute(sql, &key).await?;
    }
    if record.managed_by == ebs::ManagedBy::Customer {
        forget_key(tx, record.account).await?;
    }
    Ok(true)
}

async fn shred(tx: &mut Transaction, id: KeyId) -> Result<bool, CatalogError> {
    let key = [Value::from(id.to_string())];
    let shredded = tx
        .execute(
            "UPDATE kms_keys SET deletion_date = NULL, policy = '', rotation_days = NULL, \
             next_rotation = NULL WHERE id = $1 AND state = 'Deleted' AND deletion_date IS NOT NULL",
            &key,
        )
        .await?;
    if shredded == 0 {
        return Ok(false);
    }
    for sql in [
        "DELETE FROM kms_materials WHERE kms_key = $1",
        "DELETE FROM kms_grants WHERE kms_key = $1",
        "DELETE FROM kms_tags WHERE kms_key = $1",
    ] {
        tx.execute(sql, &key).await?;
    }
    Ok(true)
}
