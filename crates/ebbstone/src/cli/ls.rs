//! `ebbstone ls`.

use clap::{Args, ValueEnum};
use ebs::Tag;
use serde::Serialize;

use super::arguments::parse_tag;
use super::connection::ConnectionArgs;
use super::error::CliError;
use super::output::table;
use crate::client::ec2::{DescribeOrder, SnapshotDescription, TagDescription};

/// Which snapshots to list.
#[derive(Args, Debug)]
pub(crate) struct LsArgs {
    /// Only snapshots in this state
    #[arg(long)]
    status: Option<Status>,
    /// Only snapshots with this tag; can be given many times, and then all must be there. Values may have * and ?
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parse_tag)]
    tags: Vec<Tag>,
    /// Only snapshots of this owner: an account number, self, or all for everything that may be seen
    #[arg(long, value_name = "OWNER", default_value = "self")]
    owner: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Pending,
    Completed,
    Error,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    snapshots: Vec<SnapshotDescription>,
}

impl LsArgs {
    /// Lists the snapshots, newest first.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let mut snapshots = client.describe_snapshots(&self.order()).await?;
        // ISO 8601 in UTC sorts as time does.
        snapshots.sort_by(|one, other| {
            other.start_time.cmp(&one.start_time).then_with(|| one.snapshot_id.cmp(&other.snapshot_id))
        });
        connection.output().print(&Outcome { snapshots }, |outcome| {
            let rows: Vec<_> = outcome.snapshots.iter().map(row).collect();
            table(&["SNAPSHOT", "STATE", "DONE", "SIZE", "STARTED", "TAGS", "DESCRIPTION"], &rows)
        })
    }

    fn order(self) -> DescribeOrder {
        let status = self.status.map(|status| {
            let word = match status {
                Status::Pending => "pending",
                Status::Completed => "completed",
                Status::Error => "error",
            };
            ("status".to_owned(), vec![word.to_owned()])
        });
        let tags = self.tags.into_iter().map(|tag| (format!("tag:{}", tag.key), vec![tag.value]));
        DescribeOrder {
            snapshots: Vec::new(),
            owners: if self.owner == "all" { Vec::new() } else { vec![self.owner] },
            filters: status.into_iter().chain(tags).collect(),
        }
    }
}

fn row(snapshot: &SnapshotDescription) -> Vec<String> {
    vec![
        snapshot.snapshot_id.clone(),
        snapshot.state.clone(),
        snapshot.progress.clone(),
        format!("{} GiB", snapshot.volume_size),
        snapshot.start_time.clone(),
        tags(&snapshot.tags),
        snapshot.description.clone(),
    ]
}

/// Tags in a line.
pub(super) fn tags(tags: &[TagDescription]) -> String {
    let words: Vec<String> = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::{LsArgs, Status};
    use ebs::Tag;

    #[test]
    fn options_become_filters() {
        let tags = vec![Tag { key: "a".to_owned(), value: "b*".to_owned() }];
        let order = LsArgs { status: Some(Status::Error), tags, owner: "self".to_owned() }.order();
        assert_eq!(order.owners, ["self"]);
        let filters = [("status", "error"), ("tag:a", "b*")];
        assert_eq!(order.filters, filters.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])));
        let all = LsArgs { status: None, tags: Vec::new(), owner: "all".to_owned() }.order();
        assert!(all.owners.is_empty() && all.filters.is_empty());
    }
}
