//! `ebbstone copy`.

use std::time::Duration;

use clap::Args;
use ebs::{RegionName, SnapshotId};
use serde::Serialize;

use super::arguments::{LabelArgs, parse_timeout};
use super::connection::ConnectionArgs;
use super::error::CliError;
use super::interruption::interruptible;
use super::wait::wait_for;
use crate::client::as_text;
use crate::client::ec2::CopyOrder;

/// What to copy.
#[derive(Args, Debug)]
pub(crate) struct CopyArgs {
    /// The snapshot
    snapshot: SnapshotId,
    /// The region that holds it; this one if not given
    #[arg(long, value_name = "NAME")]
    from_region: Option<RegionName>,
    /// Encrypt the copy under a key of the account's choice
    #[arg(long)]
    encrypted: bool,
    /// The key
    #[arg(long, value_name = "KEY", requires = "encrypted")]
    kms_key_id: Option<String>,
    /// Wait until the copy is completed
    #[arg(long)]
    wait: bool,
    /// How long to wait: 90, 15m, 2h; without end if not given
    #[arg(long, value_name = "TIME", requires = "wait", value_parser = parse_timeout)]
    timeout: Option<Duration>,
    #[command(flatten)]
    label: LabelArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    #[serde(serialize_with = "as_text")]
    snapshot_id: SnapshotId,
    state: String,
}

impl CopyArgs {
    /// Begins the copy, and waits until it is completed if that is wanted.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let order = CopyOrder {
            source_region: self.from_region.unwrap_or_else(|| client.region().clone()),
            source: self.snapshot,
            description: self.label.description,
            encrypted: self.encrypted,
            kms_key_id: self.kms_key_id,
            tags: self.label.tags,
        };
        let snapshot_id = interruptible(client.copy_snapshot(&order)).await?;
        let (state, waited) = if self.wait {
            wait_for(&client, snapshot_id, self.timeout, "copy").await
        } else {
            ("pending".to_owned(), Ok(()))
        };
        let outcome = Outcome { snapshot_id, state };
        connection.output().print(&outcome, |outcome| outcome.snapshot_id.to_string())?;
        waited
    }
}
