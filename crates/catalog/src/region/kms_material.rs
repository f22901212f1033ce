//! Material of keys: which is current, which was, and how a key rotates.

use ebs::{KeyId, MaterialId, RotationKind, Timestamp};
use zeroize::Zeroizing;

use super::RegionCatalog;
use super::domain::WrappedSecret;
use super::kms_key::{
    KeyChangeRefused, KeyRecord, NewMaterial, RotationSchedule, USABLE, read, require, select_keys,
};
use crate::engine::{Lock, Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// Material of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialRecord {
    /// Whose material it is.
    pub key: KeyId,
    /// Its id.
    pub id: MaterialId,
    /// The material, wrapped under the region's key.
    pub wrapped: WrappedSecret,
    /// When it was made.
    pub created: Timestamp,
    /// The rotation that made it; none for the key's first.
    pub rotation: Option<RotationKind>,
}

/// Why a key is given new material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationCause {
    /// Its rotation was due at `due`; the next one is at `next`.
    Due {
        /// When it was due, as the caller read it.
        due: Timestamp,
        /// When it is due again.
        next: Timestamp,
    },
    /// Somebody asked for it, which may be done `limit` times for one key. The schedule stays as it is.
    OnDemand {
        /// The limit.
        limit: u32,
    },
}

impl RegionCatalog {
    /// The material under which the key encrypts now; nothing if there is no such key or its material is gone.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn current_material(&self, key: KeyId) -> Result<Option<MaterialRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_CURRENT, &[key.to_string().into()]).await?;
        rows.first().map(read_material).transpose()
    }

    /// The key's material of this id, current or not; nothing if it has none of this id, or none any more.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn material(&self, key: KeyId, id: MaterialId) -> Result<Option<MaterialRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_BY_ID, &[key.to_string().into(), id.0.into()]).await?;
        rows.first().map(read_material).transpose()
    }

    /// The key's material after the one named, at most `limit`, oldest first, of one age by id.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn materials_page(
        &self,
        key: KeyId,
        after: Option<(Timestamp, MaterialId)>,
        limit: u32,
    ) -> Result<Vec<MaterialRecord>, CatalogError> {
        let (created, id) = match after {
            Some((created, id)) => (created.0, Value::from(id.0)),
            None => (i64::MIN, Value::from([])),
        };
        let values = [key.to_string().into(), created.into(), id, limit.into()];
        self.engine.fetch(SELECT_PAGE, &values).await?.iter().map(read_material).collect()
    }

    /// Gives an enabled key new material, under which it encrypts from then on. `false` if its current material is no
    /// longer `was`, or its rotation no longer due when the caller thinks: somebody else was faster. Of callers at
    /// the same time one rotates the key. Durable when this returns.
    ///
    /// # Errors
    /// `KeyNotFound`, `WrongState`; `LimitExceeded` if it was rotated on demand as often as it may be; the catalog's
    /// own errors. Nothing has changed, but for `CommitUnknown`: then repeating the call is harmless.
    pub async fn rotate_key(
        &self,
        key: KeyId,
        was: MaterialId,
        new: &NewMaterial,
        now: Timestamp,
        cause: RotationCause,
    ) -> Result<bool, KeyChangeRefused> {
        in_transaction!(self.engine, tx => rotate(&mut tx, key, was, new, now, cause))
    }

    /// Sets how an enabled key rotates by itself; none ends it.
    ///
    /// # Errors
    /// `KeyNotFound`, `WrongState`; the catalog's own errors (repeating the call is harmless).
    pub async fn set_rotation(
        &self,
        key: KeyId,
        schedule: Option<RotationSchedule>,
    ) -> Result<(), KeyChangeRefused> {
        in_transaction!(self.engine, tx => async {
            require(&mut tx, key, &USABLE, Lock::Update).await?;
            tx.execute(
                "UPDATE kms_keys SET rotation_days = $2, next_rotation = $3 WHERE id = $1",
                &[
                    key.to_string().into(),
                    Value::from(schedule.map(|schedule| schedule.period_days)),
                    Value::from(schedule.map(|schedule| schedule.next.0)),
                ],
            )
            .await?;
            Ok::<_, KeyChangeRefused>(())
        })
    }

    /// Enabled keys whose rotation is due at `now`, at most `limit`, those that have waited longest first.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn keys_to_rotate(&self, now: Timestamp, limit: u32) -> Result<Vec<KeyRecord>, CatalogError> {
        self.engine.fetch(SELECT_DUE, &[now.0.into(), limit.into()]).await?.iter().map(read).collect()
    }
}

