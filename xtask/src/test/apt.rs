//! Debian packages, for machines on which we may install them.

use std::path::Path;
use std::process::Command;

use super::program::{find, run_shown};
use crate::failure::Failure;

/// Whether packages can be installed: this is a Debian machine, and we are its root.
pub(crate) fn is_available() -> bool {
    find("apt-get").is_some() && is_root()
}

/// Installs `packages`. Nothing that is installed already is removed for them.
///
/// # Errors
/// [`Failure::Program`] if a package cannot be had.
pub(crate) fn install(packages: &[&str]) -> Result<(), Failure> {
    println!("installing the Debian packages {}", packages.join(", "));
    run_shown(apt_get().args(["update", "-qq"]))?;
    run_shown(
        apt_get().args(["install", "-y", "-qq", "--no-remove", "--no-install-recommends"]).args(packages),
    )
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The owner of our own process's folder is who we are.
#[cfg(target_os = "linux")]
fn is_root() -> bool {
    use std::os::linux::fs::MetadataExt;
    Path::new("/proc/self").metadata().is_ok_and(|process| process.st_uid() == 0)
}

#[cfg(not(target_os = "linux"))]
fn is_root() -> bool {
    false
}
