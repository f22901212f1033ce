//! Opening a region: is this the store, is this the key?

use std::sync::Arc;

use block_store::{
    BlockStore, MemoryBudget, ObjectError, ObjectName, ObjectStore, RootRef, StoreError, StoreParts,
};
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
    /// Opens a region, one of so many stores of this process, and makes its key and its store if both are new.
    pub(crate) async fn open(
        settings: RegionSettings,
        (service, stores): (&ServiceSettings, usize),
        memory: &MemoryBudget,
        clock: &Arc<dyn Clock>,
        randomness: &Arc<dyn Randomness>,
    ) -> Result<Self, OpenRegionError> {
        let catalog = Arc::new(RegionCatalog::open(&settings.catalog, &settings.name).await?);
        let opened =
            Self::open_over(Arc::clone(&catalog), settings, (service, stores), memory, clock, randomness)
                .await;
        if opened.is_err() {
            // A log left beside a catalog that is put back from a backup would be taken for that catalog's.
            catalog.close().await;
        }
        opened
    }

    async fn open_over(
        catalog: Arc<RegionCatalog>,
        settings: RegionSettings,
        (service, stores): (&ServiceSettings, usize),
        memory: &MemoryBudget,
        clock: &Arc<dyn Clock>,
        randomness: &Arc<dyn Randomness>,
    ) -> Result<Self, OpenRegionError> {
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
            stores,
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
            jobs: settings.jobs,
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
    if kept.is_none() && (known.is_some() || in_objects.is_some()) {
        return Err(OpenRegionError::KeyMissing(region()));
    }
    let check = kept.as_ref().map(|key| key.check().0.to_vec());
    let checks = [known.as_ref().map(|store| &store.key_check), in_objects.as_ref()];
    if checks.into_iter().flatten().any(|known| Some(known) != check.as_ref()) {
        return Err(OpenRegionError::WrongKey(region()));
    }
    let incarnation = known.as_ref().map(|store| store.incarnation);
    compare_snapshots(settings, catalog, incarnation).await?;
    let key = match kept {
        Some(key) => key,
        None => draw_key(settings, randomness)?,
    };
    match incarnation {
        Some(incarnation) => Ok((key, incarnation)),
        None => create_store(settings, catalog, key, randomness).await,
    }
}

/// Whether objects and catalog tell of the same snapshots: not of each of them, but of any at all. A root that is
/// damaged or gone is an error of its snapshot, and no reason not to serve the others.
async fn compare_snapshots(
    settings: &RegionSettings,
    catalog: &RegionCatalog,
    incarnation: Option<Incarnation>,
) -> Result<(), OpenRegionError> {
    let objects = &*settings.objects;
    let root = catalog.some_root().await?;
    if let Some(root) = root.as_deref().and_then(RootRef::from_bytes)
        && has_object(objects, &root.object_name()).await?
    {
        return Ok(());
    }
    let ours = match incarnation {
        Some(incarnation) => has_snapshots(objects, &format!("snap/{incarnation}/")).await?,
        None => false,
    };
    if ours {
        Ok(())
    } else if root.is_some() {
        Err(OpenRegionError::StoreLost(settings.name.clone()))
    } else if has_snapshots(objects, "snap/").await? {
        Err(OpenRegionError::CatalogLost(settings.name.clone()))
    } else {
        Ok(())
    }
}

async fn has_snapshots(objects: &dyn ObjectStore, prefix: &str) -> Result<bool, OpenRegionError> {
    let found = objects.list(prefix, None, 1).await.map_err(StoreError::from)?;
    Ok(!found.is_empty())
}

async fn has_object(objects: &dyn ObjectStore, name: &ObjectName) -> Result<bool, OpenRegionError> {
    match objects.length(name).await {
        Ok(_) => Ok(true),
        Err(ObjectError::NotFound(_)) => Ok(false),
        Err(error) => Err(StoreError::from(error).into()),
    }
}

fn draw_key(settings: &RegionSettings, randomness: &dyn Randomness) -> Result<RegionKey, OpenRegionError> {
    let key = RegionKey::draw(randomness);
    let kept = settings.key.keep(&key);
    kept.map_err(|source| OpenRegionError::KeyFile { region: settings.name.clone(), source })?;
    Ok(key)
}

/// Makes the store, unless another node has made it meanwhile.
async fn create_store(
    settings: &RegionSettings,
    catalog: &RegionCatalog,
    key: RegionKey,
    randomness: &dyn Randomness,
) -> Result<(RegionKey, Incarnation), OpenRegionError> {
    let check = key.check().0.to_vec();
    settings.objects.put(&ObjectName::key_check(), check.clone().into()).await.map_err(StoreError::from)?;
    let mut incarnation = Incarnation([0; 16]);
    randomness.fill(&mut incarnation.0);
    let store = catalog.create_store(incarnation, &check).await?;
    if store.key_check != check {
        return Err(OpenRegionError::WrongKey(settings.name.clone()));
    }
    Ok((key, store.incarnation))
}

async fn key_check_of(objects: &dyn ObjectStore) -> Result<Option<Vec<u8>>, OpenRegionError> {
    match objects.get(&ObjectName::key_check(), 0..64).await {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(ObjectError::NotFound(_)) => Ok(None),
        Err(error) => Err(StoreError::from(error).into()),
    }
}
