//! `ebbstone pull`.

use clap::Args;
use ebs::SnapshotId;
use serde::Serialize;

use super::arguments::{LabelArgs, TransferArgs, UploadArgs};
use super::connection::ConnectionArgs;
use super::error::CliError;
use super::interruption::{interruptible, transferring};
use super::output::Output;
use super::progress_bar::bar;
use super::quantity::bytes;
use super::wait::wait_for;
use crate::client::Client;
use crate::client::equal_snapshots::EqualSnapshots;
use crate::client::pending_upload::PendingUpload;
use crate::client::pull::{PullPlan, PullReport, pull_snapshot};

/// What to pull, and from where.
#[derive(Args, Debug)]
pub(crate) struct PullArgs {
    /// The snapshot at the other endpoint
    snapshot: SnapshotId,
    /// Profile with credentials, and perhaps region and endpoint, of the other endpoint; this side's if not given
    #[arg(long, value_name = "NAME")]
    from_profile: Option<String>,
    /// Region of the other endpoint; its profile's if not given
    #[arg(long, value_name = "NAME")]
    from_region: Option<String>,
    /// Address of the other endpoint; its profile's if not given, and else Amazon's
    #[arg(long, value_name = "URL")]
    from_endpoint_url: Option<String>,
    /// Transfer only what changed: the snapshot here that --from-parent was pulled to. Unless the pull has left a record
    /// with it, all blocks of both are read and compared
    #[arg(long, value_name = "SNAPSHOT-HERE", requires = "from_parent")]
    parent: Option<SnapshotId>,
    /// Transfer only what changed: an earlier snapshot of the same lineage at the other endpoint
    #[arg(long, value_name = "SNAPSHOT-THERE", requires = "parent")]
    from_parent: Option<SnapshotId>,
    /// Do not prove that the parents are equal: if they are not, the new snapshot is wrong, and nothing says so
    #[arg(long, requires = "parent")]
    trust_parent: bool,
    #[command(flatten)]
    label: LabelArgs,
    #[command(flatten)]
    transfer: TransferArgs,
    #[command(flatten)]
    upload: UploadArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    #[serde(flatten)]
    report: PullReport,
    parent_blocks_compared: u64,
    state: String,
}

impl PullArgs {
    /// Pulls the snapshot, and waits until the new one is completed unless that is not wanted.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let destination = connection.client()?;
        let source = connection.client_of_other_side(
            self.from_profile.as_deref(),
            self.from_region.as_deref(),
            self.from_endpoint_url.as_deref(),
        )?;
        let parents = interruptible(self.parents(&source, &destination, connection.output())).await?;
        let plan = PullPlan {
            snapshot: self.snapshot,
            parents,
            description: self.label.description,
            tags: self.label.tags,
            concurrency: self.transfer.concurrency,
            timeout_minutes: self.upload.upload_timeout,
        };
        let parent_blocks_compared = parents.map_or(0, |parents| parents.blocks_compared());
        let progress = bar("pull");
        let pending = PendingUpload::default();
        let pulling = pull_snapshot(&source, &destination, &plan, &pending, &*progress);
        let report = transferring(&destination, &pending, None, pulling).await?;
        drop(progress);
        let (state, waited) = if self.upload.no_wait {
            ("pending".to_owned(), Ok(()))
        } else {
            wait_for(&destination, report.snapshot_id, None, "complete").await
        };
        connection.output().print(&Outcome { report, parent_blocks_compared, state }, |outcome| {
            let report = &outcome.report;
            format!(
                "{}\n{} written in {} blocks, {} blocks read, {} GiB volume",
                report.snapshot_id,
                bytes(report.bytes_written),
                report.blocks_written,
                report.blocks_read,
                report.volume_size
            )
        })?;
        waited
    }

    /// The parents, proven to be equal or trusted to be.
    async fn parents(
        &self,
        source: &Client,
        destination: &Client,
        output: Output,
    ) -> Result<Option<EqualSnapshots>, CliError> {
        let Some((there, here)) = self.from_parent.zip(self.parent) else {
            return Ok(None);
        };
        if self.trust_parent {
            return Ok(Some(EqualSnapshots::trust(there, here)));
        }
        if let Some(recorded) = EqualSnapshots::of_record(there, (destination, here)).await? {
            return Ok(Some(recorded));
        }
        output.note(&format!(
            "no record says that {here} has the content of {there}: all blocks of both are read and compared"
        ));
        let progress = bar("compare the parents");
        let (there, here) = ((source, there), (destination, here));
        let proven =
            EqualSnapshots::by_comparison(there, here, self.transfer.concurrency, &*progress).await?;
        Ok(Some(proven))
    }
}
