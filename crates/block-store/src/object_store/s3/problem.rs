//! What an S3 server refuses, and what it does not answer.

use std::error::Error;
use std::fmt;

/// Why an S3 server did not do as asked. It never has a server's own text in it, because servers repeat session
/// tokens in theirs.
#[derive(Debug, thiserror::Error)]
pub(super) enum S3Problem {
    #[error("the name of the bucket is not legal")]
    IllegalBucket,
    #[error("the region is not legal")]
    IllegalRegion,
    #[error("the prefix is not parts of letters, digits, -, _ and . with slashes between them")]
    IllegalPrefix,
    #[error("the endpoint is not http:// or https:// with a host, or cannot have the bucket before the host")]
    IllegalEndpoint,
    #[error("the S3 client cannot be made")]
    Client(#[source] object_store::Error),
    #[error("there is no such object")]
    NoSuchObject,
    #[error("the S3 server refused to {operation}: {reason}")]
    Refused { operation: Operation, reason: Reason },
    #[error("the S3 server did not {operation}")]
    NotAnswered {
        operation: Operation,
        #[source]
        cause: object_store::Error,
    },
    #[error("the S3 server gave back more or fewer bytes than it announced")]
    Length,
    #[error("the S3 server lists names out of order")]
    Disorder,
    #[error("the S3 server does not come to the end of a listing")]
    EndlessListing,
    #[error("the S3 server gave back other bytes than were written to it")]
    OtherBytes,
    #[error("the S3 server still has an object that was deleted")]
    StillThere,
    #[error("a file is too long to be an object")]
    TooLong,
}

/// What was asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Write,
    Read,
    Measure,
    Delete,
    List,
}

/// Why a server refuses, in its own short words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    /// The status of the answer.
    status: u16,
    /// The error code, where the answer has a body with one.
    code: Option<String>,
}

/// Longest error code that is believed to be one.
const CODE_BYTES_MAX: usize = 64;
/// Deepest chain of causes that is looked at.
const CAUSES_MAX: usize = 16;

impl S3Problem {
    /// What `error` is, without the text that the server sent.
    pub(super) fn new(operation: Operation, error: object_store::Error) -> Self {
        let is_not_found = matches!(error, object_store::Error::NotFound { .. });
        let is_of_an_object = matches!(operation, Operation::Read | Operation::Measure | Operation::Delete);
        match Reason::of(&error) {
            Some(reason) if is_not_found && is_of_an_object && !reason.is_about_the_bucket() => {
                Self::NoSuchObject
            }
            Some(reason) => Self::Refused { operation, reason },
            None => Self::NotAnswered { operation, cause: error },
        }
    }

    /// Whether the server has no space left, or none for us.
    pub(super) fn is_full(&self) -> bool {
        self.reason().is_some_and(|reason| {
            let full = [
                "QuotaExceeded",
                "InsufficientStorage",
                "XMinioStorageFull",
                "XMinioAdminBucketQuotaExceeded",
            ];
            reason.status == 507 || reason.code.as_deref().is_some_and(|code| full.contains(&code))
        })
    }

    /// Whether the object ends before the range begins.
    pub(super) fn is_past_the_end(&self) -> bool {
        self.reason().is_some_and(|reason| reason.status == 416)
    }

    /// Whether the server says that it does not know the conditional header.
    pub(super) fn is_not_implemented(&self) -> bool {
        self.reason().is_some_and(|reason| reason.status == 501)
    }

    /// Whether the name is taken, or another request for it is under way.
    pub(super) fn is_conflict(&self) -> bool {
        self.reason().is_some_and(|reason| matches!(reason.status, 409 | 412))
    }

    /// Whether a write may have been carried out all the same, by this request or by an earlier one.
    pub(super) fn is_doubtful(&self) -> bool {
        match self {
            Self::NotAnswered { .. } => true,
            Self::Refused { reason, .. } => {
                matches!(reason.status, 408 | 409 | 412 | 429 | 500..=599)
                    && !self.is_not_implemented()
                    && !self.is_full()
            }
            _ => false,
        }
    }

    fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Refused { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

impl Reason {
    /// Whether the whole bucket is not there.
    fn is_about_the_bucket(&self) -> bool {
        self.code.as_deref() == Some("NoSuchBucket")
    }

    /// The reason in the text of `error`: the client's own type for it cannot be named outside of the client.
    fn of(error: &object_store::Error) -> Option<Self> {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        for _ in 0..CAUSES_MAX {
            if let Some(reason) = Self::in_text(&cause?.to_string()) {
                return Some(reason);
            }
            cause = cause.and_then(Error::source);
        }
        None
    }

    fn in_text(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("status code: ")?;
        let status = rest.get(..3)?.parse().ok()?;
        let code = rest
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"))
            .map(|(code, _)| code)
            .filter(|code| !code.is_empty() && code.len() <= CODE_BYTES_MAX)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .map(str::to_owned);
        Some(Self { status, code })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Write => "write an object",
            Self::Read => "read an object",
            Self::Measure => "tell the length of an object",
            Self::Delete => "delete an object",
            Self::List => "list objects",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{code}, status {}", self.status),
            None => write!(f, "status {}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn reasons_are_found_in_what_the_client_says() {
        for (text, reason) in [
            (
                "x status code: 403 Forbidden: <Error><Code>AccessDenied</Code>",
                Some("AccessDenied, status 403"),
            ),
            ("x status code: 403 Forbidden: ", Some("status 403")),
            ("x status code: 403 Forbidden: <Code>a b</Code>", Some("status 403")),
            ("x status code: 403 Forbidden: <Code>a", Some("status 403")),
            ("x status code: 500", Some("status 500")),
            ("x status code: ", None),
            ("connection refused", None),
        ] {
            assert_eq!(Reason::in_text(text).map(|reason| reason.to_string()).as_deref(), reason, "{text}");
        }
    }
}
