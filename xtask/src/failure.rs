//! Why a task did not succeed.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// What stopped a task, told apart by what its caller does next.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line was not understood: read the usage.
    Usage(&'static str),
    /// A file or folder could not be read or written.
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be started: install it.
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ran and reported failure: read its output above.
    Program {
        /// The program with its arguments.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// Something that a test part cannot do without is absent.
    Missing {
        /// What is absent.
        what: &'static str,
        /// How to get it.
        remedy: &'static str,
    },
    /// A measurement is over its bound.
    Bound(String),
    /// House rules are broken: mend the places listed above.
    Untidy {
        /// How many places.
        findings: usize,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(usage) => f.write_str(usage),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Start { program, source } => write!(f, "cannot start {program}: {source}"),
            Self::Program { command, status } => write!(f, "`{command}` failed: {status}"),
            Self::Missing { what, remedy } => write!(f, "{what} is missing: {remedy}"),
            Self::Bound(what) => f.write_str(what),
            Self::Untidy { findings } => write!(f, "{findings} places break the house rules"),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::Start { source, .. } => Some(source),
            _ => None,
        }
    }
}
