//! The deployment's catalog: what belongs to no region.

pub(crate) mod access_key;
pub(crate) mod account;

use crate::engine::Engine;
use crate::error::CatalogError;
use crate::target::CatalogTarget;

/// The schema's migrations, version 1 first. What was released is never edited, only added to.
const MIGRATIONS: [&str; 1] = [include_str!("schema/deployment/0001.sql")];

/// Accounts and access keys.
pub struct DeploymentCatalog {
    engine: Engine,
}

impl DeploymentCatalog {
    /// Opens the deployment's catalog, making it if there is none and bringing it to the schema of this release.
    ///
    /// A SQLite target is a file for this catalog alone; in PostgreSQL it has the schema `deployment`.
    ///
    /// # Errors
    /// `NewerSchema` if a later release has written it, `NotDurable` if the server may lose what it acknowledges,
    /// `File`, `InvalidUrl` or `Unavailable` if the target cannot be used.
    pub async fn open(target: &CatalogTarget) -> Result<Self, CatalogError> {
        Ok(Self { engine: Engine::open(target, "deployment", &MIGRATIONS).await? })
    }

    /// Waits for operations in progress and closes the catalog. Operations begun after this fail. Not closing
    /// loses nothing.
    pub async fn close(&self) {
        self.engine.close().await;
    }
}
