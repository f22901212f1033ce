//! Why a command failed, and what its exit code says about it.

use std::error::Error;
use std::io::{self, Write};

use super::exit_code;
use crate::client::ClientError;
use crate::client::error::Cause;
use crate::client::settings::SettingsError;

/// What ended a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// A call or a transfer failed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Some of several snapshots failed; the reasons have been printed.
    #[error("{failed} of {all} snapshots failed")]
    Several {
        /// How many failed.
        failed: usize,
        /// How many there were.
        all: usize,
        /// Exit code of the first failure.
        exit_code: u8,
    },
    /// The outcome cannot be printed.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
    /// The process cannot listen for signals.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// The process was asked to end.
    #[error("interrupted")]
    Interrupted {
        /// The signal's number.
        signal: u8,
    },
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        Self::Client(error.into())
    }
}

impl CliError {
    /// The exit code that tells scripts what happened.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Client(error) => client_exit_code(error),
            Self::Several { exit_code, .. } => *exit_code,
            Self::Output(_) | Self::Signals(_) => exit_code::FAILURE,
            Self::Interrupted { signal } => exit_code::SIGNALLED.saturating_add(*signal),
        }
    }

    /// Says on standard error what happened, with its causes; nothing if the reader of standard output has gone.
    pub(crate) fn report(&self) {
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return;
        }
        say(self);
    }
}

/// Says an error and its causes on standard error, in a line.
pub(super) fn say(error: &dyn Error) {
    let mut line = format!("ebbstone: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(&format!(": {error}"));
        cause = error.source();
    }
    line.push('\n');
    // There is nowhere left to complain to.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// The exit code of a failed call or transfer.
pub(super) fn client_exit_code(error: &ClientError) -> u8 {
    match error {
        ClientError::Settings(settings) => match settings {
            SettingsError::NoCredentials
            | SettingsError::HalfAKey { .. }
            | SettingsError::Unsupported { .. } => exit_code::ACCESS_DENIED,
            SettingsError::NoProfile { .. }
            | SettingsError::NoRegion
            | SettingsError::Region { .. }
            | SettingsError::Endpoint { .. } => exit_code::USAGE,
            SettingsError::File { .. } | SettingsError::Certificates { .. } | SettingsError::Http { .. } => {
                exit_code::FAILURE
            }
        },
        ClientError::Refused(refused) => match refused.cause() {
            Cause::NotFound => exit_code::NOT_FOUND,
            Cause::AccessDenied => exit_code::ACCESS_DENIED,
            Cause::Throttled | Cause::Service | Cause::Request => exit_code::FAILURE,
        },
        ClientError::SnapshotFailed { .. } => exit_code::SNAPSHOT_FAILED,
        ClientError::TimedOut { .. } => exit_code::TIMED_OUT,
        ClientError::VolumeTooSmall { .. }
        | ClientError::NotAnImage(_)
        | ClientError::NotAFile(_)
        | ClientError::FileExists(_)
        | ClientError::StateMismatch { .. } => exit_code::USAGE,
        ClientError::Unreachable { .. }
        | ClientError::Answer { .. }
        | ClientError::Corrupt { .. }
        | ClientError::ImageChanged(_)
        | ClientError::File { .. } => exit_code::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::CliError;
    use crate::client::ClientError;
    use crate::client::endpoint::Service;
    use crate::client::error::ServiceError;
    use crate::client::settings::SettingsError;

    fn refused(code: &str) -> ClientError {
        ClientError::from(ServiceError {
            service: Service::Ec2,
            operation: "DescribeSnapshots",
            status: 400,
            code: code.to_owned(),
            reason: None,
            message: "m".to_owned(),
        })
    }

    #[test]
    fn exit_codes_tell_what_happened() {
        let failed = ClientError::SnapshotFailed {
            snapshot: "snap-1".to_owned(),
            state: "error".to_owned(),
            message: "m".to_owned(),
        };
        for (error, code) in [
            (refused("InvalidSnapshot.NotFound"), 3),
            (refused("UnauthorizedOperation"), 6),
            (refused("AuthFailure"), 6),
            (refused("InvalidParameterValue"), 1),
            (failed, 4),
            (ClientError::TimedOut { seconds: 1, pending: 1 }, 5),
            (SettingsError::NoCredentials.into(), 6),
            (SettingsError::NoRegion.into(), 2),
            (ClientError::Answer { operation: "x", problem: "y" }, 1),
        ] {
            let shown = error.to_string();
            assert_eq!(CliError::from(error).exit_code(), code, "{shown}");
        }
        assert_eq!(CliError::Several { failed: 1, all: 2, exit_code: 3 }.exit_code(), 3);
        assert_eq!(CliError::Interrupted { signal: 2 }.exit_code(), 130);
    }
}
