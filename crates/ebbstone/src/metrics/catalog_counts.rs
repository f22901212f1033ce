//! What the catalogs say is under way: rows of all nodes, counted when somebody asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::{SnapshotCounts, UnderWay};
use ebs::{RegionName, SnapshotState};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use service::{Causes, JobName, Service};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// Longest wait for a catalog to count.
const WAIT_MAX: Duration = Duration::from_secs(3);
/// What was counted holds for so long, however often it is asked for.
const HOLDS_FOR: Duration = Duration::from_secs(5);

/// Gauges of rows in the catalogs. Clones show the same.
#[derive(Clone, Default)]
pub(super) struct CatalogCounts {
    jobs: Family<JobLabels, Gauge>,
    uploads_open: Family<RegionLabel, Gauge>,
    snapshots: Family<SnapshotLabels, Gauge>,
    sessions: Family<RegionLabel, Gauge>,
    segment_pins: Family<RegionLabel, Gauge>,
    root_pins: Family<RegionLabel, Gauge>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    counted: Option<Instant>,
    /// A question that has no answer yet. While it has none, no other is asked.
    counting: Option<JoinHandle<()>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    region: String,
    job: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SnapshotLabels {
    region: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RegionLabel {
    region: String,
}

impl CatalogCounts {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("jobs", "Jobs that are not over", self.jobs.clone());
        registry.register("uploads_open", "Uploads that take blocks", self.uploads_open.clone());
        registry.register("snapshots", "Snapshots that are not deleted", self.snapshots.clone());
        registry.register("sessions", "Sessions that may write or read", self.sessions.clone());
        registry.register("segment_pins", "Pins that sessions hold on segments", self.segment_pins.clone());
        registry.register("root_pins", "Pins that sessions hold on roots", self.root_pins.clone());
    }

    /// Brings the gauges up to date, unless that was done 5 seconds ago at most. Returns within 3 seconds. The gauges
    /// of a region whose catalog does not answer are taken away: what was true once is not told as true now.
    pub(super) async fn refresh(&self, service: &Service) {
        let mut state = self.state.lock().await;
        if state.counted.is_some_and(|at| at.elapsed() < HOLDS_FOR) {
            return;
        }
        let (counts, asked) = (self.clone(), service.clone());
        let counting = state.counting.get_or_insert_with(|| {
            tokio::spawn(async move {
                for region in asked.regions() {
                    counts.count(&asked, &region).await;
                }
            })
        });
        match tokio::time::timeout(WAIT_MAX, counting).await {
            Ok(_) => state.counting = None,
            Err(_) => {
                tracing::warn!("metrics lack what the catalogs say: one does not answer");
                service.regions().iter().for_each(|region| self.forget(region));
            }
        }
        state.counted = Some(Instant::now());
    }

    async fn count(&self, service: &Service, region: &RegionName) {
        match service.counts(region).await {
            Ok(Some((under_way, snapshots))) => self.show(region, &under_way, &snapshots),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%region, error = %Causes(&error), "metrics lack what the catalog says");
                self.forget(region);
            }
        }
    }

    fn show(&self, region: &RegionName, under_way: &UnderWay, snapshots: &SnapshotCounts) {
        for (job, state, count) in by_job(under_way) {
            set(&self.jobs, JobLabels { region: region.to_string(), job, state }, count);
        }
        for (state, count) in by_state(snapshots) {
            set(&self.snapshots, SnapshotLabels { region: region.to_string(), state }, count);
        }
        for (gauges, count) in [
            (&self.uploads_open, under_way.open_uploads),
            (&self.sessions, under_way.live_sessions),
            (&self.segment_pins, under_way.segment_pins),
            (&self.root_pins, under_way.root_pins),
        ] {
            set(gauges, RegionLabel { region: region.to_string() }, count);
        }
    }

    fn forget(&self, region: &RegionName) {
        for (job, state, _) in by_job(&UnderWay::default()) {
            self.jobs.remove(&JobLabels { region: region.to_string(), job, state });
        }
        for (state, _) in by_state(&SnapshotCounts::default()) {
            self.snapshots.remove(&SnapshotLabels { region: region.to_string(), state });
        }
        for gauges in [&self.uploads_open, &self.sessions, &self.segment_pins, &self.root_pins] {
            gauges.remove(&RegionLabel { region: region.to_string() });
        }
    }
}

fn by_job(under_way: &UnderWay) -> [(&'static str, &'static str, u64); 4] {
    let (copy, complete_upload) = (JobName::Copy.as_str(), JobName::CompleteUpload.as_str());
    [
        (copy, "queued", under_way.copies.queued),
        (copy, "running", under_way.copies.running),
        (complete_upload, "queued", under_way.upload_completions.queued),
        (complete_upload, "running", under_way.upload_completions.running),
    ]
}

fn by_state(snapshots: &SnapshotCounts) -> [(&'static str, u64); 3] {
    [
        (SnapshotState::Pending.as_str(), snapshots.pending),
        (SnapshotState::Completed.as_str(), snapshots.completed),
        (SnapshotState::Error.as_str(), snapshots.error),
    ]
}

fn set<L>(gauges: &Family<L, Gauge>, labels: L, count: u64)
where
    L: Clone + std::hash::Hash + Eq,
{
    gauges.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
}
