//! The claim of a request that is signed in its `Authorization` header.

use ebs::Timestamp;

use super::{ALGORITHM, CONTENT_SHA256, Claim, Payload, parse_payload};
use crate::sigv4::error::{AuthError, AuthPart};
use crate::sigv4::request_head::RequestHead;
use crate::sigv4::request_time::{from_http_date, from_iso_basic};

const AUTHORIZATION_BYTES_MAX: usize = 8 * 1024;

pub(super) fn claim<'a>(head: &RequestHead<'a>, header: &'a str) -> Result<Claim<'a>, AuthError> {
    if header.len() > AUTHORIZATION_BYTES_MAX {
        return Err(AuthError::Malformed(AuthPart::Authorization));
    }
    let (scheme, components) = header.split_once(' ').unwrap_or((header, ""));
    if scheme != ALGORITHM {
        return Err(AuthError::UnsupportedAlgorithm);
    }
    let [credential, signed_headers, signature] = components_of(components)?;
    let (date_header, signed_at) = moment(head)?;
    let mut must_sign = vec!["host", date_header];
    let payload = match head.single(CONTENT_SHA256, AuthPart::ContentSha256)? {
        Some(text) => {
            must_sign.push(CONTENT_SHA256);
            parse_payload(text)?
        }
        None => Payload::OfBody,
    };
    Ok(Claim { credential, signed_headers, signature, signed_at, lifetime_seconds: None, must_sign, payload })
}

/// The values of `Credential=..., SignedHeaders=..., Signature=...`, which may come in any order, each once.
fn components_of(text: &str) -> Result<[&str; 3], AuthError> {
    let names = [
        ("Credential", AuthPart::Credential),
        ("SignedHeaders", AuthPart::SignedHeaders),
        ("Signature", AuthPart::Signature),
    ];
    let mut values = [None; 3];
    for component in text.split(',').map(str::trim).filter(|component| !component.is_empty()) {
        let malformed = AuthError::Malformed(AuthPart::Authorization);
        let Some((name, value)) = component.split_once('=') else {
            return Err(malformed);
        };
        let Some(at) = names.iter().position(|(known, _)| *known == name) else {
            return Err(malformed);
        };
        if values[at].replace(value).is_some() {
            return Err(AuthError::Malformed(names[at].1));
        }
    }
    let value = |at: usize| values[at].ok_or(AuthError::MissingPart(names[at].1));
    Ok([value(0)?, value(1)?, value(2)?])
}

/// The header that dates the request, and its moment: `X-Amz-Date`, or `Date` if that was not sent.
fn moment(head: &RequestHead<'_>) -> Result<(&'static str, Timestamp), AuthError> {
    let malformed = AuthError::Malformed(AuthPart::Date);
    if let Some(text) = head.single("x-amz-date", AuthPart::Date)? {
        return from_iso_basic(text).map(|at| ("x-amz-date", at)).ok_or(malformed);
    }
    let Some(text) = head.single("date", AuthPart::Date)? else {
        return Err(AuthError::MissingPart(AuthPart::Date));
    };
    from_http_date(text).or_else(|| from_iso_basic(text)).map(|at| ("date", at)).ok_or(malformed)
}
