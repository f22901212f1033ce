//! `ebbstone wait`.

use std::time::Duration;

use clap::Args;
use ebs::SnapshotId;
use serde::Serialize;

use super::arguments::parse_timeout;
use super::connection::ConnectionArgs;
use super::error::CliError;
use super::exit_code;
use super::interruption::interruptible;
use super::output::table;
use super::progress_bar::per_cent_bar;
use crate::client::Client;
use crate::client::ec2::SnapshotDescription;
use crate::client::error::ClientError;

/// What to wait for.
#[derive(Args, Debug)]
pub(crate) struct WaitArgs {
    /// The snapshots
    #[arg(required = true)]
    snapshots: Vec<SnapshotId>,
    /// How long to wait: 90, 15m, 2h; without end if not given
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    timeout: Option<Duration>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    snapshots: Vec<SnapshotDescription>,
}

impl WaitArgs {
    /// Waits until none of the snapshots is pending any more; fails if one is not completed then.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let mut wanted = self.snapshots;
        wanted.sort_unstable();
        wanted.dedup();
        let progress = per_cent_bar("wait");
        let snapshots = client.wait_settled(&wanted, self.timeout, &*progress).await?;
        drop(progress);
        let outcome = Outcome { snapshots };
        connection.output().print(&outcome, |outcome| {
            let rows: Vec<_> = outcome
                .snapshots
                .iter()
                .map(|snapshot| vec![snapshot.snapshot_id.clone(), snapshot.state.clone()])
                .collect();
            table(&["SNAPSHOT", "STATE"], &rows)
        })?;
        let all = outcome.snapshots.len();
        let failures: Vec<_> =
            outcome.snapshots.into_iter().filter_map(|snapshot| snapshot.require_completed().err()).collect();
        for failure in &failures {
            connection.output().say_failure(failure);
        }
        if failures.is_empty() {
            return Ok(());
        }
        Err(CliError::Several { failed: failures.len(), all, exit_code: exit_code::SNAPSHOT_FAILED })
    }
}

/// Waits until a snapshot that was just made is completed, or until the command is interrupted, with a bar that says
/// `what`: its state as it was last known, and why that is not `completed`. Callers print the snapshot's id before they fail, so that nothing is made whose name is lost.
pub(super) async fn wait_for(
    client: &Client,
    snapshot: SnapshotId,
    timeout: Option<Duration>,
    what: &'static str,
) -> (String, Result<(), CliError>) {
    let progress = per_cent_bar(what);
    match interruptible(client.wait_completed(snapshot, timeout, &*progress)).await {
        Ok(found) => (found.state, Ok(())),
        Err(error) => (state_known(&error), Err(error)),
    }
}

fn state_known(error: &CliError) -> String {
    match error {
        CliError::Client(ClientError::SnapshotFailed { state, .. }) => state.clone(),
        _ => "pending".to_owned(),
    }
}
