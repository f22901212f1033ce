//! The claim of a request that is signed in its query.

use super::{ALGORITHM, CONTENT_SHA256, Claim, Payload, parse_payload};
use crate::sigv4::error::{AuthError, AuthPart};
use crate::sigv4::query::{self, Parameter};
use crate::sigv4::request_head::RequestHead;
use crate::sigv4::request_time::from_iso_basic;
use crate::sigv4::sha256::sha256;

/// Seconds for which a presigned request can be good: seven days.
pub const PRESIGNED_SECONDS_MAX: u32 = 604_800;

pub(super) fn claim<'a>(
    head: &RequestHead<'_>,
    parameters: &'a [Parameter<'_>],
) -> Result<Claim<'a>, AuthError> {
    let required = |name: &str, part: AuthPart| -> Result<&'a str, AuthError> {
        query::single(parameters, name, part)?.ok_or(AuthError::MissingPart(part))
    };
    if required(query::X_AMZ_ALGORITHM, AuthPart::Algorithm)? != ALGORITHM {
        return Err(AuthError::UnsupportedAlgorithm);
    }
    let date = required(query::X_AMZ_DATE, AuthPart::Date)?;
    let signed_headers = required(query::X_AMZ_SIGNED_HEADERS, AuthPart::SignedHeaders)?;
    Ok(Claim {
        credential: required(query::X_AMZ_CREDENTIAL, AuthPart::Credential)?,
        signed_headers,
        signature: required(query::X_AMZ_SIGNATURE, AuthPart::Signature)?,
        signed_at: from_iso_basic(date).ok_or(AuthError::Malformed(AuthPart::Date))?,
        lifetime_seconds: Some(lifetime(required(query::X_AMZ_EXPIRES, AuthPart::Expires)?)?),
        must_sign: vec!["host"],
        payload: payload(head, parameters, signed_headers)?,
    })
}

fn lifetime(text: &str) -> Result<u32, AuthError> {
    let digits = text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds) if digits && (1..=PRESIGNED_SECONDS_MAX).contains(&seconds) => Ok(seconds),
        _ => Err(AuthError::Malformed(AuthPart::Expires)),
    }
}

/// The payload that the header states, or else the query, or else that of a request without a body if its
/// method says that there is none.
///
/// The header counts only if it is signed: whoever is handed a presigned URL can send headers with it.
fn payload(
    head: &RequestHead<'_>,
    parameters: &[Parameter<'_>],
    signed_headers: &str,
) -> Result<Payload, AuthError> {
    let of_header = if signed_headers.split(';').any(|name| name == CONTENT_SHA256) {
        head.single(CONTENT_SHA256, AuthPart::ContentSha256)?
    } else {
        None
    };
    let of_query = query::single(parameters, query::X_AMZ_CONTENT_SHA256, AuthPart::ContentSha256)?;
    match of_header.or(of_query) {
        Some(text) => parse_payload(text),
        None if matches!(head.method, "GET" | "HEAD") => Ok(Payload::Declared(sha256(b""))),
        None => Ok(Payload::OfBody),
    }
}
