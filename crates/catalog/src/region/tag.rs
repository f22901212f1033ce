//! Tags of snapshots.

use std::collections::BTreeMap;

use ebs::operation::delete_tags::TagMatch;
use ebs::operation::describe_tags::{ResourceTag, TagCursor};
use ebs::{AccountId, SnapshotId, Tag};

use super::RegionCatalog;
use super::snapshot::placeholders;
use crate::engine::{Lock, MayConflict, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// Why tags were not changed.
#[derive(Debug, thiserror::Error)]
pub enum TagsRefused {
    /// The account has no such snapshot.
    #[error("the snapshot {0} does not exist")]
    SnapshotNotFound(SnapshotId),
    /// The snapshot would have more tags than a resource may have.
    #[error("the snapshot {0} would have too many tags")]
    TooManyTags(SnapshotId),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl MayConflict for TagsRefused {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Catalog(error) if error.is_conflict())
    }
}

/// Most rows written by one statement.
const ROWS_AT_ONCE: usize = 200;

impl RegionCatalog {
    /// Puts all the tags on all the snapshots, giving keys that are there a new value, or changes nothing.
    ///
    /// # Errors
    /// `SnapshotNotFound`; `TooManyTags` if one of them would have more than `tags_max`; the catalog's own errors.
    pub async fn put_tags(
        &self,
        account: AccountId,
        ids: &[SnapshotId],
        tags: &[Tag],
        tags_max: usize,
    ) -> Result<(), TagsRefused> {
        in_transaction!(self.engine, tx => put(&mut tx, account, ids, tags, tags_max))
    }

    /// Takes the tags that one of `matches` names off all the snapshots, or every tag if it names none. Tags that
    /// are not there are no error.
    ///
    /// # Errors
    /// `SnapshotNotFound`, in which case nothing has changed; the catalog's own errors.
    pub async fn delete_tags(
        &self,
        account: AccountId,
        ids: &[SnapshotId],
        matches: &[TagMatch],
    ) -> Result<(), TagsRefused> {
        in_transaction!(self.engine, tx => delete(&mut tx, account, ids, matches))
    }

    /// The account's tags after the cursor, at most `limit`, by resource and key.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn tags_page(
        &self,
        account: AccountId,
        after: Option<&TagCursor>,
        limit: u32,
    ) -> Result<Vec<ResourceTag>, CatalogError> {
        let (resource, key) = match after {
            Some(cursor) => (cursor.resource.to_string(), cursor.key.clone()),
            None => (String::new(), String::new()),
        };
        let sql = "SELECT snapshot, name, value FROM tags \
                   WHERE account = $1 AND (snapshot, name) > ($2, $3) ORDER BY snapshot, name LIMIT $4";
        let values = [account.to_string().into(), resource.into(), key.into(), limit.into()];
        let rows = self.engine.fetch(sql, &values).await?;
        rows.iter()
            .map(|row| {
                let tag = Tag { key: row.text("name")?, value: row.text("value")? };
                Ok(ResourceTag { resource: row.parsed("snapshot")?, tag })
            })
            .collect()
    }
}

async fn put(
    tx: &mut Transaction,
    account: AccountId,
    ids: &[SnapshotId],
    tags: &[Tag],
    tags_max: usize,
) -> Result<(), TagsRefused> {
    let ids = lock_snapshots(tx, account, ids).await?;
    insert_tags(tx, account, &ids, tags).await?;
    for ids in ids.chunks(ROWS_AT_ONCE) {
        let mut values = vec![account.to_string().into(), Value::from(tags_max as u64)];
        values.extend(ids.iter().map(|id| Value::from(id.to_string())));
        let sql = format!(
            "SELECT snapshot FROM tags WHERE account = $1 AND snapshot IN {} \
             GROUP BY snapshot HAVING COUNT(*) > $2 ORDER BY snapshot LIMIT 1",
            placeholders(3, ids.len())
        );
        if let Some(row) = tx.fetch_built(sql, &values).await?.first() {
            return Err(TagsRefused::TooManyTags(row.parsed("snapshot")?));
        }
    }
    Ok(())
}

async fn delete(
    tx: &mut Transaction,
    account: AccountId,
    ids: &[SnapshotId],
    matches: &[TagMatch],
) -> Result<(), TagsRefused> {
    for id in lock_snapshots(tx, account, ids).await? {
        let resource = [Value::from(account.to_string()), Value::from(id.to_string())];
        if matches.is_empty() {
            tx.execute("DELETE FROM tags WHERE account = $1 AND snapshot = $2", &resource).await?;
        }
        for tag in matches {
            let [account, snapshot] = resource.clone();
            tx.execute(
                "DELETE FROM tags WHERE account = $1 AND snapshot = $2 AND name = $3 \
                 AND ($4 IS NULL OR value = $4)",
                &[account, snapshot, tag.key.as_str().into(), Value::from(tag.value.clone())],
            )
            .await?;
        }
    }
    Ok(())
}

/// The ids sorted, each once, if the account has all of them; they stay as they are until the transaction ends.
async fn lock_snapshots(
    tx: &mut Transaction,
    account: AccountId,
    ids: &[SnapshotId],
) -> Result<Vec<SnapshotId>, TagsRefused> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids.dedup();
    for id in &ids {
        let row = tx
            .lock_first(
                "SELECT id FROM snapshots WHERE id = $1 AND account = $2 AND deleted = 0",
                &[id.to_string().into(), account.to_string().into()],
                Lock::Update,
            )
            .await?;
        if row.is_none() {
            return Err(TagsRefused::SnapshotNotFound(*id));
        }
    }
    Ok(ids)
}

/// Puts the tags on the snapshots, no id of which stands twice. Of tags with the same key the last one holds.
pub(super) async fn insert_tags(
    tx: &mut Transaction,
    account: AccountId,
    ids: &[SnapshotId],
    tags: &[Tag],
) -> Result<(), CatalogError> {
    let tags: BTreeMap<&str, &str> = tags.iter().map(|tag| (&*tag.key, &*tag.value)).collect();
    let rows: Vec<_> =
        ids.iter().flat_map(|id| tags.iter().map(move |(key, value)| (id, *key, *value))).collect();
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let mut values = vec![Value::from(account.to_string())];
        let mut places = Vec::with_capacity(rows.len());
        for (id, key, value) in rows {
            let next = values.len() + 1;
            places.push(format!("($1,${},${},${})", next, next + 1, next + 2));
            values.extend([id.to_string().into(), Value::from(*key), Value::from(*value)]);
        }
        let sql = format!(
            "INSERT INTO tags (account, snapshot, name, value) VALUES {} \
             ON CONFLICT (account, snapshot, name) DO UPDATE SET value = excluded.value",
            places.join(",")
        );
        tx.execute_built(sql, &values).await?;
    }
    Ok(())
}
