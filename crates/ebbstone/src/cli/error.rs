//! Why a command failed, and what its exit code says about it.

use std::error::Error;
use std::io;

use ebs::SnapshotId;

use super::exit_code;
use super::interruption::UploadLeft;
use super::output::Output;
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
    /// The tour found something that is not as it should be, or could not go on.
    #[error(transparent)]
    Tour(#[from] anyhow::Error),
    /// A transfer did not come to its end, and has begun an upload.
    #[error("the upload {snapshot} was not finished")]
    Unfinished {
        /// Why.
        #[source]
        cause: Box<Self>,
        /// The upload.
        snapshot: SnapshotId,
        /// What has become of it.
        left: UploadLeft,
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
            Self::Output(_) | Self::Signals(_) | Self::Tour(_) => exit_code::FAILURE,
            Self::Unfinished { cause, .. } => cause.exit_code(),
            Self::Interrupted { signal } => exit_code::SIGNALLED.saturating_add(*signal),
        }
    }

    /// Says on standard error what happened, with its causes and what is left of it; nothing if the reader of standard
    /// output has gone.
    pub(crate) fn report(&self, output: Output) {
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return;
        }
        match self {
            Self::Unfinished { cause, snapshot, left } => {
                cause.report(output);
                output.note(&left_of(*snapshot, left));
            }
            _ => output.say(self, self.code(), self.exit_code()),
        }
    }

    fn code(&self) -> Option<&str> {
        match self {
            Self::Client(error) => client_code(error),
            _ => None,
        }
    }
}

/// The code with which the service refused, if it did.
pub(super) fn client_code(error: &ClientError) -> Option<&str> {
    match error {
        ClientError::Refused(refused) => Some(&refused.code),
        _ => None,
    }
}

/// An error and its causes, in a line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(&format!(": {error}"));
        cause = error.source();
    }
    line
}

fn left_of(snapshot: SnapshotId, left: &UploadLeft) -> String {
    match left {
        UploadLeft::Deleted => format!("the upload {snapshot} is deleted"),
        UploadLeft::Kept { state_file } => format!(
            "the upload {snapshot} is kept: the same command goes on with it; to give it up, `ebbstone rm {snapshot}` and \
            delete {}",
            state_file.display()
        ),
        UploadLeft::Over { state, state_file } => format!(
            "the upload {snapshot} is over ({state}), and nothing goes on with it: delete {} to start anew",
            state_file.display()
        ),
        UploadLeft::Pending(reason) => {
            let reason = reason
                .as_ref()
                .map_or_else(|| "in time".to_owned(), |error| format!("({})", with_causes(error)));
            format!("the upload {snapshot} could not be deleted {reason}; `ebbstone rm {snapshot}` does that")
        }
    }
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
        | ClientError::EmptyImage(_)
        | ClientError::NotAFile(_)
        | ClientError::NoFolder(_)
        | ClientError::FileExists(_)
        | ClientError::ParentDiffers { .. }
        | ClientError::ParentFileDiffers { .. }
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
            (ClientError::TimedOut { seconds: 1, pending: Vec::new() }, 5),
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
