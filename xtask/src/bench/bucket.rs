//! A first import into an S3 bucket: how many requests it makes.

use std::path::Path;

use crate::failure::Failure;
use crate::test::{Needed, run_python_module};

/// Imports `mib` MiB that do not compress into a bucket, and prints the requests by kind.
///
/// # Errors
/// [`Failure::Program`] if there are more for each object made than there may be; whatever keeps a step from its end.
pub(super) fn run(root: &Path, mib: u32) -> Result<(), Failure> {
    let folder = root.join("target/bench-bucket").display().to_string();
    let words = [mib.to_string(), "--folder".to_owned(), folder];
    run_python_module(root, &[Needed::Seaweedfs], "bucket_bench", &words)
}
