//! KMS keys: made, read, changed, and what every change asks of the key's state first.

use ebs::{AccountId, KeyId, KeyState, ManagedBy, MaterialId, Tag, Timestamp};

use super::RegionCatalog;
use super::domain::WrappedSecret;
use super::kms_tag::insert_key_tags;
use super::quota::admits_key;
use crate::engine::{Lock, MayConflict, Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// A KMS key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// Who decides about it.
    pub managed_by: ManagedBy,
    /// Its state.
    pub state: KeyState,
    /// What its maker said it is for.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it will be deleted; of a deleted key whose material is not gone yet, when it should have been.
    pub deletion_date: Option<Timestamp>,
    /// Grows with each change of its state, its policy or its grants.
    pub revision: u64,
    /// The material under which it encrypts now. A deleted key has none any more; the id stays.
    pub current_material: MaterialId,
    /// How it rotates by itself, if it does.
    pub rotation: Option<RotationSchedule>,
}

/// How a key rotates by itself. Only a key that is enabled does so; one that was not when it was due is due once it is
/// enabled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationSchedule {
    /// Days between two rotations.
    pub period_days: u32,
    /// When it is next due.
    pub next: Timestamp,
}

/// Material of a key, to be kept for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMaterial {
    /// Its id.
    pub id: MaterialId,
    /// The material, wrapped under the region's key.
    pub wrapped: WrappedSecret,
}

/// A key to create. It is enabled at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its id, drawn by the caller.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is for.
    pub description: String,
    /// When it is made.
    pub created: Timestamp,
    /// Its policy.
    pub policy: String,
    /// Its first material.
    pub material: NewMaterial,
    /// Its tags, no key twice.
    pub tags: Vec<Tag>,
    /// How it rotates by itself, if it does.
    pub rotation: Option<RotationSchedule>,
}

/// A change of a key's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStateChange {
    /// Of a key that is enabled or disabled, to enabled.
    Enable,
    /// Of a key that is enabled or disabled, to disabled.
    Disable,
    /// Of a key that is enabled or disabled, to be deleted at this time.
    ScheduleDeletion(Timestamp),
    /// Of a key whose deletion is pending, to disabled.
    CancelDeletion,
}

/// Why a key, or what belongs to it, was not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyChangeRefused {
    /// There is no such key, or it was deleted.
    #[error("the key does not exist")]
    KeyNotFound,
    /// The key's state does not allow it.
    #[error("the key is {}", .0.as_str())]
    WrongState(KeyState),
    /// There are as many as there may be.
    #[error("the limit is {limit}")]
    LimitExceeded {
        /// The limit.
        limit: u32,
    },
    /// There is, or was, one of this id or name. Where the caller drew the id, it draws another; after
    /// `CommitUnknown` this says that the first try was committed.
    #[error("the id or name is taken")]
    Taken,
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl MayConflict for KeyChangeRefused {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Catalog(error) if error.is_conflict())
    }
}

