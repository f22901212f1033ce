//! `ebbstone diff`.

use clap::Args;
use ebs::{BLOCK_BYTES, SnapshotId};

use super::connection::ConnectionArgs;
use super::error::CliError;
use super::output::table;
use super::progress_bar::per_cent_bar;
use super::quantity::bytes;
use crate::client::diff::{BlockRange, DiffReport, diff_snapshots};

/// Most ranges that people are shown. JSON has them all.
const RANGES_SHOWN: usize = 50;

/// Which snapshots to compare.
#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// The earlier snapshot
    first: SnapshotId,
    /// The later snapshot, of the same lineage
    second: SnapshotId,
}

impl DiffArgs {
    /// Shows what changed.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let progress = per_cent_bar("diff");
        let report = diff_snapshots(&client, self.first, self.second, &*progress).await?;
        drop(progress);
        connection.output().print(&report, text)
    }
}

fn text(report: &DiffReport) -> String {
    let mut text = format!(
        "{} in {} blocks changed: {} rewritten, {} added, {} removed\n",
        bytes(report.changed_bytes),
        report.changed_blocks,
        report.rewritten_blocks,
        report.added_blocks,
        report.removed_blocks
    );
    if !report.ranges.is_empty() {
        let rows: Vec<_> = report.ranges.iter().take(RANGES_SHOWN).map(row).collect();
        text.push_str(&table(&["BLOCK", "BLOCKS", "OFFSET", "LENGTH"], &rows));
    }
    if report.ranges.len() > RANGES_SHOWN {
        text.push_str(&format!("and {} more ranges; --json shows all\n", report.ranges.len() - RANGES_SHOWN));
    }
    text
}

fn row(range: &BlockRange) -> Vec<String> {
    let in_bytes = |blocks: u32| u64::from(blocks) * BLOCK_BYTES as u64;
    vec![
        range.first_block.to_string(),
        range.blocks.to_string(),
        in_bytes(range.first_block).to_string(),
        bytes(in_bytes(range.blocks)),
    ]
}
