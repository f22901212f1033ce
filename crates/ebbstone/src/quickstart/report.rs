//! What a tour saw: lines for people as it goes on, or one JSON document at its end.

use std::io::{self, Write};
use std::time::Duration;

use ebs::SnapshotId;
use serde::Serialize;
use service::Transferred;

use crate::cli::{CliError, Output};

/// Everything that a tour tells.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Report {
    #[serde(skip)]
    json: bool,
    endpoint: String,
    data_dir: String,
    steps: Vec<Step>,
    exports: Vec<Export>,
    /// Where root's credentials are, if the data is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials_file: Option<String>,
}

/// A snapshot that was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Step {
    pub(super) step: &'static str,
    #[serde(serialize_with = "crate::client::as_text")]
    pub(super) snapshot_id: SnapshotId,
    pub(super) region: &'static str,
    pub(super) data_bytes: u64,
    pub(super) bytes_moved: u64,
    pub(super) bytes_shared: u64,
    pub(super) seconds: f64,
}

/// A snapshot whose export is its image, byte for byte.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Export {
    #[serde(serialize_with = "crate::client::as_text")]
    snapshot_id: SnapshotId,
    region: &'static str,
    identical: bool,
}

const HEAD: [&str; 6] = ["step", "snapshot", "data MiB", "moved MiB", "shared MiB", "seconds"];

impl Report {
    /// Begins with where the tour's server is.
    pub(super) fn begin(json: bool, endpoint: String, data_dir: String) -> Result<Self, CliError> {
        let report =
            Self { json, endpoint, data_dir, steps: Vec::new(), exports: Vec::new(), credentials_file: None };
        report.line(&format!("Serving {} (data in {})", report.endpoint, report.data_dir))?;
        Ok(report)
    }

    /// Says a line to people.
    pub(super) fn line(&self, text: &str) -> Result<(), CliError> {
        if self.json {
            return Ok(());
        }
        writeln!(io::stdout(), "{text}").map_err(CliError::Output)
    }

    pub(super) fn add_step(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Says what all the steps were.
    pub(super) fn show_steps(&self) -> Result<(), CliError> {
        self.line(&format!("\n{}", table(&self.steps)))
    }

    pub(super) fn add_identical(
        &mut self,
        snapshot_id: SnapshotId,
        region: &'static str,
        name: &str,
    ) -> Result<(), CliError> {
        self.exports.push(Export { snapshot_id, region, identical: true });
        self.line(&format!("exported {snapshot_id} from {region} ({name}): identical"))
    }

    /// Ends it, with where to find root's credentials if the data is kept.
    pub(super) fn end(mut self, credentials_file: Option<String>) -> Result<(), CliError> {
        self.credentials_file = credentials_file;
        Output::new(self.json).print(&self, |_| String::new())
    }
}

impl Step {
    /// A step that took so long.
    pub(super) fn new(
        (step, region): (&'static str, &'static str),
        snapshot_id: SnapshotId,
        transferred: Transferred,
        data_bytes: u64,
        took: Duration,
    ) -> Self {
        Self {
            step,
            snapshot_id,
            region,
            data_bytes,
            bytes_moved: transferred.bytes_moved,
            bytes_shared: transferred.bytes_shared,
            seconds: took.as_secs_f64(),
        }
    }

    fn row(&self) -> [String; 6] {
        [
            self.step.to_owned(),
            self.snapshot_id.to_string(),
            mib(self.data_bytes),
            mib(self.bytes_moved),
            mib(self.bytes_shared),
            format!("{:.2}", self.seconds),
        ]
    }
}

fn table(steps: &[Step]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(steps.iter().map(Step::row));
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        text.push_str(&format!("{:<w0$}  {:<w1$}", row[0], row[1], w0 = widths[0], w1 = widths[1]));
        for column in 2..6 {
            text.push_str(&format!("  {:>width$}", row[column], width = widths[column]));
        }
        text.push('\n');
    }
    text
}

fn mib(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}
