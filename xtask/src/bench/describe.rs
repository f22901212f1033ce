//! DescribeSnapshots over many snapshots, and the start of a server that has them, on either engine.
//!
//! Calls, rows and CPU time in proportion to a peer of the same run are judged; wall clock informs.

use std::path::Path;

use crate::failure::Failure;
use crate::test::{Needed, run_python_module};

/// Engines, and what they need.
const ENGINES: [(&str, &[Needed]); 2] = [("sqlite", &[]), ("postgres", &[Needed::Postgres])];

/// Measures pages at every depth, a filter that matches rarely, and the start, with `count` snapshots.
///
/// # Errors
/// [`Failure::Program`] if something is over its bound, which is printed; whatever keeps a step from its end.
pub(super) fn run(root: &Path, count: u32) -> Result<(), Failure> {
    for (engine, needed) in ENGINES {
        let folder = root.join("target/bench-describe").join(engine);
        let words = [&count.to_string(), "--engine", engine, "--folder", &folder.display().to_string()];
        run_python_module(root, needed, "describe_bench", &words.map(str::to_owned))?;
    }
    Ok(())
}
