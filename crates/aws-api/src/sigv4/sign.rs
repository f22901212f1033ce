//! Signing a request in its headers, for the client.

use ebs::{RegionName, Timestamp};

use super::canonical::{PathRule, canonical_request};
use super::error::{AuthError, AuthPart};
use super::query;
use super::request_head::RequestHead;
use super::request_time::to_iso_basic;
use super::scope::{Scope, is_access_key_id, is_service};
use super::secret::Credentials;
use super::signature::{Signature, signature, string_to_sign};
use super::{ALGORITHM, UNSIGNED_PAYLOAD};

/// Headers that proxies and HTTP libraries change after a request is signed, and that no SDK signs.
const NEVER_SIGNED: [&str; 6] =
    ["connection", "expect", "te", "transfer-encoding", "user-agent", "x-amzn-trace-id"];

/// Headers that only signing sets.
const SET_BY_SIGNING: [&str; 4] =
    ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];

/// A request to be signed.
#[derive(Clone, Copy)]
pub struct SigningRequest<'a> {
    /// The head as it will be sent, with its `host` header and without what signing sets. All of its headers
    /// are signed, but for those that are changed on the way.
    pub head: RequestHead<'a>,
    /// What is to be signed of the body.
    pub payload: PayloadToSign,
}

/// What a signature is to say of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadToSign {
    /// It has this SHA-256, which the request does not state. A presigned `GET` or `HEAD` has an empty body.
    OfBody([u8; 32]),
    /// It has this SHA-256, which the request states.
    Declared([u8; 32]),
    /// Nothing, which the request states.
    Unsigned,
}

impl PayloadToSign {
    pub(super) fn canonical(self) -> String {
        match self {
            Self::OfBody(hash) | Self::Declared(hash) => hex::encode(hash),
            Self::Unsigned => UNSIGNED_PAYLOAD.to_owned(),
        }
    }

    pub(super) fn stated(self) -> Option<String> {
        if matches!(self, Self::OfBody(_)) { None } else { Some(self.canonical()) }
    }
}

/// The headers that make `request` a request of `credentials` for `service` in `region`, signed at `now`: to
/// be sent along with those it has. The names are in lower case.
///
/// # Errors
///
/// [`AuthError::Malformed`] or [`AuthError::MissingPart`] if a part of the request, of the credentials, or
/// `now` (before the year 0 or after 9999) could not be verified as it is; [`AuthError::BothForms`] if it is
/// signed already.
pub fn sign(
    request: &SigningRequest<'_>,
    credentials: &Credentials,
    region: &RegionName,
    service: &str,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, AuthError> {
    sign_with(request, credentials, region, service, now, PathRule::Normalized)
}

pub(super) fn sign_with(
    request: &SigningRequest<'_>,
    credentials: &Credentials,
    region: &RegionName,
    service: &str,
    now: Timestamp,
    path_rule: PathRule,
) -> Result<Vec<(&'static str, String)>, AuthError> {
    check(request, credentials, service)?;
    let (date, scope) = scope(region, service, now)?;
    let mut added = vec![("x-amz-date", date.clone())];
    if let Some(token) = &credentials.session_token {
        added.push(("x-amz-security-token", token.as_str().to_owned()));
    }
    if let Some(payload) = request.payload.stated() {
        added.push(("x-amz-content-sha256", payload));
    }
    let mut headers = request.head.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())));
    let head = RequestHead { headers: &headers, ..request.head };
    head.check()?;
    let signed_headers = signed_headers(&head);
    let canonical = canonical_request(&head, &signed_headers, &request.payload.canonical(), path_rule)?;
    let signature: Signature =
        signature(&credentials.secret, &scope, &string_to_sign(&canonical, &date, &scope));
    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
        credentials.access_key_id,
        scope.text(),
        signed_headers.join(";"),
        signature.to_hex()
    );
    added.push(("authorization", authorization));
    Ok(added)
}

/// Checks what a verifier would refuse whatever the signature.
pub(super) fn check(
    request: &SigningRequest<'_>,
    credentials: &Credentials,
    service: &str,
) -> Result<(), AuthError> {
    let head = &request.head;
    head.check()?;
    if head.has("authorization") || query::is_signed(&query::parameters(head.query)?) {
        return Err(AuthError::BothForms);
    }
    if SET_BY_SIGNING.iter().any(|name| head.has(name)) {
        return Err(AuthError::Malformed(AuthPart::Headers));
    }
    head.require_host()?;
    if !is_access_key_id(&credentials.access_key_id) || !is_service(service) {
        return Err(AuthError::Malformed(AuthPart::Credential));
    }
    match &credentials.session_token {
        Some(token) if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(AuthError::Malformed(AuthPart::SecurityToken))
        }
        _ => Ok(()),
    }
}

/// The moment as requests state it, and the scope it gives.
pub(super) fn scope(
    region: &RegionName,
    service: &str,
    now: Timestamp,
) -> Result<(String, Scope), AuthError> {
    let date = to_iso_basic(now).ok_or(AuthError::Malformed(AuthPart::Date))?;
    let scope =
        Scope { date: date.chars().take(8).collect(), region: region.clone(), service: service.to_owned() };
    Ok((date, scope))
}

/// The names of the headers to sign, sorted, each once.
pub(super) fn signed_headers(head: &RequestHead<'_>) -> Vec<String> {
    let mut names: Vec<String> = head
        .headers
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| !NEVER_SIGNED.contains(&name.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
