//! The Python environment of the black-box tests, with every version pinned by `tests/requirements.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt;
use super::program::{find, run_shown};
use crate::failure::Failure;
use crate::files;

/// Makes the environment below `target/` hold exactly what `tests/requirements.txt` names.
///
/// # Errors
/// [`Failure::Missing`] without Python, [`Failure::Program`] if a package cannot be had.
pub(crate) fn provide(root: &Path) -> Result<(), Failure> {
    let requirements = root.join("tests/requirements.txt");
    let wanted = files::read(&requirements)?;
    let stamp = environment(root).join("requirements.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("the Python environment is up to date");
        return Ok(());
    }
    create(&environment(root))?;
    println!("installing the Python packages of tests/requirements.txt");
    run_shown(
        Command::new(interpreter(root))
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&requirements),
    )?;
    fs::write(&stamp, wanted).map_err(|source| Failure::File { path: stamp, source })
}

/// The environment's interpreter.
pub(crate) fn interpreter(root: &Path) -> PathBuf {
    environment(root).join("bin/python")
}

/// Makes an empty environment in `folder`, unless there is one. Debian's Python needs a package for that.
///
/// # Errors
/// [`Failure::Missing`] without Python, [`Failure::Program`] if the environment cannot be made.
pub(crate) fn create(folder: &Path) -> Result<(), Failure> {
    if folder.join("bin/pip").is_file() {
        return Ok(());
    }
    if find("python3").is_none() && !apt::is_available() {
        return Err(Failure::Missing { what: "Python", remedy: "install python3 with its venv module" });
    }
    match make(folder) {
        Err(_) if apt::is_available() => {
            apt::install(&["python3", "python3-venv"])?;
            make(folder)
        }
        outcome => outcome,
    }
}

fn make(folder: &Path) -> Result<(), Failure> {
    run_shown(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
}

fn environment(root: &Path) -> PathBuf {
    root.join("target/venv")
}
