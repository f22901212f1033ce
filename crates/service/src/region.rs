//! A region: one catalog, one store, one key.

mod open;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use block_store::{BlockStore, ObjectStore, SnapshotTree, StoreError};
use catalog::{CatalogError, CatalogTarget, RegionCatalog};
use ebs::{RegionName, SnapshotId};
use kms::{KeyError, RegionKey};
use quick_cache::sync::Cache;
use tokio::sync::Notify;

use crate::domains::Domains;
use crate::jobs::observer::JobObserver;
use crate::uploads::Uploads;

/// Where a region keeps what it keeps.
pub struct RegionSettings {
    /// Its name.
    pub name: RegionName,
    /// Its catalog.
    pub catalog: CatalogTarget,
    /// Its objects.
    pub objects: Arc<dyn ObjectStore>,
    /// A folder of this node for open segments.
    pub staging: PathBuf,
    /// A file of this node for the local index.
    pub index: PathBuf,
    /// Where its key is kept.
    pub key: Box<dyn KeyKeeper>,
    /// Who watches its jobs.
    pub jobs: Arc<dyn JobObserver>,
}

/// Keeps a region's key outside its store.
pub trait KeyKeeper: Send + Sync {
    /// The key, if there is one.
    ///
    /// # Errors
    /// [`std::io::Error`] if there is something that cannot be read, or is not a key.
    fn load(&self) -> Result<Option<RegionKey>, std::io::Error>;

    /// Keeps a new key: durable, and readable by nobody else, when this returns.
    ///
    /// # Errors
    /// [`std::io::Error`] if it cannot be kept, also if there is one already.
    fn keep(&self, key: &RegionKey) -> Result<(), std::io::Error>;
}

/// Why a region cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum OpenRegionError {
    /// The store was made with a key that this node does not have.
    #[error("the store of region {0} was made with another region key")]
    WrongKey(RegionName),
    /// The store was made with a key, and this node has none.
    #[error("the store of region {0} needs its region key, and there is none here")]
    KeyMissing(RegionName),
    /// The object store has snapshots and the catalog knows nothing of them.
    #[error("the object store of region {0} has snapshots that its catalog does not know")]
    CatalogLost(RegionName),
    /// The catalog knows a store, and the object store is not that store.
    #[error("the object store of region {0} is not the one that its catalog describes")]
    StoreLost(RegionName),
    /// The key file cannot be used.
    #[error("the key of region {region} cannot be read or kept")]
    KeyFile {
        /// The region.
        region: RegionName,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key cannot be used.
    #[error("the key of the region cannot be used")]
    Key(#[from] KeyError),
    /// The catalog cannot be opened.
    #[error("the catalog cannot be opened")]
    Catalog(#[from] CatalogError),
    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Store(#[from] StoreError),
}

/// A region that is served.
pub(crate) struct Region {
    pub(crate) name: RegionName,
    pub(crate) catalog: Arc<RegionCatalog>,
    pub(crate) store: BlockStore,
    pub(crate) domains: Domains,
    pub(crate) uploads: Uploads,
    /// Roots of snapshots that were read lately. Who may read is judged before this is asked.
    pub(crate) trees: Cache<SnapshotId, SnapshotTree>,
    /// Who watches its jobs.
    pub(crate) jobs: Arc<dyn JobObserver>,
    /// Rings when there may be a job to do.
    pub(crate) job_added: Notify,
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.name)
    }
}
