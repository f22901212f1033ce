//! What a signed request claims, before anything is believed.

use std::fmt;

use ebs::Timestamp;
use zeroize::Zeroizing;

use super::error::{AuthError, AuthPart, ScopeMismatch};
use super::query::{self, Parameter};
use super::request_head::{HEADERS_MAX, RequestHead, is_header_name};
use super::request_time::to_iso_basic;
use super::scope::{Scope, parse_credential};
use super::sha256::from_lower_hex;
use super::signature::Signature;
use super::{ALGORITHM, UNSIGNED_PAYLOAD};

mod header_form;
mod presigned;

pub use presigned::PRESIGNED_SECONDS_MAX;

const CONTENT_SHA256: &str = "x-amz-content-sha256";
const SESSION_TOKEN_BYTES_MAX: usize = 8 * 1024;

/// What a signature says of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: the client chose `UNSIGNED-PAYLOAD`. Whether it may is for the operation to say.
    Unsigned,
    /// The body has this SHA-256.
    Declared([u8; 32]),
    /// The SHA-256 of the body is part of what is signed, and the request does not say which it is.
    OfBody,
}

impl Payload {
    /// Accepts only a payload that the signature covers. Every operation but the upload of a block, whose
    /// checksum header stands in for the hash, needs one.
    ///
    /// # Errors
    ///
    /// [`AuthError::UnsignedPayload`] for [`Payload::Unsigned`].
    pub fn require_signed(self) -> Result<(), AuthError> {
        if self == Self::Unsigned { Err(AuthError::UnsignedPayload) } else { Ok(()) }
    }

    /// What stands at the end of the canonical request, or `None` if that is the hash of a body not yet
    /// known.
    pub(super) fn canonical(self, body_sha256: Option<[u8; 32]>) -> Option<String> {
        match self {
            Self::Unsigned => Some(UNSIGNED_PAYLOAD.to_owned()),
            Self::Declared(hash) => Some(hex::encode(hash)),
            Self::OfBody => body_sha256.map(hex::encode),
        }
    }
}

/// A request's claim to be signed, well-formed and consistent with its head, not yet verified.
///
/// Nothing prints its signature or its session token.
pub struct Authorization {
    access_key_id: String,
    scope: Scope,
    /// In lower case, sorted, each once, each sent.
    signed_headers: Vec<String>,
    signature: Signature,
    signed_at: Timestamp,
    /// Seconds for which a presigned request is good; `None` in the header form.
    lifetime_seconds: Option<u32>,
    session_token: Option<Zeroizing<String>>,
    payload: Payload,
}

impl Authorization {
    /// Reads the claim out of a request that is signed in its `Authorization` header or in its query.
    ///
    /// `Host` is signed; so is, in the header form, `X-Amz-Date` or else `Date`, and `X-Amz-Content-Sha256`
    /// if it was sent; so is `X-Amz-Security-Token` if it was sent as a header. Other headers may be
    /// unsigned: see [`Self::signs`].
    ///
    /// # Errors
    ///
    /// [`AuthError::Missing`] if nothing claims to be a signature, [`AuthError::BothForms`] if two do, and
    /// otherwise every variant that says what is wrong with the form of the claim. None needs the secret.
    pub fn parse(head: &RequestHead<'_>) -> Result<Self, AuthError> {
        head.check()?;
        let parameters = query::parameters(head.query)?;
        let header = head.single("authorization", AuthPart::Authorization)?;
        let claim = match (header, query::is_signed(&parameters)) {
            (None, false) => return Err(AuthError::Missing),
            (Some(_), true) => return Err(AuthError::BothForms),
            (Some(header), false) => header_form::claim(head, header)?,
            (None, true) => presigned::claim(head, &parameters)?,
        };
        Self::from_claim(head, &parameters, claim)
    }

