//! `ebbstone rm`.

use clap::Args;
use ebs::SnapshotId;
use serde::Serialize;

use super::connection::ConnectionArgs;
use super::error::{CliError, client_exit_code};

/// Which snapshots to delete.
#[derive(Args, Debug)]
pub(crate) struct RmArgs {
    /// The snapshots
    #[arg(required = true)]
    snapshots: Vec<SnapshotId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    deleted: Vec<String>,
    failed: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    snapshot_id: String,
    message: String,
}

impl RmArgs {
    /// Deletes the snapshots, all that can be deleted.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let mut outcome = Outcome { deleted: Vec::new(), failed: Vec::new() };
        let mut first_exit_code = None;
        for snapshot in &self.snapshots {
            match client.delete_snapshot(*snapshot).await {
                Ok(()) => outcome.deleted.push(snapshot.to_string()),
                Err(error) => {
                    connection.output().say_failure(&error);
                    first_exit_code.get_or_insert(client_exit_code(&error));
                    let failure = Failure { snapshot_id: snapshot.to_string(), message: error.to_string() };
                    outcome.failed.push(failure);
                }
            }
        }
        connection.output().print(&outcome, |outcome| outcome.deleted.join("\n"))?;
        match first_exit_code {
            None => Ok(()),
            Some(exit_code) => {
                Err(CliError::Several { failed: outcome.failed.len(), all: self.snapshots.len(), exit_code })
            }
        }
    }
}