macro_rules! select_materials {
    ($($rest:literal),+) => {
        concat!("SELECT m.kms_key, m.id, m.wrapped, m.created, m.rotation FROM kms_materials m ", $($rest),+)
    };
}

const SELECT_CURRENT: &str = select_materials!(
    "JOIN kms_keys k ON k.id = m.kms_key AND k.current_material = m.id WHERE m.kms_key = $1"
);
const SELECT_BY_ID: &str = select_materials!("WHERE m.kms_key = $1 AND m.id = $2");
const SELECT_PAGE: &str = select_materials!(
    "WHERE m.kms_key = $1 AND (m.created, m.id) > ($2, $3) ORDER BY m.created, m.id LIMIT $4"
);
const SELECT_DUE: &str = select_keys!(
    "WHERE k.state = 'Enabled' AND k.next_rotation IS NOT NULL AND k.next_rotation <= $1 ",
    "ORDER BY k.next_rotation, k.id LIMIT $2"
);

async fn rotate(
    tx: &mut Transaction,
    key: KeyId,
    was: MaterialId,
    new: &NewMaterial,
    now: Timestamp,
    cause: RotationCause,
) -> Result<bool, KeyChangeRefused> {
    let record = require(tx, key, &USABLE, Lock::Update).await?;
    if record.current_material != was {
        return Ok(false);
    }
    let (kind, next) = match cause {
        RotationCause::Due { due, next } => {
            if record.rotation.map(|schedule| schedule.next) != Some(due) {
                return Ok(false);
            }
            (RotationKind::Automatic, Some(next))
        }
        RotationCause::OnDemand { limit } => {
            if on_demand_rotations(tx, key).await? >= limit {
                return Err(KeyChangeRefused::LimitExceeded { limit });
            }
            (RotationKind::OnDemand, record.rotation.map(|schedule| schedule.next))
        }
    };
    insert_material(tx, key, new, now, Some(kind)).await?;
    tx.execute(
        "UPDATE kms_keys SET current_material = $2, next_rotation = $3 WHERE id = $1",
        &[key.to_string().into(), new.id.0.into(), Value::from(next.map(|next| next.0))],
    )
    .await?;
    Ok(true)
}

async fn on_demand_rotations(tx: &mut Transaction, key: KeyId) -> Result<u32, CatalogError> {
    let sql = "SELECT COUNT(*) AS rotations FROM kms_materials WHERE kms_key = $1 AND rotation = 'ON_DEMAND'";
    let row = tx.fetch_first(sql, &[key.to_string().into()]).await?;
    row.ok_or(CatalogError::Missing { what: "count" })?.number("rotations")
}

pub(super) async fn insert_material(
    tx: &mut Transaction,
    key: KeyId,
    material: &NewMaterial,
    created: Timestamp,
    rotation: Option<RotationKind>,
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO kms_materials (kms_key, id, wrapped, created, rotation) VALUES ($1, $2, $3, $4, $5)",
        &[
            key.to_string().into(),
            material.id.0.into(),
            material.wrapped.0.as_slice().into(),
            created.0.into(),
            Value::from(rotation.map(|kind| kind.as_str().to_owned())),
        ],
    )
    .await
    .map(drop)
}

fn read_material(row: &Row) -> Result<MaterialRecord, CatalogError> {
    let unknown = CatalogError::Corrupt { what: "rotation" };
    let rotation = match row.text_if_any("rotation")? {
        Some(word) => Some(RotationKind::from_word(&word).ok_or(unknown)?),
        None => None,
    };
    Ok(MaterialRecord {
        key: row.parsed("kms_key")?,
        id: MaterialId(row.array("id")?),
        wrapped: WrappedSecret(Zeroizing::new(row.bytes("wrapped")?)),
        created: Timestamp(row.integer("created")?),
        rotation,
    })
}
