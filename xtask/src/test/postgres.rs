//! PostgreSQL, for the tests that run on both database engines.

use std::fs;
use std::path::{Path, PathBuf};

use super::apt;
use super::program::{find, is_program};
use super::report::Report;
use crate::failure::Failure;

/// Where Debian keeps the server's programs, one folder per version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder of `initdb` and `pg_ctl`; where there is none and `install` allows, the package is installed.
///
/// # Errors
/// [`Failure::Missing`] if there is none and `EBBSTONE_REQUIRE_POSTGRES` is `1`. Else that is a skip.
pub(crate) fn provide(install: bool, report: &mut Report) -> Result<Option<PathBuf>, Failure> {
    let mut folder = programs();
    if folder.is_none() && install && apt::is_available() {
        if let Err(failure) = apt::install(&["postgresql"]) {
            println!("PostgreSQL could not be installed: {failure}");
        }
        folder = programs();
    }
    match &folder {
        Some(folder) => println!("PostgreSQL is in {}", folder.display()),
        None if std::env::var_os("EBBSTONE_REQUIRE_POSTGRES").is_some_and(|value| value == "1") => {
            return Err(Failure::Missing { what: "PostgreSQL", remedy: "install the package postgresql" });
        }
        None => {
            report.skip("every test on PostgreSQL: no initdb in PATH, and it could not be installed".into())
        }
    }
    Ok(folder)
}

/// The folder with the server's programs: the newest of Debian's, or the one that `PATH` has.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter(|folder| is_complete(folder))
        .filter_map(|folder| Some((version(&folder)?, folder)))
        .collect();
    found.sort();
    let in_path = || find("initdb").and_then(|initdb| initdb.parent().map(Path::to_path_buf));
    found.pop().map(|(_, folder)| folder).or_else(|| in_path().filter(|folder| is_complete(folder)))
}

fn version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| is_program(&folder.join(program)))
}
