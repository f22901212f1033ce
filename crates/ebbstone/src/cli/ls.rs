//! `ebbstone ls`.

use std::cmp::Ordering;

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
    /// What to sort by: newest or largest first, states and ids in alphabetical order
    #[arg(long, value_enum, default_value_t = Sort::Started)]
    sort: Sort,
    /// In the opposite order: with newest last, for example
    #[arg(long)]
    reverse: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sort {
    Started,
    Size,
    State,
    Id,
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
    /// Lists the snapshots, newest first unless another order is asked for.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let (sort, reverse) = (self.sort, self.reverse);
        let mut snapshots = client.describe_snapshots(&self.order()).await?;
        snapshots.sort_by(|one, other| sort.compare(one, other));
        if reverse {
            snapshots.reverse();
        }
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

impl Sort {
    /// The order of two snapshots: of equal ones the newer is first, and then the one whose id is.
    fn compare(self, one: &SnapshotDescription, other: &SnapshotDescription) -> Ordering {
        let first = match self {
            Self::Started => Ordering::Equal,
            Self::Size => other.volume_size.cmp(&one.volume_size),
            Self::State => one.state.cmp(&other.state),
            Self::Id => one.snapshot_id.cmp(&other.snapshot_id),
        };
        // ISO 8601 in UTC sorts as time does.
        first
            .then_with(|| other.start_time.cmp(&one.start_time))
            .then_with(|| one.snapshot_id.cmp(&other.snapshot_id))
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
    use super::{LsArgs, Sort, Status};
    use crate::client::ec2::SnapshotDescription;
    use ebs::Tag;

    fn args(status: Option<Status>, tags: Vec<Tag>, owner: &str) -> LsArgs {
        LsArgs { status, tags, owner: owner.to_owned(), sort: Sort::Started, reverse: false }
    }

    #[test]
    fn equals_are_sorted_by_age_and_then_by_id() {
        let snapshot = |id: &str, start: &str, size, state: &str| SnapshotDescription {
            snapshot_id: id.to_owned(),
            start_time: start.to_owned(),
            volume_size: size,
            state: state.to_owned(),
            ..SnapshotDescription::default()
        };
        let all = [
            snapshot("a", "2026-01-01", 1, "error"),
            snapshot("b", "2026-01-02", 9, "completed"),
            snapshot("c", "2026-01-03", 1, "completed"),
            snapshot("d", "2026-01-03", 1, "completed"),
        ];
        for (sort, ids) in
            [(Sort::Started, "cdba"), (Sort::Size, "bcda"), (Sort::State, "cdba"), (Sort::Id, "abcd")]
        {
            let mut sorted = all.to_vec();
            sorted.sort_by(|one, other| sort.compare(one, other));
            assert_eq!(
                sorted.iter().map(|one| one.snapshot_id.as_str()).collect::<String>(),
                ids,
                "{sort:?}"
            );
        }
    }

    #[test]
    fn options_become_filters() {
        let tags = vec![Tag { key: "a".to_owned(), value: "b*".to_owned() }];
        let order = args(Some(Status::Error), tags, "self").order();
        assert_eq!(order.owners, ["self"]);
        let filters = [("status", "error"), ("tag:a", "b*")];
        assert_eq!(order.filters, filters.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])));
        let all = args(None, Vec::new(), "all").order();
        assert!(all.owners.is_empty() && all.filters.is_empty());
    }
}
