//! Why a request fails, before it has the form of a protocol.

use ebs::{KeyRefusal, Refusal};

use crate::sigv4::AuthError;

/// Why a request fails. [`crate::error_code`] says it in each protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// What was asked is refused; the client changes the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What was asked of KMS is refused; the client changes the request. No other protocol answers with it.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// Who asked is not established; the client signs again or otherwise.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The bytes are not a request of the protocol; the client's program is wrong.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The fault is ours, and its cause stands in the log under the request's id.
    #[error("an internal error has occurred")]
    Internal,
    /// Something that the request needs is not there at the moment; the client tries again later.
    #[error("the service is unavailable")]
    Unavailable,
    /// The client asks too often, and tries again more slowly.
    #[error("the request rate is too high")]
    Throttled(Throttle),
}

/// Whose request rate is too high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// The account's.
    Account,
    /// That on one snapshot.
    Snapshot,
}

/// How bytes fail to be a request of the protocol. Texts are quoted as the client wrote them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A body or query string is longer than it may be.
    #[error("the request is longer than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: usize,
    },
    /// A form has too many parameters.
    #[error("the request has more than {limit} parameters")]
    TooManyParameters {
        /// The bound.
        limit: usize,
    },
    /// A form has a percent sign without two hexadecimal digits after it, or a parameter without a name.
    #[error("the form has a syntax error: encode names and values by percent signs")]
    FormMalformed,
    /// Text is not UTF-8, or has the character U+0000.
    #[error("text must be UTF-8 and must not contain the character U+0000")]
    InvalidCharacter,
    /// A parameter's name is too long, or has too many parts.
    #[error("a parameter's name is too long or has too many parts")]
    ParameterName,
    /// A list index is not a number from 1 without leading zeros, or too large.
    #[error("the list index in the parameter {0} is out of range")]
    ListIndex(String),
    /// A parameter stands in the request more than once.
    #[error("the parameter {0} occurs more than once")]
    DuplicateParameter(String),
    /// The action has no such parameter.
    #[error("the parameter {0} is not recognized")]
    UnknownParameter(String),
    /// No action is named.
    #[error("the request must contain the parameter Action")]
    MissingAction,
    /// The action is none that is served.
    #[error("the action {0} is not valid for this web service")]
    UnknownAction(String),
    /// The API version is none that is served.
    #[error("the API version {0} is not served; use {served}", served = .1)]
    UnknownVersion(String, &'static str),
    /// A body is not the JSON that the operation takes.
    #[error("the body is not the JSON of this operation: line {line}, column {column}")]
    Json {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault.
        column: usize,
    },
    /// No operation has this path.
    #[error("no operation has this path")]
    UnknownOperation,
    /// The path does not take this method.
    #[error("the method must be {allowed}")]
    MethodNotAllowed {
        /// Methods that the path takes, as they stand in an `Allow` header.
        allowed: &'static str,
    },
    /// A header that counts occurs more than once.
    #[error("the header {0} occurs more than once")]
    DuplicateHeader(&'static str),
    /// A block's body ended before, or went on after, its 524,288 bytes.
    #[error("the body must be the 524288 bytes of the block")]
    BlockBody,
    /// A body ended before its length, or its framing is broken.
    #[error("the body did not arrive whole: send it again")]
    BodyIncomplete,
    /// A body came too slowly.
    #[error("the body came too slowly: send it again")]
    BodyTooSlow,
    /// A body is said to be compressed, or otherwise encoded.
    #[error("the body must not have a content encoding")]
    ContentEncoding,
}
