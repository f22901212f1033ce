//! What the service counts, for Prometheus.
//!
//! Labels have few values, all of them ours: nothing that a client writes becomes a label.

mod catalog_counts;
mod jobs;

use std::sync::Arc;
use std::time::Duration;

use ebs::RegionName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use service::{JobObserver, Service};

use catalog_counts::CatalogCounts;
use jobs::JobMetrics;

/// Counters of this process. Clones count together.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<ActionLabels, Histogram>,
    refusals_unlogged: Counter,
    blocks_written: Family<RegionLabel, Counter>,
    blocks_read: Family<RegionLabel, Counter>,
    object_requests: Family<ObjectRequestLabels, Counter>,
    jobs: JobMetrics,
    catalog_counts: CatalogCounts,
}

/// Counts the calls to the object store of one region.
#[derive(Clone, Debug)]
pub(crate) struct ObjectRequests {
    counters: Family<ObjectRequestLabels, Counter>,
    region: String,
}

/// What is asked of an object store.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ObjectOperation {
    /// Making an object of a staged file.
    Publish,
    /// Making an object of bytes in memory.
    Put,
    /// Making sure that an object that is there outlives a crash.
    MakeDurable,
    /// Reading a range.
    Get,
    /// Asking for the length.
    Length,
    /// Deleting.
    Delete,
    /// Listing names.
    List,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ObjectRequestLabels {
    region: String,
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    protocol: &'static str,
    action: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabels {
    protocol: &'static str,
    action: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RegionLabel {
    region: String,
}

/// What stands for the action of a request that did not get so far as to name one.
const NO_ACTION: &str = "none";

/// Upper bounds of the histogram's buckets.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("ebbstone");
        let requests = Family::default();
        registry.register("requests", "Requests that were answered", requests.clone());
        let request_seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register("request_seconds", "Time from head to answer", request_seconds.clone());
        let refusals_unlogged = Counter::default();
        registry.register(
            "refusals_unlogged",
            "Refused requests that the log leaves out because there are too many",
            refusals_unlogged.clone(),
        );
        let blocks_written = Family::default();
        registry.register(
            "blocks_written",
            "Blocks acknowledged by PutSnapshotBlock",
            blocks_written.clone(),
        );
        let blocks_read = Family::default();
        registry.register("blocks_read", "Blocks given by GetSnapshotBlock", blocks_read.clone());
        let object_requests = Family::default();
        registry.register(
            "object_requests",
            "Calls to the object stores, whatever came of them",
            object_requests.clone(),
        );
        let (jobs, catalog_counts) = (JobMetrics::default(), CatalogCounts::default());
        jobs.register(&mut registry);
        catalog_counts.register(&mut registry);
        Self {
            registry: Arc::new(registry),
            requests,
            request_seconds,
            refusals_unlogged,
            blocks_written,
            blocks_read,
            object_requests,
            jobs,
            catalog_counts,
        }
    }

    /// What counts the calls to the store of `region`.
    pub(crate) fn object_requests(&self, region: &RegionName) -> ObjectRequests {
        ObjectRequests { counters: self.object_requests.clone(), region: region.to_string() }
    }

    /// What counts the jobs of `region`.
    pub(crate) fn jobs(&self, region: &RegionName) -> Arc<dyn JobObserver> {
        self.jobs.of_region(region)
    }

    /// Counts an answer to a request for an action that is served, or for none.
    pub(crate) fn answered(
        &self,
        protocol: &'static str,
        action: Option<&'static str>,
        status: u16,
        took: Duration,
    ) {
        let action = action.unwrap_or(NO_ACTION);
        self.requests.get_or_create(&RequestLabels { protocol, action, status }).inc();
        self.request_seconds.get_or_create(&ActionLabels { protocol, action }).observe(took.as_secs_f64());
    }

    /// Counts a refusal that the log leaves out.
    pub(crate) fn refusal_unlogged(&self) {
        self.refusals_unlogged.inc();
    }

    /// Counts a block that was written.
    pub(crate) fn block_written(&self, region: &RegionName) {
        self.blocks_written.get_or_create(&RegionLabel { region: region.to_string() }).inc();
    }

    /// Counts a block that was read.
    pub(crate) fn block_read(&self, region: &RegionName) {
        self.blocks_read.get_or_create(&RegionLabel { region: region.to_string() }).inc();
    }

    /// The counters as text, with what the catalogs say now or said 5 seconds ago at most.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub(crate) async fn scrape(&self, service: &Service) -> Result<String, std::fmt::Error> {
        self.catalog_counts.refresh(service).await;
        self.encode()
    }

    /// The counters as text.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub(crate) fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl ObjectOperation {
    /// Its name, in metrics and in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Put => "put",
            Self::MakeDurable => "make_durable",
            Self::Get => "get",
            Self::Length => "length",
            Self::Delete => "delete",
            Self::List => "list",
        }
    }
}

impl ObjectRequests {
    /// The region whose calls are counted.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Counts a call.
    pub(crate) fn count(&self, operation: ObjectOperation) {
        let (region, operation) = (self.region.clone(), operation.as_str());
        self.counters.get_or_create(&ObjectRequestLabels { region, operation }).inc();
    }
}

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}
