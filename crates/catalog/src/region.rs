//! A region's catalog. Its operations stand beside the rows they are about, one subject in each file.

pub(crate) mod collector;
pub(crate) mod commit;
pub(crate) mod copy;
mod delete;
pub(crate) mod domain;
pub(crate) mod ebs_settings;
mod expire;
pub(crate) mod job;
pub(crate) mod kms_alias;
mod kms_deletion;
mod kms_grant;
pub(crate) mod kms_key;
pub(crate) mod kms_material;
mod kms_tag;
mod managed_key;
mod pin;
mod prune;
pub(crate) mod quota;
mod read_session;
pub(crate) mod segment;
pub(crate) mod session;
pub(crate) mod snapshot;
pub(crate) mod store;
pub(crate) mod tag;
pub(crate) mod under_way;
pub(crate) mod upload;

use ebs::RegionName;

use crate::engine::Engine;
use crate::error::CatalogError;
use crate::target::CatalogTarget;

/// The schema's migrations, version 1 first. What was released is never edited, only added to.
const MIGRATIONS: [&str; 2] =
    [include_str!("schema/region/0001.sql"), include_str!("schema/region/0002.sql")];

/// What exists in one region. Cheap to share behind an `Arc`; all of its operations may run at the same time.
pub struct RegionCatalog {
    engine: Engine,
    region: RegionName,
}

impl RegionCatalog {
    /// Opens the region's catalog, making it if there is none and bringing it to the schema of this release.
    ///
    /// A SQLite target is a file for this region alone; in PostgreSQL the region has the schema
    /// `region_<name>`, with underscores for hyphens.
    ///
    /// # Errors
    /// `NewerSchema` if a later release has written it, `NotDurable` if the server may lose what it acknowledges,
    /// `File`, `InvalidUrl` or `Unavailable` if the target cannot be used.
    pub async fn open(target: &CatalogTarget, region: &RegionName) -> Result<Self, CatalogError> {
        let schema = format!("region_{}", region.as_str().replace('-', "_"));
        Ok(Self { engine: Engine::open(target, &schema, &MIGRATIONS).await?, region: region.clone() })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `Unavailable` if it does not.
    pub async fn ping(&self) -> Result<(), CatalogError> {
        self.engine.fetch("SELECT 1 AS one", &[]).await.map(drop)
    }

    /// Waits for operations in progress and closes the catalog. Operations begun after this fail. Not closing
    /// loses nothing.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}
