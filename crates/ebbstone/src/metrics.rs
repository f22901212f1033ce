//! What the service counts, for Prometheus.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Counters of this process. Clones count together.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<ProtocolLabel, Histogram>,
    blocks_written: Counter,
    blocks_read: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    protocol: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProtocolLabel {
    protocol: &'static str,
}

const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("ebbstone");
        let requests = Family::default();
        registry.register("requests", "Requests that were answered", requests.clone());
        let request_seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register("request_seconds", "Time from head to answer", request_seconds.clone());
        let blocks_written = Counter::default();
        registry.register(
            "blocks_written",
            "Blocks acknowledged by PutSnapshotBlock",
            blocks_written.clone(),
        );
        let blocks_read = Counter::default();
        registry.register("blocks_read", "Blocks given by GetSnapshotBlock", blocks_read.clone());
        Self { registry: Arc::new(registry), requests, request_seconds, blocks_written, blocks_read }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, protocol: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { protocol, status }).inc();
        self.request_seconds.get_or_create(&ProtocolLabel { protocol }).observe(took.as_secs_f64());
    }

    /// Counts a block that was written.
    pub(crate) fn block_written(&self) {
        self.blocks_written.inc();
    }

    /// Counts a block that was read.
    pub(crate) fn block_read(&self) {
        self.blocks_read.inc();
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

fn histogram() -> Histogram {
    Histogram::new(SECONDS)
}
