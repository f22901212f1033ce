//! Quotas, counted in the transaction that uses them up.

use ebs::AccountId;
use ebs::limits::{COPIES_IN_FLIGHT_DEFAULT, SNAPSHOTS_MAX, UPLOADS_PENDING_MAX};

use crate::engine::{Lock, Transaction};
use crate::error::CatalogError;

/// How much may exist at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Pending copies in the region, of all accounts together.
    pub copies_in_flight: u32,
    /// Snapshots of an account in the region, in any state.
    pub snapshots: u32,
    /// Pending uploads of an account in the region.
    pub uploads_pending: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            copies_in_flight: COPIES_IN_FLIGHT_DEFAULT,
            snapshots: SNAPSHOTS_MAX,
            uploads_pending: UPLOADS_PENDING_MAX,
        }
    }
}

/// Whether there may be another pending copy in the region. Who asks next waits until the transaction ends.
pub(super) async fn admits_copy(tx: &mut Transaction, limit: u32) -> Result<bool, CatalogError> {
    tx.lock("SELECT id FROM copy_admission WHERE id = 1", &[], Lock::Update).await?;
    let sql = "SELECT COUNT(*) AS pending FROM snapshots \
               WHERE origin = 'copy' AND state = 'pending' AND deleted = 0";
    count_is_below(tx, sql, &[], limit).await
}

/// Whether the account may have another pending upload. Asked after [`admits_snapshot`], whose lock makes the
/// count exact.
pub(super) async fn admits_upload(
    tx: &mut Transaction,
    account: AccountId,
    limit: u32,
) -> Result<bool, CatalogError> {
    let sql = "SELECT COUNT(*) AS pending FROM snapshots \
               WHERE origin = 'upload' AND account = $1 AND state = 'pending' AND deleted = 0";
    count_is_below(tx, sql, &[account.to_string().into()], limit).await
}

/// Counts another snapshot of the account, if it may have one. Who counts next for this account waits until the
/// transaction ends.
pub(super) async fn admits_snapshot(
    tx: &mut Transaction,
    account: AccountId,
    limit: u32,
) -> Result<bool, CatalogError> {
    let sql = "UPDATE account_usage SET snapshots = snapshots + 1 WHERE account = $1 AND snapshots < $2";
    counts_one_more(tx, sql, account, limit).await
}

/// Counts one snapshot of the account less.
pub(super) async fn forget_snapshot(tx: &mut Transaction, account: AccountId) -> Result<(), CatalogError> {
    let sql = "UPDATE account_usage SET snapshots = snapshots - 1 WHERE account = $1";
    tx.execute(sql, &[account.to_string().into()]).await.map(drop)
}

/// Counts another KMS key of the account, if it may have one. Who counts next for this account waits until the
/// transaction ends.
pub(super) async fn admits_key(
    tx: &mut Transaction,
    account: AccountId,
    limit: u32,
) -> Result<bool, CatalogError> {
    let sql = "UPDATE account_usage SET kms_keys = kms_keys + 1 WHERE account = $1 AND kms_keys < $2";
    counts_one_more(tx, sql, account, limit).await
}

/// Counts one KMS key of the account less.
pub(super) async fn forget_key(tx: &mut Transaction, account: AccountId) -> Result<(), CatalogError> {
    let sql = "UPDATE account_usage SET kms_keys = kms_keys - 1 WHERE account = $1";
    tx.execute(sql, &[account.to_string().into()]).await.map(drop)
}

/// Runs `sql`, which counts one more in the row of `account` unless that has `limit`; whether it did.
async fn counts_one_more(
    tx: &mut Transaction,
    sql: &'static str,
    account: AccountId,
    limit: u32,
) -> Result<bool, CatalogError> {
    let account = account.to_string();
    tx.execute(
        "INSERT INTO account_usage (account, snapshots) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        &[account.clone().into()],
    )
    .await?;
    Ok(tx.execute(sql, &[account.into(), limit.into()]).await? > 0)
}

async fn count_is_below(
    tx: &mut Transaction,
    sql: &'static str,
    values: &[crate::engine::Value],
    limit: u32,
) -> Result<bool, CatalogError> {
    let row = tx.fetch_first(sql, values).await?.ok_or(CatalogError::Missing { what: "count" })?;
    Ok(row.integer("pending")? < i64::from(limit))
}
