//! Running and finding programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Runs `command` with its output shown and no standard input.
///
/// # Errors
/// [`Failure::Start`] if it cannot be started, [`Failure::Program`] if it reports failure.
pub(crate) fn run_shown(command: &mut Command) -> Result<(), Failure> {
    println!("$ {}", shown(command));
    let status = command.stdin(Stdio::null()).status().map_err(|source| Failure::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    })?;
    if status.success() { Ok(()) } else { Err(Failure::Program { command: shown(command), status }) }
}

/// Where the program `name` is, if one of the folders of `PATH` has it.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

/// Whether `file` is there and is a file.
pub(crate) fn is_program(file: &Path) -> bool {
    file.is_file()
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
