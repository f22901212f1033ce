//! Grants for keys.

use std::collections::BTreeSet;

use ebs::{Grant, GrantConstraints, GrantId, GrantOperation, KeyArn, KeyId, Timestamp};

use super::RegionCatalog;
use super::kms_key::{KeyChangeRefused, USABLE, bump_revision, require};
use crate::engine::{Lock, Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

impl RegionCatalog {
    /// Keeps a grant for an enabled key, and gives its id: that of the earlier one, if the key has one of the same name,
    /// grantee, retiring principal, operations and constraints. Grants without a name are never the same. Durable when
    /// this returns.
    ///
    /// # Errors
    /// `KeyNotFound`, `WrongState`; `LimitExceeded` if the key has `grants_max` grants, counted exactly; `Taken`; the
    /// catalog's own errors.
    pub async fn create_grant(&self, grant: &Grant, grants_max: u32) -> Result<GrantId, KeyChangeRefused> {
        in_transaction!(self.engine, tx => create(&mut tx, grant, grants_max))
    }

    /// Ends a grant for the key, in whichever state that is. `false` if there is no such grant for it.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn delete_grant(&self, key: KeyId, id: GrantId) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => async {
            let values = [id.to_string().into(), key.to_string().into()];
            tx.lock_all("SELECT id FROM kms_keys WHERE id = $1", &values[1..]).await?;
            let sql = "DELETE FROM kms_grants WHERE id = $1 AND kms_key = $2";
            let deleted = tx.execute(sql, &values).await?;
            if deleted > 0 {
                bump_revision(&mut tx, key).await?;
            }
            Ok::<_, CatalogError>(deleted > 0)
        })
    }

    /// The grant of this id for the key.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn grant(&self, key: KeyId, id: GrantId) -> Result<Option<Grant>, CatalogError> {
        let rows = self.engine.fetch(SELECT_BY_ID, &[key.to_string().into(), id.to_string().into()]).await?;
        rows.first().map(|row| self.read_grant(row)).transpose()
    }

    /// Grants for the key after the one named, at most `limit`, in the order of their ids; only those to `grantee`, if
    /// there is one.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn grants_page(
        &self,
        key: KeyId,
        grantee: Option<&str>,
        after: Option<GrantId>,
        limit: u32,
    ) -> Result<Vec<Grant>, CatalogError> {
        let after = after.map_or(String::new(), |id| id.to_string());
        let mut values = vec![key.to_string().into(), after.into(), limit.into()];
        let sql = match grantee {
            Some(grantee) => {
                values.push(grantee.into());
                SELECT_PAGE_OF_GRANTEE
            }
            None => SELECT_PAGE,
        };
        self.engine.fetch(sql, &values).await?.iter().map(|row| self.read_grant(row)).collect()
    }

    /// Grants, for whichever keys, that the principal may retire, after the one named, at most `limit`, in the order of
    /// their ids.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn retirable_grants_page(
        &self,
        retiring: &str,
        after: Option<GrantId>,
        limit: u32,
    ) -> Result<Vec<Grant>, CatalogError> {
        let after = after.map_or(String::new(), |id| id.to_string());
        let values = [retiring.into(), after.into(), limit.into()];
        let rows = self.engine.fetch(SELECT_PAGE_OF_RETIRING, &values).await?;
        rows.iter().map(|row| self.read_grant(row)).collect()
    }

    fn read_grant(&self, row: &Row) -> Result<Grant, CatalogError> {
        let key = KeyArn {
            region: self.region.clone(),
            account: row.parsed("account")?,
            key: row.parsed("kms_key")?,
        };
        let constraints = GrantConstraints::from_bytes(&row.bytes("constraints")?);
        Ok(Grant {
            id: row.parsed("id")?,
            key,
            name: row.text_if_any("name")?,
            grantee: row.text("grantee")?,
            retiring: row.text_if_any("retiring")?,
            issuer: row.text("issuer")?,
            operations: row.word("operations", read_operations)?,
            constraints: constraints.ok_or(CatalogError::Corrupt { what: "constraints" })?,
            created: Timestamp(row.integer("created")?),
        })
    }
}

