//! `ebbstone describe`.

use clap::Args;
use ebs::SnapshotId;
use serde::Serialize;

use super::connection::ConnectionArgs;
use super::error::CliError;
use super::output::printable;
use super::quantity::bytes;
use crate::client::ec2::{DescribeOrder, SnapshotDescription};

/// Which snapshots to describe.
#[derive(Args, Debug)]
pub(crate) struct DescribeArgs {
    /// The snapshots
    #[arg(required = true)]
    snapshots: Vec<SnapshotId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    snapshots: Vec<SnapshotDescription>,
}

impl DescribeArgs {
    /// Describes the snapshots.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let order = DescribeOrder { snapshots: self.snapshots, ..DescribeOrder::default() };
        let snapshots = client.describe_snapshots(&order).await?;
        connection.output().print(&Outcome { snapshots }, |outcome| {
            outcome.snapshots.iter().map(text).collect::<Vec<_>>().join("\n")
        })
    }
}

fn text(snapshot: &SnapshotDescription) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{:<13}{}\n", format!("{name}:"), printable(value)));
        }
    };
    line("Snapshot", &snapshot.snapshot_id);
    line("State", &snapshot.state);
    line("Message", snapshot.state_message.as_deref().unwrap_or_default());
    line("Progress", &snapshot.progress);
    line("Volume size", &format!("{} GiB", snapshot.volume_size));
    line("Data", &snapshot.full_snapshot_size_in_bytes.map(bytes).unwrap_or_default());
    line("Started", &snapshot.start_time);
    line("Completed", snapshot.completion_time.as_deref().unwrap_or_default());
    line("Owner", &snapshot.owner_id);
    line("Volume", &snapshot.volume_id);
    line("Key", snapshot.kms_key_id.as_deref().unwrap_or_default());
    line("Description", &snapshot.description);
    for tag in &snapshot.tags {
        line("Tag", &format!("{}={}", tag.key, tag.value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::client::ec2::SnapshotDescription;

    #[test]
    fn what_is_not_known_has_no_line() {
        let snapshot = SnapshotDescription {
            snapshot_id: "snap-1".to_owned(),
            state: "error".to_owned(),
            state_message: Some("bad\nnews".to_owned()),
            ..SnapshotDescription::default()
        };
        let expected =
            "Snapshot:    snap-1\nState:       error\nMessage:     bad\u{fffd}news\nVolume size: 0 GiB\n";
        assert_eq!(text(&snapshot), expected);
    }
}
