//! Opening a region: is this the store, is this the key?

use std::sync::Arc;

use block_store::{BlockStore, MemoryBudget, ObjectError, ObjectName, ObjectStore, StoreParts};
use catalog::RegionCatalog;
use ebs::{Clock, Incarnation, Randomness};
use kms::RegionKey;
use quick_cache::sync::Cache;
use tokio::sync::Notify;

use super::{OpenRegionError, Region, RegionSettings};
use crate::ServiceSettings;
use crate::domains::Domains;
use crate::ledger::CatalogLedger;
use crate::uploads::Uploads;

/// Roots kept open for reading.
const TREES_OPEN: usize = 128;

impl Region {
    /// Opens a region, and makes its key and its store if both are new.
    pub(crate) async fn open(
        settings: RegionSettings,
        service: &ServiceSettings,
        memory: &MemoryBudget,
        clock: &Arc<dyn Clock>,
        randomness: &Arc<dyn Randomness>,
    ) -> Result<Self, OpenRegionError> {
        let catalog = Arc::new(RegionCatalog::open(&settings.catalog, &settings.name).await?);
        let (key, incarnation) = identify(&settings, &catalog, &**randomness).await?;
        let ledger = CatalogLedger { catalog: Arc::clone(&catalog), clock: Arc::clone(clock) };
        let store = BlockStore::open(StoreParts {
            objects: settings.objects,
            staging: settings.staging,
            index: settings.index,
            incarnation,
            ledger: Arc::new(ledger),
            randomness: Arc::clone(randomness),
            memory: memory.clone(),
            cpu_tasks: service.cpu_tasks,
        })?;
        let domains =
            Domains::new(settings.name.clone(), key, incarnation, Arc::clone(&catalog), store.clone());
        catalog.end_leases_of(&service.node).await?;
        Ok(Self {
            uploads: Uploads::new(Arc::clone(&catalog), service.node.clone()),
            name: settings.name,
            catalog,
            store,
            domains,
            trees: Cache::new(TREES_OPEN),
            job_added: Notify::new(),
        })
    }
}

/// The key and the incarnation of the region's store. A key is drawn only where neither catalog nor object store
/// knows of one and no snapshot is there: a node that has lost its key must not begin anew beside the old data.
async fn identify(
    settings: &RegionSettings,
    catalog: &RegionCatalog,
    randomness: &dyn Randomness,
) -> Result<(RegionKey, Incarnation), OpenRegionError> {
    let region = || settings.name.clone();
    let known = catalog.store().await?;
    let in_objects = key_check_of(&*settings.objects).await?;
    let kept = settings.key.load().map_err(|source| OpenRegionError::KeyFile { region: region(), source })?;
    if known.is_some() && in_objects.is_none() {
        return Err(OpenRegionError::StoreLost(region()));
    }
    let key = match kept {
        Some(key) => key,
        None if known.is_some() || in_objects.is_some() => return Err(OpenRegionError::KeyMissing(region())),
        None => {
            let key = RegionKey::draw(randomness);
            settings
                .key
                .keep(&key)
                .map_err(|source| OpenRegionError::KeyFile { region: region(), source })?;
            key
        }
    };
    let check = key.check().0.to_vec();
    let checks = [known.as_ref().map(|store| &store.key_check), in_objects.as_ref()];
    if checks.into_iter().flatten().any(|known| *known != check) {
        return Err(OpenRegionError::WrongKey(region()));
    }
    if let Some(store) = known {
        return Ok((key, store.incarnation));
    }
    let snapshots = settings.objects.list("snap/", None, 1).await.map_err(block_store::StoreError::from)?;
    if !snapshots.is_empty() {
        return Err(OpenRegionError::CatalogLost(region()));
    }
    let put = settings.objects.put(&ObjectName::key_check(), check.clone().into()).await;
    put.map_err(block_store::StoreError::from)?;
    let mut incarnation = Incarnation([0; 16]);
    randomness.fill(&mut incarnation.0);
    let store = catalog.create_store(incarnation, &check).await?;
    if store.key_check != check {
        return Err(OpenRegionError::WrongKey(region()));
    }
    Ok((key, store.incarnation))
}

async fn key_check_of(objects: &dyn ObjectStore) -> Result<Option<Vec<u8>>, OpenRegionError> {
    match objects.get(&ObjectName::key_check(), 0..64).await {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(ObjectError::NotFound(_)) => Ok(None),
        Err(error) => Err(block_store::StoreError::from(error).into()),
    }
}
