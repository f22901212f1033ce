//! Why a client call or a transfer did not come to its end.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use ebs::{BlockIndex, SnapshotId};

use super::endpoint::Service;
use super::settings::SettingsError;
use super::unreachable;

/// What went wrong, told apart by what there is to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The settings name no usable credentials, region or endpoint: they are to be changed.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The service answered and refused: its code says what to change.
    #[error("{0}")]
    Refused(Box<ServiceError>),
    /// No answer came, after all the attempts there may be: to be tried again once the endpoint is there.
    #[error("{operation}: no answer from {endpoint}{}", unreachable::advice(endpoint, source))]
    Unreachable {
        /// The API action.
        operation: &'static str,
        /// Where it was sent.
        endpoint: String,
        /// What the last attempt met.
        source: reqwest::Error,
    },
    /// The endpoint answered something that the API does not have: it is probably not such an endpoint.
    #[error("{operation}: the answer cannot be read: {problem}")]
    Answer {
        /// The API action.
        operation: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A block arrived with other bytes than its checksum says, again and again.
    #[error("block {index} of {snapshot} does not have the bytes that its checksum says")]
    Corrupt {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The block.
        index: BlockIndex,
    },
    /// A local file cannot be worked with.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is to be imported has no bytes that stay where they are.
    #[error("{} is neither a file nor a block device; save a stream to a file, and import that", .0.display())]
    NotAnImage(PathBuf),
    /// What is to be imported has no bytes at all: perhaps what should have written it has failed.
    #[error("{} is empty: there is nothing to import", .0.display())]
    EmptyImage(PathBuf),
    /// The folder that a file is to be written to is not there.
    #[error("the folder {} does not exist: make it, or give another", .0.display())]
    NoFolder(PathBuf),
    /// What is to be replaced is no file: a device, for example, whose node would be lost.
    #[error("{} is there and is not a file; export to a new file, and write that to a device with dd", .0.display())]
    NotAFile(PathBuf),
    /// The file to be written is there already.
    #[error("{} exists already; --force replaces it", .0.display())]
    FileExists(PathBuf),
    /// The image was written to while it was read: what was read is no point in time.
    #[error("{} was written to during the import; nothing was completed", .0.display())]
    ImageChanged(PathBuf),
    /// The image does not fit the volume that was asked for, or any there is.
    #[error("{image_bytes} bytes do not fit a volume of {volume_gib} GiB")]
    VolumeTooSmall {
        /// Length of the image.
        image_bytes: u64,
        /// Size of the volume.
        volume_gib: u32,
    },
    /// The parent of a pull is not what was pulled of the other side's.
    #[error(
        "{here} does not have the content of {there}: block {index} differs; give the snapshot that {there} was pulled \
        to, or neither --parent nor --from-parent"
    )]
    ParentDiffers {
        /// The parent.
        here: SnapshotId,
        /// The snapshot at the source that it should equal.
        there: SnapshotId,
        /// A block in which they differ.
        index: BlockIndex,
    },
    /// The file is not what the parent was imported from.
    #[error(
        "{} is not the image of {snapshot}: block {index} differs; give the file that it was imported from, or leave \
        --parent-file out to compare with the snapshot itself",
        path.display()
    )]
    ParentFileDiffers {
        /// The file.
        path: PathBuf,
        /// The parent.
        snapshot: SnapshotId,
        /// A block in which they differ.
        index: BlockIndex,
    },
    /// The state file belongs to another upload: it is to be deleted, or the upload's own arguments to be given.
    #[error(
        "{} was written by an import whose {difference} was another; give the same arguments, or delete it to start over",
        path.display()
    )]
    StateMismatch {
        /// The state file.
        path: PathBuf,
        /// What is not the same.
        difference: &'static str,
    },
    /// The snapshot ended in `error`, or is otherwise beyond completion.
    #[error("{snapshot} is in state {state}: {message}")]
    SnapshotFailed {
        /// The snapshot.
        snapshot: String,
        /// Its state.
        state: String,
        /// What the service says of it.
        message: String,
    },
    /// What was waited for did not happen in the time given.
    #[error("timed out after {seconds} s; still pending: {}", named(pending))]
    TimedOut {
        /// The time given.
        seconds: u64,
        /// The snapshots that were not settled.
        pending: Vec<StillPending>,
    },
}

