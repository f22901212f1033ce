//! Access keys: who signs requests, and the sealed secret they sign with.

use std::fmt;

use ebs::{AccountId, Timestamp};
use zeroize::Zeroizing;

use super::DeploymentCatalog;
use crate::engine::{Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// An access key. The secrets are sealed under a key that the catalog does not have; they are not shown, and
/// wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKeyRecord {
    /// The key's id, which requests name.
    pub id: String,
    /// The account it acts for.
    pub account: AccountId,
    /// The ARN of the principal it acts as.
    pub principal_arn: String,
    /// The principal's unique id.
    pub user_id: String,
    /// The sealed secret key.
    pub sealed_secret: Zeroizing<Vec<u8>>,
    /// The sealed session token that requests must carry, for temporary keys.
    pub sealed_session_token: Option<Zeroizing<Vec<u8>>>,
    /// Whether it may be used.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}

impl fmt::Debug for AccessKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeyRecord")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("principal_arn", &self.principal_arn)
            .field("user_id", &self.user_id)
            .field("active", &self.active)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

impl DeploymentCatalog {
    /// Makes the key, or gives the one of this id these values; a key never changes its account. Durable when
    /// this returns.
    ///
    /// # Errors
    /// `Missing` if the account does not exist or the key is another account's; `Unavailable` and `CommitUnknown`
    /// (repeating the call is harmless).
    pub async fn put_access_key(&self, key: &AccessKeyRecord) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => put(&mut tx, key))
    }

    /// The key of this id, active or not.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn access_key(&self, id: &str) -> Result<Option<AccessKeyRecord>, CatalogError> {
        if id.contains('\0') {
            return Ok(None);
        }
        let sql = "SELECT id, account, principal_arn, user_id, sealed_secret, sealed_session_token, active, \
                   created FROM access_keys WHERE id = $1";
        let rows = self.engine.fetch(sql, &[id.into()]).await?;
        rows.first().map(read).transpose()
    }

    /// The account's keys after the one named, at most `limit`, in the order of their ids.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn access_keys(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<AccessKeyRecord>, CatalogError> {
        let sql = "SELECT id, account, principal_arn, user_id, sealed_secret, sealed_session_token, active, \
                   created FROM access_keys WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3";
        let values = [account.to_string().into(), after.unwrap_or_default().into(), limit.into()];
        let rows = self.engine.fetch(sql, &values).await?;
        rows.iter().map(read).collect()
    }
}

async fn put(tx: &mut Transaction, key: &AccessKeyRecord) -> Result<(), CatalogError> {
    let account = Value::from(key.account.to_string());
    let known =
        tx.fetch_first("SELECT id FROM accounts WHERE id = $1", std::slice::from_ref(&account)).await?;
    known.ok_or(CatalogError::Missing { what: "account" })?;
    let put = tx
        .execute(
            "INSERT INTO access_keys (id, account, principal_arn, user_id, sealed_secret, \
             sealed_session_token, active, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (id) DO UPDATE SET principal_arn = excluded.principal_arn, \
             user_id = excluded.user_id, sealed_secret = excluded.sealed_secret, \
             sealed_session_token = excluded.sealed_session_token, active = excluded.active \
             WHERE access_keys.account = excluded.account",
            &[
                key.id.as_str().into(),
                account,
                key.principal_arn.as_str().into(),
                key.user_id.as_str().into(),
                key.sealed_secret.as_slice().into(),
                Value::Bytes(key.sealed_session_token.as_ref().map(|token| token.to_vec())),
                u32::from(key.active).into(),
                key.created.0.into(),
            ],
        )
        .await?;
    if put == 0 { Err(CatalogError::Missing { what: "access key of this account" }) } else { Ok(()) }
}

fn read(row: &Row) -> Result<AccessKeyRecord, CatalogError> {
    Ok(AccessKeyRecord {
        id: row.text("id")?,
        account: row.parsed("account")?,
        principal_arn: row.text("principal_arn")?,
        user_id: row.text("user_id")?,
        sealed_secret: Zeroizing::new(row.bytes("sealed_secret")?),
        sealed_session_token: row.bytes_if_any("sealed_session_token")?.map(Zeroizing::new),
        active: row.integer("active")? == 1,
        created: Timestamp(row.integer("created")?),
    })
}