    /// The id of the access key that the request claims to be signed with.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What the credential is good for.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The token of temporary credentials. That it belongs to the access key, and is still good, is for the
    /// caller to check.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| token.as_str())
    }

    /// What the signature says of the body.
    pub fn payload(&self) -> Payload {
        self.payload
    }

    /// Whether the request is signed in its query.
    pub fn is_presigned(&self) -> bool {
        self.lifetime_seconds.is_some()
    }

    /// The moment at which the request says it was signed, in whole seconds.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Whether the signature covers the header `name`, which is in lower case.
    pub fn signs(&self, name: &str) -> bool {
        self.signed_headers.iter().any(|signed| signed == name)
    }

    pub(super) fn signed_headers(&self) -> &[String] {
        &self.signed_headers
    }

    pub(super) fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(super) fn lifetime_seconds(&self) -> Option<u32> {
        self.lifetime_seconds
    }

    fn from_claim(
        head: &RequestHead<'_>,
        parameters: &[Parameter<'_>],
        claim: Claim<'_>,
    ) -> Result<Self, AuthError> {
        let (access_key_id, scope) = parse_credential(claim.credential)?;
        require_same_day(&scope, claim.signed_at)?;
        let signed_headers = parse_signed_headers(claim.signed_headers)?;
        head.require_host()?;
        for name in claim.must_sign {
            require_signed(&signed_headers, name)?;
        }
        if head.has("x-amz-security-token") {
            require_signed(&signed_headers, "x-amz-security-token")?;
        }
        if let Some(absent) = signed_headers.iter().find(|name| !head.has(name)) {
            return Err(AuthError::SignedHeaderAbsent(absent.clone()));
        }
        let signature = from_lower_hex(claim.signature).ok_or(AuthError::Malformed(AuthPart::Signature))?;
        Ok(Self {
            access_key_id,
            scope,
            signed_headers,
            signature: Signature::new(signature),
            signed_at: claim.signed_at,
            lifetime_seconds: claim.lifetime_seconds,
            session_token: session_token(head, parameters, claim.lifetime_seconds.is_some())?,
            payload: claim.payload,
        })
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope)
            .field("signed_headers", &self.signed_headers)
            .field("signed_at", &self.signed_at)
            .field("lifetime_seconds", &self.lifetime_seconds)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// What the two forms have in common, as text.
struct Claim<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
    signed_at: Timestamp,
    lifetime_seconds: Option<u32>,
    /// The headers that the form wants signed.
    must_sign: Vec<&'static str>,
    payload: Payload,
}

fn require_same_day(scope: &Scope, signed_at: Timestamp) -> Result<(), AuthError> {
    let mut request = to_iso_basic(signed_at).ok_or(AuthError::Malformed(AuthPart::Date))?;
    request.truncate(8);
    if scope.date == request {
        return Ok(());
    }
    Err(ScopeMismatch::Date { scope: scope.date.clone(), request }.into())
}

fn require_signed(signed_headers: &[String], name: &'static str) -> Result<(), AuthError> {
    if signed_headers.iter().any(|signed| signed == name) {
        Ok(())
    } else {
        Err(AuthError::UnsignedHeader(name))
    }
}

/// The names of `a;b;c`, which are in lower case and in strictly ascending order, as the canonical request
/// has them.
fn parse_signed_headers(text: &str) -> Result<Vec<String>, AuthError> {
    let names: Vec<String> = text.split(';').take(HEADERS_MAX + 1).map(str::to_owned).collect();
    let legal = names.len() <= HEADERS_MAX
        && names.iter().all(|name| is_header_name(name))
        && names.is_sorted_by(|earlier, later| earlier < later);
    if legal { Ok(names) } else { Err(AuthError::Malformed(AuthPart::SignedHeaders)) }
}

fn parse_payload(text: &str) -> Result<Payload, AuthError> {
    if text == UNSIGNED_PAYLOAD {
        return Ok(Payload::Unsigned);
    }
    from_lower_hex(text).map(Payload::Declared).ok_or(AuthError::Malformed(AuthPart::ContentSha256))
}

/// The session token: in the header form the header's, in the query form the parameter's or else the
/// header's.
fn session_token(
    head: &RequestHead<'_>,
    parameters: &[Parameter<'_>],
    presigned: bool,
) -> Result<Option<Zeroizing<String>>, AuthError> {
    let malformed = AuthError::Malformed(AuthPart::SecurityToken);
    let of_header = head.single("x-amz-security-token", AuthPart::SecurityToken)?;
    let of_query = if presigned {
        query::single(parameters, query::X_AMZ_SECURITY_TOKEN, AuthPart::SecurityToken)?
    } else {
        None
    };
    let token = match (of_header, of_query) {
        (Some(_), Some(_)) => return Err(malformed),
        (None, None) => return Ok(None),
        (Some(token), None) | (None, Some(token)) => token,
    };
    if (1..=SESSION_TOKEN_BYTES_MAX).contains(&token.len()) {
        Ok(Some(Zeroizing::new(token.to_owned())))
    } else {
        Err(malformed)
    }
}
