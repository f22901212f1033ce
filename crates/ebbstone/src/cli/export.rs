//! `ebbstone export`.

use std::path::PathBuf;

use clap::Args;
use ebs::SnapshotId;

use super::arguments::TransferArgs;
use super::connection::ConnectionArgs;
use super::error::CliError;
use super::progress_bar::bar;
use super::quantity::bytes;
use crate::client::export::{ExportPlan, export_snapshot};

/// What to export.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The snapshot
    snapshot: SnapshotId,
    /// The raw image to make
    file: PathBuf,
    /// Replace the file if it exists; devices are not written to
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    transfer: TransferArgs,
}

impl ExportArgs {
    /// Exports the snapshot.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let plan = ExportPlan {
            snapshot: self.snapshot,
            image: self.file,
            replace: self.force,
            concurrency: self.transfer.concurrency,
        };
        let progress = bar("export");
        let report = export_snapshot(&client, &plan, &*progress).await?;
        drop(progress);
        connection.output().print(&report, |report| {
            format!(
                "{}\n{} written in {} blocks, {} blocks read, {} GiB volume",
                plan.image.display(),
                bytes(report.bytes_written),
                report.blocks_written,
                report.blocks_read,
                report.volume_size
            )
        })
    }
}