/// A snapshot that was waited for in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StillPending {
    /// The snapshot.
    pub(crate) snapshot: SnapshotId,
    /// Its state and progress as they were last seen; none if there was no time to see them.
    pub(crate) seen: Option<(String, String)>,
}

/// Most snapshots that a message names.
const NAMED_MAX: usize = 10;

fn named(pending: &[StillPending]) -> String {
    let mut words: Vec<String> = pending.iter().take(NAMED_MAX).map(StillPending::to_string).collect();
    if pending.len() > NAMED_MAX {
        words.push(format!("and {} more", pending.len() - NAMED_MAX));
    }
    words.join(", ")
}

impl fmt::Display for StillPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.seen {
            Some((state, progress)) => write!(f, "{} ({state}, {progress} done)", self.snapshot),
            None => write!(f, "{} (state not seen)", self.snapshot),
        }
    }
}

impl ClientError {
    /// What turns an I/O error into this type: `.map_err(ClientError::file("read", path))`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Whether the service said that the snapshot does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refused) if refused.cause() == Cause::NotFound)
    }
}

/// What a service said when it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// The service.
    pub(crate) service: Service,
    /// The API action.
    pub(crate) operation: &'static str,
    /// The HTTP status.
    pub(crate) status: u16,
    /// The API's error code or exception.
    pub(crate) code: String,
    /// The reason within an exception, where the API has one.
    pub(crate) reason: Option<String>,
    /// The sentence.
    pub(crate) message: String,
}

/// Kinds of refusal that callers treat differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// What was named does not exist, or may not be seen.
    NotFound,
    /// The credentials are not accepted, or do not permit this.
    AccessDenied,
    /// Too many requests: the same one may pass later.
    Throttled,
    /// The service failed, not the request.
    Service,
    /// The request is wrong.
    Request,
}

const NOT_FOUND: [&str; 2] = ["InvalidSnapshot.NotFound", "ResourceNotFoundException"];

const ACCESS_DENIED: [&str; 15] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

const THROTTLED: [&str; 6] = [
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
];

impl ServiceError {
    /// What kind of refusal this is.
    pub(crate) fn cause(&self) -> Cause {
        let code = self.code.as_str();
        // The EBS direct APIs use one exception for bad signatures and, with this word, for bad checksums.
        let signature = code == "InvalidSignatureException" && !self.message.contains("x-amz-Checksum");
        if NOT_FOUND.contains(&code) {
            Cause::NotFound
        } else if ACCESS_DENIED.contains(&code) || signature {
            Cause::AccessDenied
        } else if THROTTLED.contains(&code) || self.status == 429 {
            Cause::Throttled
        } else if self.status >= 500 {
            Cause::Service
        } else {
            Cause::Request
        }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.code)?;
        if let Some(reason) = &self.reason {
            write!(f, " ({reason})")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl From<ServiceError> for ClientError {
    fn from(error: ServiceError) -> Self {
        Self::Refused(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, ServiceError};
    use crate::client::endpoint::Service;

    fn refused(status: u16, code: &str, message: &str) -> ServiceError {
        ServiceError {
            service: Service::Ebs,
            operation: "PutSnapshotBlock",
            status,
            code: code.to_owned(),
            reason: None,
            message: message.to_owned(),
        }
    }

    #[test]
    fn causes_follow_from_codes() {
        for (status, code, cause) in [
            (400, "InvalidSnapshot.NotFound", Cause::NotFound),
            (404, "ResourceNotFoundException", Cause::NotFound),
            (401, "AuthFailure", Cause::AccessDenied),
            (403, "UnauthorizedOperation", Cause::AccessDenied),
            (403, "InvalidSignatureException", Cause::AccessDenied),
            (400, "RequestThrottledException", Cause::Throttled),
            (503, "RequestLimitExceeded", Cause::Throttled),
            (429, "Anything", Cause::Throttled),
            (500, "InternalServerException", Cause::Service),
            (400, "ValidationException", Cause::Request),
        ] {
            assert_eq!(refused(status, code, "m").cause(), cause, "{status} {code}");
        }
    }

    #[test]
    fn a_wrong_checksum_is_no_matter_of_credentials() {
        let message = "The value passed in as x-amz-Checksum does not match the computed checksum.";
        assert_eq!(refused(403, "InvalidSignatureException", message).cause(), Cause::Request);
    }
}
