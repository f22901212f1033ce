//! The server, from its start to its end.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use block_store::{LocalDirectory, S3Addressing, S3Bucket, S3Credentials, S3Settings};
use catalog::{AccountRecord, DeploymentCatalog};
use ebs::{Clock, Randomness, RegionName};
use service::{RegionSettings, Service, ServiceSettings};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{CatalogPlace, ClientEndpoint, Config, S3Place, StorePlace};
use crate::counted_objects::CountedObjects;
use crate::http::{AccessKeys, Api, Listener, acceptor, observe};
use crate::metrics::Metrics;
use crate::private_file;
use crate::region_key_file::RegionKeyFile;
use crate::root_credentials::RootCredentials;
use crate::system::{SystemClock, SystemRandomness};

/// How long a job's licence lasts without a sign of life.
const LEASE: Duration = Duration::from_secs(30);
/// Most threads of a region that hash, compress and seal at once: each fills a megabyte or two while it does.
const CPU_TASKS_MAX: usize = 16;
const NODE_FILE: &str = "node";
const LOCK_FILE: &str = "lock";

/// A server that answers.
pub(crate) struct Running {
    /// Address of the API.
    pub(crate) address: SocketAddr,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    pub(crate) service: Service,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    jobs: JoinHandle<()>,
    /// Keeps other processes out of the data folder.
    _lock: File,
}

/// Serves until SIGTERM or SIGINT, then drains.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    // Before anyone can be told that it serves: a call to end must never meet the default, which drops everything.
    let mut termination = Termination::listen()?;
    let running = Box::pin(start(config)).await?;
    let scheme = if running.tls { "https" } else { "http" };
    writeln!(std::io::stdout(), "ready {scheme}://{}", running.address)?;
    std::io::stdout().flush()?;
    termination.called().await;
    tracing::info!("draining");
    running.drain().await;
    Ok(())
}

/// Opens regions, starts jobs and listens.
pub(crate) async fn start(config: &Config) -> anyhow::Result<Running> {
    require_folders(config)?;
    private_file::create_folder(&config.data_dir)
        .with_context(|| format!("cannot use the data folder {}", config.data_dir.display()))?;
    let lock = private_file::lock(&config.data_dir.join(LOCK_FILE)).map_err(|error| {
        let folder = config.data_dir.display();
        match error.kind() {
            std::io::ErrorKind::WouldBlock => {
                anyhow::anyhow!(
                    "another process uses the data folder {folder}: stop it, or give another --data-dir"
                )
            }
            _ => anyhow::Error::new(error).context(format!("cannot use the data folder {folder}")),
        }
    })?;
    let (clock, randomness): (Arc<dyn Clock>, Arc<dyn Randomness>) =
        (Arc::new(SystemClock), Arc::new(SystemRandomness));
    let credentials = RootCredentials::load(&config.data_dir, &*randomness)?;
    register_account(config, &*clock).await?;
    let tls = config.tls.as_ref().map(acceptor).transpose()?;
    let has_tls = tls.is_some();
    let api_listener = Listener::bind(config.listen, tls).await;
    let api_listener =
        api_listener.with_context(|| format!("cannot listen on {} (--listen)", config.listen))?;
    let observe_listener = Listener::bind(config.metrics_listen, None).await;
    let observe_listener = observe_listener
        .with_context(|| format!("cannot listen on {} (--metrics-listen)", config.metrics_listen))?;
    let address = api_listener.address()?;
    tracing::info!(address = %observe_listener.address()?, "metrics, health and readiness");

    let settings = service_settings(config, address, &*randomness)?;
    let metrics = Metrics::new();
    let mut regions = Vec::with_capacity(config.regions.len());
    for region in &config.regions {
        regions.push(region_settings(config, region, &metrics, &*randomness).await?);
    }
    let service = Service::open(settings, regions, Arc::clone(&clock), Arc::clone(&randomness)).await?;
    let keys =
        AccessKeys::of_root(credentials.access_key_id.clone(), credentials.signing_secret(), config.account);
    let api = Arc::new(Api::new(service.clone(), keys, metrics, clock, randomness));

    let (stop, stopped) = watch::channel(false);
    let (answering, observing) = (Arc::clone(&api), api);
    let listeners = vec![
        tokio::spawn(api_listener.serve(
            move |request| {
                let api = Arc::clone(&answering);
                async move { api.answer(request).await }
            },
            stopped.clone(),
        )),
        tokio::spawn(
            observe_listener.serve(move |request| observe(Arc::clone(&observing), request), stopped),
        ),
    ];
    let working = service.clone();
    let jobs = tokio::spawn(async move { working.run_jobs().await });
    Ok(Running { address, tls: has_tls, service, stop, listeners, jobs, _lock: lock })
}

impl Running {
    /// Takes no more requests, lets those under way end, then jobs, then closes what is open. The order matters:
    /// requests need the store, and jobs leave what they wrote to the next start.
    pub(crate) async fn drain(self) {
        self.stop.send_replace(true);
        for listener in self.listeners {
            if let Err(error) = listener.await {
                tracing::error!(%error, "a listener did not end in good order");
            }
        }
        self.service.stop();
        if let Err(error) = self.jobs.await {
            tracing::error!(%error, "jobs did not end in good order");
        }
        self.service.close().await;
    }
}