impl RegionCatalog {
    /// Creates a key of the account's own, with its material and tags. Durable when this returns.
    ///
    /// # Errors
    /// `LimitExceeded` if the account has `keys_max` keys of its own that are not deleted, counted exactly; `Taken`;
    /// the catalog's own errors. Nothing has changed, but for `CommitUnknown`.
    pub async fn create_key(&self, key: &NewKey, keys_max: u32) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => create(&mut tx, key, keys_max))
    }

    /// The key of this id, also a deleted one. Whoever's it is: who may know of it is for the caller to judge.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn key(&self, id: KeyId) -> Result<Option<KeyRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_BY_ID, &[id.to_string().into()]).await?;
        rows.first().map(read).transpose()
    }

    /// The account's keys after the one named, at most `limit`, in the order of their ids. Deleted ones are left out.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn keys_page(
        &self,
        account: AccountId,
        after: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<KeyRecord>, CatalogError> {
        let after = after.map_or(String::new(), |id| id.to_string());
        let values = [account.to_string().into(), after.into(), limit.into()];
        self.engine.fetch(SELECT_PAGE, &values).await?.iter().map(read).collect()
    }

    /// The key's policy and the revision at which it was read; nothing if the key does not exist or was deleted.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn key_policy(&self, id: KeyId) -> Result<Option<(String, u64)>, CatalogError> {
        let sql = "SELECT policy, revision FROM kms_keys WHERE id = $1 AND state <> 'Deleted'";
        let rows = self.engine.fetch(sql, &[id.to_string().into()]).await?;
        rows.first().map(|row| Ok((row.text("policy")?, row.number("revision")?))).transpose()
    }

    /// Gives the key another policy, in whichever state it is.
    ///
    /// # Errors
    /// `KeyNotFound`; the catalog's own errors (repeating the call is harmless).
    pub async fn put_key_policy(&self, id: KeyId, policy: &str) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            require(&mut tx, id, &NOT_DELETED, Lock::Update).await?;
            let sql = "UPDATE kms_keys SET policy = $2, revision = revision + 1 WHERE id = $1";
            tx.execute(sql, &[id.to_string().into(), policy.into()]).await?;
            Ok::<_, KeyChangeRefused>(())
        })
    }

    /// Gives a key that is enabled or disabled another description.
    ///
    /// # Errors
    /// `KeyNotFound`, `WrongState`; the catalog's own errors (repeating the call is harmless).
    pub async fn put_key_description(&self, id: KeyId, description: &str) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            require(&mut tx, id, &KEPT, Lock::Update).await?;
            let sql = "UPDATE kms_keys SET description = $2 WHERE id = $1";
            tx.execute(sql, &[id.to_string().into(), description.into()]).await?;
            Ok::<_, KeyChangeRefused>(())
        })
    }

    /// Changes the key's state, and gives the key as it is then. A key that has the state already stays as it is.
    ///
    /// # Errors
    /// `KeyNotFound`; `WrongState` if there is no such change from the state it has; the catalog's own errors.
    pub async fn set_key_state(
        &self,
        id: KeyId,
        change: KeyStateChange,
    ) -> Result<KeyRecord, KeyChangeRefused> {
        in_transaction!(self.engine, tx => set_state(&mut tx, id, change))
    }
}

macro_rules! select_keys {
    ($($rest:literal),+) => {
        concat!(
            "SELECT k.id, k.account, k.manager, k.state, k.description, k.created, k.deletion_date, ",
            "k.revision, k.current_material, k.rotation_days, k.next_rotation FROM kms_keys k ",
            $($rest),+
        )
    };
}
pub(super) use select_keys;

const SELECT_BY_ID: &str = select_keys!("WHERE k.id = $1");
const SELECT_PAGE: &str =
    select_keys!("WHERE k.account = $1 AND k.id > $2 AND k.state <> 'Deleted' ORDER BY k.id LIMIT $3");

/// States of a key that can be used.
pub(super) const USABLE: [KeyState; 1] = [KeyState::Enabled];
/// States of a key that can be changed.
pub(super) const KEPT: [KeyState; 2] = [KeyState::Enabled, KeyState::Disabled];
/// States of a key that exists.
pub(super) const NOT_DELETED: [KeyState; 3] =
    [KeyState::Enabled, KeyState::Disabled, KeyState::PendingDeletion];

/// The key, in one of these states and locked until the transaction ends.
pub(super) async fn require(
    tx: &mut Transaction,
    id: KeyId,
    states: &[KeyState],
    lock: Lock,
) -> Result<KeyRecord, KeyChangeRefused> {
    let row = tx.lock_first(SELECT_BY_ID, &[id.to_string().into()], lock).await?;
    let key = read(&row.ok_or(KeyChangeRefused::KeyNotFound)?)?;
    match key.state {
        state if states.contains(&state) => Ok(key),
        KeyState::Deleted => Err(KeyChangeRefused::KeyNotFound),
        state => Err(KeyChangeRefused::WrongState(state)),
    }
}

