//! What the tour saw, as a table.

use std::time::Duration;

use ebs::SnapshotId;
use service::Transferred;

/// Rows, in the order of the steps.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<[String; 6]>,
}

const HEAD: [&str; 6] = ["step", "snapshot", "data MiB", "moved MiB", "shared MiB", "seconds"];

impl Table {
    pub(super) fn add(
        &mut self,
        step: &str,
        snapshot: SnapshotId,
        transferred: Transferred,
        data_bytes: u64,
        took: Duration,
    ) {
        self.rows.push([
            step.to_owned(),
            snapshot.to_string(),
            mib(data_bytes),
            mib(transferred.bytes_moved),
            mib(transferred.bytes_shared),
            format!("{:.2}", took.as_secs_f64()),
        ]);
    }

    pub(super) fn print(&self) {
        let head = HEAD.map(str::to_owned);
        let rows = std::iter::once(&head).chain(&self.rows);
        let width = |column: usize| rows.clone().map(|row| row[column].len()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        println!();
        for row in rows {
            let left = format!("{:<w0$}  {:<w1$}", row[0], row[1], w0 = widths[0], w1 = widths[1]);
            let right = (2..6).map(|column| format!("  {:>width$}", row[column], width = widths[column]));
            println!("{left}{}", right.collect::<String>());
        }
    }
}

fn mib(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}
