//! Signing a request in its query, for URLs that are handed on.

use ebs::{RegionName, Timestamp};

use super::ALGORITHM;
use super::authorization::PRESIGNED_SECONDS_MAX;
use super::canonical::{PathRule, canonical_request};
use super::error::{AuthError, AuthPart};
use super::query;
use super::request_head::RequestHead;
use super::secret::Credentials;
use super::sign::{SigningRequest, check, scope, signed_headers};
use super::signature::{signature, string_to_sign};

/// The query of a URL that makes `request` in the name of `credentials` for `service` in `region`, from `now`
/// on for `seconds` (1 to [`PRESIGNED_SECONDS_MAX`]): the query that `request` has, and the signature's
/// parameters after it. It has no `?` before it.
///
/// # Errors
///
/// Those of [`sign`](super::sign), and [`AuthError::Malformed`] if `seconds` is out of range.
pub fn presign(
    request: &SigningRequest<'_>,
    credentials: &Credentials,
    region: &RegionName,
    service: &str,
    seconds: u32,
    now: Timestamp,
) -> Result<String, AuthError> {
    presign_with(request, credentials, region, service, seconds, now, PathRule::Normalized)
}

pub(super) fn presign_with(
    request: &SigningRequest<'_>,
    credentials: &Credentials,
    region: &RegionName,
    service: &str,
    seconds: u32,
    now: Timestamp,
    path_rule: PathRule,
) -> Result<String, AuthError> {
    check(request, credentials, service)?;
    if !(1..=PRESIGNED_SECONDS_MAX).contains(&seconds) {
        return Err(AuthError::Malformed(AuthPart::Expires));
    }
    let (date, scope) = scope(region, service, now)?;
    let signed_headers = signed_headers(&request.head);
    let mut wire = request.head.query.to_owned();
    push(&mut wire, query::X_AMZ_ALGORITHM, ALGORITHM);
    push(&mut wire, query::X_AMZ_CREDENTIAL, &format!("{}/{}", credentials.access_key_id, scope.text()));
    push(&mut wire, query::X_AMZ_DATE, &date);
    push(&mut wire, query::X_AMZ_EXPIRES, &seconds.to_string());
    push(&mut wire, query::X_AMZ_SIGNED_HEADERS, &signed_headers.join(";"));
    if let Some(token) = &credentials.session_token {
        push(&mut wire, query::X_AMZ_SECURITY_TOKEN, token);
    }
    if let Some(payload) = request.payload.stated() {
        push(&mut wire, query::X_AMZ_CONTENT_SHA256, &payload);
    }
    let head = RequestHead { query: &wire, ..request.head };
    head.check()?;
    let canonical = canonical_request(&head, &signed_headers, &request.payload.canonical(), path_rule)?;
    let signature = signature(&credentials.secret, &scope, &string_to_sign(&canonical, &date, &scope));
    push(&mut wire, query::X_AMZ_SIGNATURE, &signature.to_hex());
    Ok(wire)
}

fn push(wire: &mut String, name: &str, value: &str) {
    if !wire.is_empty() {
        wire.push('&');
    }
    wire.push_str(name);
    wire.push('=');
    wire.push_str(&query::encode(value.as_bytes()));
}
