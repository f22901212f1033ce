//! `cargo xtask clients`: the server against clients that take minutes to install, and are no part of `test` for that.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::test::{build_binary, python, run_shown};

/// Ansible with its collections, about 600 MB when installed.
const ANSIBLE: &str = "ansible==12.3.0";
/// The version of coldsnap, which is built from source.
const COLDSNAP: &str = "0.12.0";

/// Installs Ansible and coldsnap below `target/clients` and runs the tests in `tests/clients` with them.
///
/// # Errors
/// [`Failure::Program`] if a client cannot be installed or a test fails.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    let folder = root.join("target/clients");
    let interpreter = provide_ansible(root, &folder)?;
    let coldsnap = provide_coldsnap(&folder)?;
    build_binary(root)?;
    run_shown(
        Command::new(interpreter)
            .current_dir(root)
            .args(["-m", "pytest", "-p", "no:cacheprovider", "-ra", "tests/clients"])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("EBBSTONE_BIN", root.join("target/release/ebbstone"))
            .env("EBBSTONE_COLDSNAP", coldsnap),
    )
}

/// A Python environment with Ansible and what the tests import; gives its interpreter.
fn provide_ansible(root: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let environment = folder.join("venv");
    python::create(&environment)?;
    let interpreter = environment.join("bin/python");
    println!("installing {ANSIBLE} and the packages of tests/requirements.txt below {}", folder.display());
    run_shown(
        Command::new(&interpreter)
            .args(["-m", "pip", "install", "--quiet", ANSIBLE, "--requirement"])
            .arg(root.join("tests/requirements.txt")),
    )?;
    Ok(interpreter)
}

fn provide_coldsnap(folder: &Path) -> Result<PathBuf, Failure> {
    println!("installing coldsnap {COLDSNAP} below {}: it is built from source", folder.display());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run_shown(
        Command::new(cargo)
            .args(["install", "--quiet", "--locked", "--version", COLDSNAP, "--root"])
            .arg(folder)
            .arg("coldsnap"),
    )?;
    Ok(folder.join("bin/coldsnap"))
}