async fn create(tx: &mut Transaction, key: &NewKey, keys_max: u32) -> Result<(), KeyChangeRefused> {
    insert(tx, key, ManagedBy::Customer).await?;
    insert_key_tags(tx, key.id, &key.tags).await?;
    // The counter is locked last, as by all others.
    if admits_key(tx, key.account, keys_max).await? {
        Ok(())
    } else {
        Err(KeyChangeRefused::LimitExceeded { limit: keys_max })
    }
}

/// Puts the key and its first material down.
pub(super) async fn insert(
    tx: &mut Transaction,
    key: &NewKey,
    managed_by: ManagedBy,
) -> Result<(), KeyChangeRefused> {
    let inserted = tx
        .execute(
            "INSERT INTO kms_keys (id, account, manager, state, description, created, policy, revision, \
             current_material, rotation_days, next_rotation) \
             VALUES ($1, $2, $3, 'Enabled', $4, $5, $6, 1, $7, $8, $9) ON CONFLICT DO NOTHING",
            &[
                key.id.to_string().into(),
                key.account.to_string().into(),
                managed_by.as_str().into(),
                key.description.as_str().into(),
                key.created.0.into(),
                key.policy.as_str().into(),
                key.material.id.0.into(),
                Value::from(key.rotation.map(|rotation| rotation.period_days)),
                Value::from(key.rotation.map(|rotation| rotation.next.0)),
            ],
        )
        .await?;
    if inserted == 0 {
        return Err(KeyChangeRefused::Taken);
    }
    super::kms_material::insert_material(tx, key.id, &key.material, key.created, None).await?;
    Ok(())
}

async fn set_state(
    tx: &mut Transaction,
    id: KeyId,
    change: KeyStateChange,
) -> Result<KeyRecord, KeyChangeRefused> {
    let from: &[KeyState] = match change {
        KeyStateChange::CancelDeletion => &[KeyState::PendingDeletion],
        KeyStateChange::Enable | KeyStateChange::Disable | KeyStateChange::ScheduleDeletion(_) => &KEPT,
    };
    let (to, deletion_date) = match change {
        KeyStateChange::Enable => (KeyState::Enabled, None),
        KeyStateChange::Disable | KeyStateChange::CancelDeletion => (KeyState::Disabled, None),
        KeyStateChange::ScheduleDeletion(date) => (KeyState::PendingDeletion, Some(date)),
    };
    let key = require(tx, id, from, Lock::Update).await?;
    if key.state == to {
        return Ok(key);
    }
    tx.execute(
        "UPDATE kms_keys SET state = $2, deletion_date = $3, revision = revision + 1 WHERE id = $1",
        &[id.to_string().into(), to.as_str().into(), Value::from(deletion_date.map(|date| date.0))],
    )
    .await?;
    Ok(KeyRecord { state: to, deletion_date, revision: key.revision.saturating_add(1), ..key })
}

/// Counts one more change of the key. Its row is locked by the caller.
pub(super) async fn bump_revision(tx: &mut Transaction, id: KeyId) -> Result<(), CatalogError> {
    let sql = "UPDATE kms_keys SET revision = revision + 1 WHERE id = $1";
    tx.execute(sql, &[id.to_string().into()]).await.map(drop)
}

pub(super) fn read(row: &Row) -> Result<KeyRecord, CatalogError> {
    let period_days = row.number_if_any("rotation_days")?;
    let next = row.integer_if_any("next_rotation")?.map(Timestamp);
    Ok(KeyRecord {
        id: row.parsed("id")?,
        account: row.parsed("account")?,
        managed_by: row.word("manager", ManagedBy::from_word)?,
        state: row.word("state", KeyState::from_word)?,
        description: row.text("description")?,
        created: Timestamp(row.integer("created")?),
        deletion_date: row.integer_if_any("deletion_date")?.map(Timestamp),
        revision: row.number("revision")?,
        current_material: MaterialId(row.array("current_material")?),
        rotation: period_days.zip(next).map(|(period_days, next)| RotationSchedule { period_days, next }),
    })
}
