//! `cargo xtask bench`: the real server and the real client on a large image, measured.
//!
//! Wall clock on shared machines informs and nothing more; CPU seconds, resident memory and bytes are what counts.

mod bucket;
mod describe;
mod image;
mod server;
mod sparse;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;
use image::Image;
use server::{AWAY, HOME, Server, Usage};

const USAGE: &str = "\
usage: cargo xtask bench [GIB]
       cargo xtask bench sparse
       cargo xtask bench describe [COUNT]
       cargo xtask bench bucket [MIB]

  GIB       size of the image, a third of it holes (default: 4)
  sparse    a volume of 64 TiB with three blocks
  describe  DescribeSnapshots over COUNT snapshots (default: 100000, at least 20000)
  bucket    a first import of MIB into an S3 bucket (default: 1024, at least 64)
";
const GIB_DEFAULT: u64 = 4;
const SNAPSHOTS_DEFAULT: u32 = 100_000;
const BUCKET_MIB_DEFAULT: u32 = 1024;
/// With less there is no segment that is full.
const BUCKET_MIB_MIN: u32 = 64;
/// With fewer there are no depths to tell apart.
const SNAPSHOTS_MIN: u32 = 20_000;
/// What the server may hold in memory throughout, in MiB.
const RESIDENT_MIB_MAX: u64 = 256;
/// The share of changed blocks that a day-two copy may move beyond their bytes.
const OVERHEAD_PER_CENT_MAX: f64 = 1.0;

/// Measures import, copies and export, prints what it saw, and fails if memory or bytes are over their bounds.
///
/// # Errors
/// [`Failure::Bound`] if a bound is exceeded or an export differs; whatever keeps a step from its end.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failure> {
    let gib = match arguments {
        [sparse] if sparse == "sparse" => return sparse::run(root),
        [bucket] if bucket == "bucket" => return bucket::run(root, BUCKET_MIB_DEFAULT),
        [bucket, mib] if bucket == "bucket" => {
            let mib = mib.parse().ok().filter(|mib| *mib >= BUCKET_MIB_MIN);
            return bucket::run(root, mib.ok_or(Failure::Usage(USAGE))?);
        }
        [describe] if describe == "describe" => return describe::run(root, SNAPSHOTS_DEFAULT),
        [describe, count] if describe == "describe" => {
            let count = count.parse().ok().filter(|count| *count >= SNAPSHOTS_MIN);
            return describe::run(root, count.ok_or(Failure::Usage(USAGE))?);
        }
        [] => GIB_DEFAULT,
        [gib] => gib.parse().map_err(|_| Failure::Usage(USAGE))?,
        _ => return Err(Failure::Usage(USAGE)),
    };
    build(root)?;
    let folder = root.join("target/bench");
    let _ = std::fs::remove_dir_all(&folder);
    make_folder(&folder)?;
    let mut bench =
        Bench { server: Server::start(root, &folder.join("data"))?, folder: folder.clone(), step: None };
    let outcome = bench.measure(gib);
    bench.server.stop();
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

struct Bench {
    server: Server,
    folder: PathBuf,
    step: Option<(&'static str, Instant, Usage)>,
}

impl Bench {
    fn measure(&mut self, gib: u64) -> Result<(), Failure> {
        let (one, two) = (self.folder.join("day-1.raw"), self.folder.join("day-2.raw"));
        let first = Image::make(&one, gib)?;
        let changed = Image::change(&one, &two)?;
        println!(
            "image: {gib} GiB, {} MiB of data; day 2 changes {} blocks",
            mib(first.data_bytes),
            changed.blocks
        );
        println!(
            "\n{:<26} {:>9} {:>11} {:>11} {:>12}",
            "step", "seconds", "server CPU", "client CPU", "stored MiB"
        );

        let path = |path: &Path| path.display().to_string();
        self.begin("import day 1");
        let day_one = self.server.snapshot(HOME, &["import", &path(&one)])?;
        self.end()?;
        self.begin("copy in the region");
        self.server.snapshot(HOME, &["copy", &day_one, "--from-region", HOME, "--wait"])?;
        self.end()?;
        self.begin("copy to another region");
        let there = self.server.snapshot(AWAY, &["copy", &day_one, "--from-region", HOME, "--wait"])?;
        self.end()?;
        self.begin("import day 2");
        let parent = ["--parent", &day_one, "--parent-file", &path(&one)];
        let day_two = self.server.snapshot(HOME, &[&["import", &path(&two)], &parent[..]].concat())?;
        let stored_here = self.end()?;
        self.begin("copy day 2");
        let there_two = self.server.snapshot(AWAY, &["copy", &day_two, "--from-region", HOME, "--wait"])?;
        let stored_there = self.end()?;
        self.export_and_compare(AWAY, &there, &one)?;
        self.export_and_compare(AWAY, &there_two, &two)?;
        self.judge(stored_here, stored_there, changed.blocks)
    }

    fn begin(&mut self, step: &'static str) {
        self.step = Some((step, Instant::now(), self.server.usage()));
    }

    /// Prints a row, and gives the bytes that the step has added to all stores.
    fn end(&mut self) -> Result<u64, Failure> {
        let Some((step, began, before)) = self.step.take() else { return Ok(0) };
        let (took, after) = (began.elapsed(), self.server.usage());
        let stored = after.stored_bytes.saturating_sub(before.stored_bytes);
        println!(
            "{step:<26} {:>9.2} {:>11.2} {:>11.2} {:>12.1}",
            took.as_secs_f64(),
            after.server_cpu - before.server_cpu,
            after.client_cpu - before.client_cpu,
            stored as f64 / f64::from(1 << 20)
        );
        Ok(stored)
    }

    fn export_and_compare(&mut self, region: &str, snapshot: &str, image: &Path) -> Result<(), Failure> {
        let exported = self.folder.join("exported.raw");
        self.begin("export");
        self.server.run(region, &["export", snapshot, &exported.display().to_string()])?;
        self.end()?;
        let same = Image::same(image, &exported)?;
        std::fs::remove_file(&exported).map_err(|source| Failure::File { path: exported, source })?;
        if same {
            Ok(())
        } else {
            Err(Failure::Bound("an exported image is not what was imported".to_owned()))
        }
    }

    fn judge(&self, stored_here: u64, stored_there: u64, changed_blocks: u64) -> Result<(), Failure> {
        let resident = self.server.resident_kib_max() / 1024;
        let overhead = (stored_there as f64 / stored_here as f64 - 1.0) * 100.0;
        println!("\nexports are identical");
        println!("server resident, highest: {resident} MiB (bound {RESIDENT_MIB_MAX})");
        println!(
            "day-2 copy stored {stored_there} bytes for {changed_blocks} changed blocks; day-2 import {stored_here}: {overhead:+.2} %"
        );
        if resident >= RESIDENT_MIB_MAX {
            return Err(Failure::Bound(format!("the server held {resident} MiB")));
        }
        if overhead >= OVERHEAD_PER_CENT_MAX {
            return Err(Failure::Bound(format!(
                "the day-2 copy stored {overhead:.2} % more than the import"
            )));
        }
        Ok(())
    }
}

fn build(root: &Path) -> Result<(), Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["build", "--release", "--package", "ebbstone"]);
    crate::test::run_shown(&mut command)
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|source| Failure::File { path: folder.to_owned(), source })
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}