/// Refuses a file that is named where a folder is expected, before anything is made.
fn require_folders(config: &Config) -> anyhow::Result<()> {
    let mut folders = vec![(&config.data_dir, "--data-dir", "a folder")];
    if let CatalogPlace::Folder(folder) = &config.catalog {
        folders.push((folder, "--catalog", "a folder for SQLite files, or a postgres:// URL"));
    }
    if let StorePlace::Folder(folder) = &config.store {
        folders.push((folder, "--store", "a folder, or s3://BUCKET/PREFIX"));
    }
    for (folder, option, expected) in folders {
        // One that is not there is made, and what else is wrong with it is said where it is opened.
        if std::fs::metadata(folder).is_ok_and(|found| !found.is_dir()) {
            anyhow::bail!("cannot use {} ({option}): it is no folder; give {expected}", folder.display());
        }
    }
    Ok(())
}

fn service_settings(
    config: &Config,
    address: SocketAddr,
    randomness: &dyn Randomness,
) -> anyhow::Result<ServiceSettings> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(ServiceSettings {
        compat: config.compat,
        quotas: config.quotas,
        queue_copies: config.queue_copies,
        node: node_name(config, randomness)?,
        lease: LEASE,
        memory_bytes: config.memory_bytes,
        cpu_tasks: cores.min(CPU_TASKS_MAX),
        endpoint: endpoint(config, address).to_string(),
    })
}

/// What clients are told to call.
fn endpoint(config: &Config, address: SocketAddr) -> ClientEndpoint {
    let machine = rustix::system::uname();
    let machine = machine.nodename().to_string_lossy();
    config.endpoint.clone().unwrap_or_else(|| ClientEndpoint::of(address, &machine))
}

/// This node's name, drawn once for its data folder: whoever has the folder is the only one of that name.
fn node_name(config: &Config, randomness: &dyn Randomness) -> anyhow::Result<String> {
    let path = config.data_dir.join(NODE_FILE);
    if let Some(name) = private_file::read(&path)? {
        return Ok(name.trim().to_owned());
    }
    let name = format!("node-{:016x}", randomness.next_u64());
    private_file::create(&path, &name).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(name)
}

async fn region_settings(
    config: &Config,
    region: &RegionName,
    metrics: &Metrics,
    randomness: &dyn Randomness,
) -> anyhow::Result<RegionSettings> {
    let local = config.data_dir.join("regions").join(region.as_str());
    private_file::create_folder(&local)
        .with_context(|| format!("cannot use the folder {}", local.display()))?;
    let key = Box::new(RegionKeyFile { path: local.join("region.key") });
    let index = local.join("block-index.redb");
    let (name, catalog) = (region.clone(), config.catalog_of(Some(region)));
    let jobs = metrics.jobs(region);
    let counted = |objects| Arc::new(CountedObjects::new(objects, metrics.object_requests(region)));
    match &config.store {
        StorePlace::Folder(folder) => {
            let objects = LocalDirectory::open(&folder.join(region.as_str()))
                .with_context(|| format!("cannot use the store folder {}", folder.display()))?;
            let staging = objects.staging();
            let objects = counted(Arc::new(objects));
            Ok(RegionSettings { name, catalog, objects, staging, index, key, jobs })
        }
        StorePlace::S3(place) => {
            let bucket = S3Bucket::connect(&s3_settings(place, region))?;
            let unusable = || format!("cannot use the bucket {} for {region}", place.bucket);
            bucket.check(randomness).await.with_context(unusable)?;
            let staging = local.join("staging");
            let objects = counted(Arc::new(bucket));
            Ok(RegionSettings { name, catalog, objects, staging, index, key, jobs })
        }
    }
}

fn s3_settings(place: &S3Place, region: &RegionName) -> S3Settings {
    let prefix = match place.prefix.as_str() {
        "" => region.to_string(),
        prefix => format!("{prefix}/{region}"),
    };
    let addressing = if place.endpoint.is_some() { S3Addressing::Path } else { S3Addressing::VirtualHosted };
    S3Settings {
        bucket: place.bucket.clone(),
        region: place.region.clone(),
        endpoint: place.endpoint.clone(),
        addressing,
        prefix,
        credentials: S3Credentials::Environment,
    }
}

async fn register_account(config: &Config, clock: &dyn Clock) -> anyhow::Result<()> {
    let deployment =
        DeploymentCatalog::open(&config.catalog_of(None)).await.context("cannot open the catalog")?;
    let put = deployment.put_account(&AccountRecord { id: config.account, created: clock.now() }).await;
    deployment.close().await;
    Ok(put?)
}

/// Hears the call to end: SIGTERM or SIGINT.
pub(crate) struct Termination {
    terminate: Signal,
    interrupt: Signal,
}

impl Termination {
    /// From now on the signals do not end the process by themselves.
    pub(crate) fn listen() -> Result<Self, std::io::Error> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the call; the number of the signal that it was.
    pub(crate) async fn called(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 15,
            _ = self.interrupt.recv() => 2,
        }
    }
}
