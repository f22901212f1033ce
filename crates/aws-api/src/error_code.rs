//! The status, code and sentence of every failure, once for each protocol, and the envelopes that carry them.
//!
//! Each protocol's `code` is total: a new kind of failure does not compile before it has its place here. Sentences
//! that clients are known to match on are Amazon's; the others say what to do.

pub mod ebs_direct;
pub mod ec2;
pub mod kms;
pub mod sts;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use ebs::Timestamp;

use crate::iso8601;
use crate::limits::ERROR_MESSAGE_CHARS_MAX;
use crate::sigv4::{AuthError, ScopeMismatch, to_iso_basic};

/// How a failure looks to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The HTTP status.
    pub status: u16,
    /// The code, or the exception's name.
    pub code: &'static str,
    /// The reason within the exception, in the EBS direct APIs.
    pub reason: Option<&'static str>,
    /// The sentence, of bounded length.
    pub message: String,
}

/// What clients are told when a signature is not theirs, whatever is wrong with it.
const SIGNATURE_DOES_NOT_MATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method.";
const THROTTLED: &str = "Rate exceeded. Send requests more slowly.";
const UNAVAILABLE: &str = "The service is unavailable at the moment. Try again.";

/// The sentence about a failed authentication, where the protocols agree.
fn auth_message(error: &AuthError) -> String {
    match error {
        AuthError::Missing => "Request is missing Authentication Token".to_owned(),
        AuthError::Scope(ScopeMismatch::Region { given, expected }) => clipped(format_args!(
            "Credential should be scoped to a valid Region, not '{given}'. Sign for '{expected}'."
        )),
        AuthError::Scope(ScopeMismatch::Service { expected, .. }) => {
            clipped(format_args!("Credential should be scoped to correct service: '{expected}'."))
        }
        AuthError::Scope(ScopeMismatch::Terminator { .. }) => {
            "Credential should be scoped with a valid terminator: 'aws4_request'.".to_owned()
        }
        AuthError::Scope(ScopeMismatch::Date { scope, request }) => clipped(format_args!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
            '{scope}' != '{request}'."
        )),
        AuthError::UnknownAccessKey => "The security token included in the request is invalid.".to_owned(),
        AuthError::SignatureMismatch => SIGNATURE_DOES_NOT_MATCH.to_owned(),
        AuthError::Skewed { signed_at, now } => {
            let (signed, present) = (shown(*signed_at), shown(*now));
            if signed_at < now {
                format!("Signature expired: {signed} is now earlier than {present}. Set the clock.")
            } else {
                format!("Signature not yet current: {signed} is still later than {present}. Set the clock.")
            }
        }
        AuthError::Expired { expired_at, now } => {
            let (end, present) = (shown(*expired_at), shown(*now));
            format!("Signature expired: {end} is now earlier than {present}. Presign the request again.")
        }
        AuthError::BothForms
        | AuthError::UnsupportedAlgorithm
        | AuthError::MissingPart(_)
        | AuthError::Malformed(_)
        | AuthError::UnsignedHeader(_)
        | AuthError::SignedHeaderAbsent(_)
        | AuthError::PayloadMismatch
        | AuthError::PayloadUnread
        | AuthError::UnsignedPayload => sentence(error),
    }
}

/// `moment` as signatures carry it.
fn shown(moment: Timestamp) -> String {
    to_iso_basic(moment).unwrap_or_else(|| iso8601::format(moment))
}

/// `text` as a sentence: with a capital and a full stop, and not longer than a message may be.
fn sentence(text: impl Display) -> String {
    let text = text.to_string();
    let mut characters = text.chars();
    let capital = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    clipped(format_args!("{capital}{}.", characters.as_str()))
}

/// `text`, cut where a message must end.
fn clipped(text: impl Display) -> String {
    let text = text.to_string();
    match text.char_indices().nth(ERROR_MESSAGE_CHARS_MAX) {
        None => text,
        Some(_) => text.chars().take(ERROR_MESSAGE_CHARS_MAX - 3).chain("...".chars()).collect(),
    }
}