macro_rules! select_grants {
    ($($rest:literal),+) => {
        concat!(
            "SELECT g.id, g.kms_key, k.account, g.name, g.grantee, g.retiring, g.issuer, g.operations, ",
            "g.constraints, g.created FROM kms_grants g JOIN kms_keys k ON k.id = g.kms_key WHERE ",
            // What is left of a deleted key's grants is being shredded.
            "k.state <> 'Deleted' AND ",
            $($rest),+
        )
    };
}

const SELECT_BY_ID: &str = select_grants!("g.kms_key = $1 AND g.id = $2");
const SELECT_PAGE: &str = select_grants!("g.kms_key = $1 AND g.id > $2 ORDER BY g.id LIMIT $3");
const SELECT_PAGE_OF_GRANTEE: &str =
    select_grants!("g.kms_key = $1 AND g.id > $2 AND g.grantee = $4 ORDER BY g.id LIMIT $3");
const SELECT_PAGE_OF_RETIRING: &str = select_grants!("g.retiring = $1 AND g.id > $2 ORDER BY g.id LIMIT $3");
const SELECT_SAME: &str = "SELECT id FROM kms_grants WHERE kms_key = $1 AND grantee = $2 AND name = $3 \
     AND COALESCE(retiring, '') = $4 AND operations = $5 AND constraints = $6 ORDER BY id LIMIT 1";

async fn create(tx: &mut Transaction, grant: &Grant, grants_max: u32) -> Result<GrantId, KeyChangeRefused> {
    // Whoever makes or ends a grant for this key waits until the transaction ends.
    require(tx, grant.key.key, &USABLE, Lock::Update).await?;
    if let Some(same) = same_grant(tx, grant).await? {
        return Ok(same);
    }
    let key = Value::from(grant.key.key.to_string());
    let sql = "SELECT COUNT(*) AS grants FROM kms_grants WHERE kms_key = $1";
    let row = tx.fetch_first(sql, std::slice::from_ref(&key)).await?;
    let grants: u32 = row.ok_or(CatalogError::Missing { what: "count" })?.number("grants")?;
    if grants >= grants_max {
        return Err(KeyChangeRefused::LimitExceeded { limit: grants_max });
    }
    let inserted = tx
        .execute(
            "INSERT INTO kms_grants (id, kms_key, name, grantee, retiring, issuer, operations, constraints, \
             created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            &[
                grant.id.to_string().into(),
                key,
                Value::from(grant.name.clone()),
                grant.grantee.as_str().into(),
                Value::from(grant.retiring.clone()),
                grant.issuer.as_str().into(),
                write_operations(&grant.operations).into(),
                grant.constraints.to_bytes().as_slice().into(),
                grant.created.0.into(),
            ],
        )
        .await?;
    if inserted == 0 {
        return Err(KeyChangeRefused::Taken);
    }
    bump_revision(tx, grant.key.key).await?;
    Ok(grant.id)
}

async fn same_grant(tx: &mut Transaction, grant: &Grant) -> Result<Option<GrantId>, CatalogError> {
    let Some(name) = &grant.name else { return Ok(None) };
    let values = [
        grant.key.key.to_string().into(),
        grant.grantee.as_str().into(),
        name.as_str().into(),
        grant.retiring.as_deref().unwrap_or_default().into(),
        write_operations(&grant.operations).into(),
        grant.constraints.to_bytes().as_slice().into(),
    ];
    let row = tx.fetch_first(SELECT_SAME, &values).await?;
    row.map(|row| row.parsed("id")).transpose()
}

fn write_operations(operations: &BTreeSet<GrantOperation>) -> String {
    operations.iter().map(|operation| operation.as_str()).collect::<Vec<_>>().join(",")
}

fn read_operations(words: &str) -> Option<BTreeSet<GrantOperation>> {
    words.split(',').map(GrantOperation::from_word).collect()
}
