//! `ebbstone import`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use ebs::{SnapshotId, VolumeSize};
use serde::Serialize;

use super::arguments::{LabelArgs, TransferArgs, UploadArgs, parse_volume_size};
use super::connection::ConnectionArgs;
use super::error::CliError;
use super::interruption::transferring;
use super::progress_bar::bar;
use super::quantity::bytes;
use super::wait::wait_for;
use crate::client::import::{ImportParent, ImportPlan, ImportReport, import_file};
use crate::client::pending_upload::PendingUpload;

/// What to import.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The raw image: a file or a block device, not a pipe
    file: PathBuf,
    /// Write only what differs from this snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    parent: Option<SnapshotId>,
    /// The image that the parent was made of: compare with it, and read nothing from the service
    #[arg(long, value_name = "FILE", requires = "parent")]
    parent_file: Option<PathBuf>,
    /// Size of the volume in GiB, if it is to be larger than the image
    #[arg(long, value_name = "GIB", value_parser = parse_volume_size)]
    volume_size: Option<VolumeSize>,
    /// Go on with an import of this file that was cut off, and keep what a next one needs to go on
    #[arg(long)]
    resume: bool,
    /// Where to keep that; FILE.ebbstone-import if not given
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
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
    report: ImportReport,
    state: String,
}

impl ImportArgs {
    /// Imports the image, and waits until the snapshot is completed unless that is not wanted.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let no_wait = self.upload.no_wait;
        let plan = self.plan();
        let progress = bar("import");
        let pending = PendingUpload::default();
        let importing = import_file(&client, &plan, &pending, &*progress);
        let report = transferring(&client, &pending, plan.state_file.clone(), importing).await?;
        drop(progress);
        let (state, waited) = if no_wait {
            ("pending".to_owned(), Ok(()))
        } else {
            wait_for(&client, report.snapshot_id, None, "complete").await
        };
        connection.output().print(&Outcome { report, state }, |outcome| {
            let report = &outcome.report;
            format!(
                "{}\n{} written in {} blocks, {} blocks looked at, {} GiB volume",
                report.snapshot_id,
                bytes(report.bytes_written),
                report.blocks_written,
                report.blocks_compared,
                report.volume_size
            )
        })?;
        waited
    }

    fn plan(self) -> ImportPlan {
        let state_file = self.state.or_else(|| self.resume.then(|| state_beside(&self.file)));
        ImportPlan {
            volume_size: self.volume_size,
            parent: self.parent.map(|snapshot| ImportParent { snapshot, image: self.parent_file }),
            description: self.label.description,
            tags: self.label.tags,
            concurrency: self.transfer.concurrency,
            timeout_minutes: self.upload.upload_timeout,
            state_file,
            image: self.file,
        }
    }
}

/// The state file of an image whose import is not told another one.
fn state_beside(image: &Path) -> PathBuf {
    let mut name = OsString::from(image);
    name.push(".ebbstone-import");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::state_beside;
    use std::path::Path;

    #[test]
    fn the_state_file_lies_beside_the_image() {
        assert_eq!(state_beside(Path::new("/a/b.raw")), Path::new("/a/b.raw.ebbstone-import"));
    }
}
