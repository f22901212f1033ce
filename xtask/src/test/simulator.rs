//! iam-simulate, a simulator of policies that others wrote, with which decisions are compared. It is AGPL-3.0: a program that
//! tests run, never part of what is built.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::{find, is_program, run_shown};
use super::report::Report;
use crate::failure::Failure;

/// The npm package, with its version.
const PACKAGE: &str = "@cloud-copilot/iam-simulate@0.1.173";

/// The folder of the package, kept below `target/`; where it is missing and `install` allows, it is installed there.
///
/// # Errors
/// None: a simulator that cannot be had is a skip.
pub(crate) fn provide(root: &Path, install: bool, report: &mut Report) -> Result<Option<PathBuf>, Failure> {
    let folder = root.join("target/iam-simulate");
    let package = folder.join("node_modules/@cloud-copilot/iam-simulate");
    let is_there = || find("node").is_some() && is_program(&package.join("package.json"));
    if !is_there()
        && install
        && let Err(failure) = install_into(&folder)
    {
        println!("iam-simulate could not be installed: {failure}");
    }
    if is_there() {
        println!("iam-simulate is {}", package.display());
        Ok(Some(package))
    } else {
        report.skip(
            "the comparison of policy decisions with iam-simulate: needs node and its npm package".into(),
        );
        Ok(None)
    }
}

fn install_into(folder: &Path) -> Result<(), Failure> {
    println!("installing the npm package {PACKAGE}");
    run_shown(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(folder)
            .arg(PACKAGE),
    )
}
