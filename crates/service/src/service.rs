//! The service: its regions, its settings and what all of them share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use block_store::MemoryBudget;
use catalog::{Quotas, SnapshotCounts, UnderWay};
use ebs::{Clock, Compat, Randomness, RegionName};
use iam::Principal;
use tokio::sync::watch;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::Call;
use crate::jobs;
use crate::region::{OpenRegionError, Region, RegionSettings};

/// What the service is set to do.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Which of documents and behaviour is followed where they differ.
    pub compat: Compat,
    /// How much may exist at the same time.
    pub quotas: Quotas,
    /// Whether copies beyond the quota wait in line instead of being refused.
    pub queue_copies: bool,
    /// This node's name: no other node that is running has it.
    pub node: String,
    /// How long a job's licence lasts without a sign of life.
    pub lease: Duration,
    /// Bytes of blocks on their way that may be in memory.
    pub memory_bytes: u64,
    /// Threads that may hash, compress and seal at once, in each region.
    pub cpu_tasks: usize,
    /// Host, and port if it is not the scheme's own, that DescribeRegions shows.
    pub endpoint: String,
}

/// The service. Clones are the same service.
#[derive(Clone)]
pub struct Service {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) settings: ServiceSettings,
    pub(crate) regions: BTreeMap<RegionName, Arc<Region>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    memory: MemoryBudget,
    stop: watch::Sender<bool>,
}

impl Service {
    /// Opens the service with these regions. No job runs before [`Service::run_jobs`].
    ///
    /// # Errors
    /// [`OpenRegionError`] of the first region that does not open: wrong key, lost catalog, or unreachable.
    pub async fn open(
        settings: ServiceSettings,
        regions: Vec<RegionSettings>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, OpenRegionError> {
        let memory = MemoryBudget::new(settings.memory_bytes);
        let (stores, mut opened) = (regions.len(), BTreeMap::new());
        for region in regions {
            match Box::pin(Region::open(region, (&settings, stores), &memory, &clock, &randomness)).await {
                Ok(region) => opened.insert(region.name.clone(), Arc::new(region)),
                Err(error) => {
                    for region in opened.values() {
                        region.catalog.close().await;
                    }
                    return Err(error);
                }
            };
        }
        let (stop, _) = watch::channel(false);
        let shared = Shared { settings, regions: opened, clock, randomness, memory, stop };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// A call of `principal` to the region of this name; nothing if no such region is served here.
    pub fn call(&self, principal: Principal, region: &str) -> Option<Call> {
        let region = region.parse().ok().and_then(|name: RegionName| self.shared.regions.get(&name))?;
        let now = self.shared.clock.now();
        Some(Call { service: self.clone(), region: Arc::clone(region), principal, now })
    }

    /// The names of the regions that are served here.
    pub fn regions(&self) -> Vec<RegionName> {
        self.shared.regions.keys().cloned().collect()
    }

    /// The key under which a region's tokens are sealed, the same on every node; nothing if it is not served here.
    pub fn token_key(&self, region: &RegionName) -> Option<Zeroizing<[u8; 32]>> {
        self.shared.regions.get(region).map(|region| region.domains.token_key())
    }

    /// The memory that blocks on their way may fill. A share is taken before a block's bytes are read.
    pub fn memory(&self) -> &MemoryBudget {
        &self.shared.memory
    }

    /// Whether catalogs and stores answer. It takes as long as they take.
    ///
    /// # Errors
    /// [`crate::ServiceError`] if one does not, or is not what it was when the region was opened.
    pub async fn ready(&self) -> Result<(), crate::ServiceError> {
        for region in self.shared.regions.values() {
            region.catalog.ping().await?;
            region.store.ping().await?;
        }
        Ok(())
    }

    /// How much is under way in a region, and how many snapshots it has; nothing if it is not served here.
    ///
    /// # Errors
    /// [`crate::ServiceError::Unavailable`] if its catalog does not answer.
    pub async fn counts(
        &self,
        region: &RegionName,
    ) -> Result<Option<(UnderWay, SnapshotCounts)>, crate::ServiceError> {
        let Some(region) = self.shared.regions.get(region) else { return Ok(None) };
        Ok(Some((region.catalog.under_way().await?, region.catalog.snapshot_counts().await?)))
    }

    /// Runs jobs and upkeep of all regions until [`Service::stop`]; returns when those under way have let go.
    pub async fn run_jobs(&self) {
        let mut tasks = JoinSet::new();
        for region in self.shared.regions.values() {
            tasks.spawn(jobs::run(self.clone(), Arc::clone(region), self.shared.stop.subscribe()));
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Asks jobs to stop. Attempts under way are given up and taken up again after the next start, with what they
    /// have written so far.
    pub fn stop(&self) {
        self.shared.stop.send_replace(true);
    }

    /// Seals what open uploads have written, so that the next start finds it quickly, and closes the catalogs.
    pub async fn close(&self) {
        for region in self.shared.regions.values() {
            region.uploads.close_all().await;
            region.catalog.close().await;
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({:?})", self.regions())
    }
}
