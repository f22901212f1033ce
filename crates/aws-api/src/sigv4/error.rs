//! Why a request is not authentic.

use ebs::Timestamp;

/// Why a request was not accepted as coming from the holder of its access key.
///
/// No variant carries a secret, a session token, or a signature, neither the one received nor the one
/// expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The request carries no signature in either form.
    #[error("the request is not signed")]
    Missing,
    /// The request carries an `Authorization` header and signature parameters in its query.
    #[error("the request is signed in its header and in its query")]
    BothForms,
    /// The request is signed by another scheme than `AWS4-HMAC-SHA256`.
    #[error("the request is signed by another algorithm than AWS4-HMAC-SHA256")]
    UnsupportedAlgorithm,
    /// A part of the request that the signature needs is not there.
    #[error("the request has no {0}")]
    MissingPart(AuthPart),
    /// A part of the request that the signature needs does not have the form it must have, is too long, or is
    /// there twice.
    #[error("the request's {0} is malformed")]
    Malformed(AuthPart),
    /// A header that must be signed is sent but not signed.
    #[error("the header {0} must be signed")]
    UnsignedHeader(&'static str),
    /// A header is named as signed but not sent.
    #[error("the header {0} is named as signed but was not sent")]
    SignedHeaderAbsent(String),
    /// The credential is scoped to something else than this request or this endpoint.
    #[error(transparent)]
    Scope(#[from] ScopeMismatch),
    /// There is no such access key, or the session token is not the key's.
    #[error("the access key or the session token is not valid")]
    UnknownAccessKey,
    /// The secret, or something that was signed, is not what the client had.
    #[error("the signature does not match the request")]
    SignatureMismatch,
    /// The signature is right, but the body is not the one whose hash was signed.
    #[error("the body does not have the SHA-256 that was signed")]
    PayloadMismatch,
    /// The signature covers the body, and the verifier was not given the body's hash.
    #[error("the signature covers the body, whose SHA-256 is not known")]
    PayloadUnread,
    /// The body is not covered by the signature where it must be.
    #[error("the body must be signed")]
    UnsignedPayload,
    /// The signature is right, but was made too long before, or after, the present moment.
    #[error("the request was signed at another time than now: {signed_at:?}, not {now:?}")]
    Skewed {
        /// The moment the request says it was signed at.
        signed_at: Timestamp,
        /// The verifier's present moment.
        now: Timestamp,
    },
    /// The signature of a presigned request is right, but its time has run out.
    #[error("the presigned request expired at {expired_at:?}; it is now {now:?}")]
    Expired {
        /// The last moment at which the request was good.
        expired_at: Timestamp,
        /// The verifier's present moment.
        now: Timestamp,
    },
}

/// A part of a request that a signature is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthPart {
    /// The request's method.
    #[error("method")]
    Method,
    /// The request's path.
    #[error("path")]
    Path,
    /// The request's query.
    #[error("query")]
    Query,
    /// The request's headers as a whole: their number, their length, or a control character in a signed one.
    #[error("header fields")]
    Headers,
    /// The `Authorization` header as a whole.
    #[error("Authorization header")]
    Authorization,
    /// `Credential` of the header, `X-Amz-Credential` of the query.
    #[error("Credential")]
    Credential,
    /// `SignedHeaders` of the header, `X-Amz-SignedHeaders` of the query.
    #[error("SignedHeaders")]
    SignedHeaders,
    /// `Signature` of the header, `X-Amz-Signature` of the query.
    #[error("Signature")]
    Signature,
    /// `X-Amz-Algorithm` of the query.
    #[error("X-Amz-Algorithm")]
    Algorithm,
    /// `X-Amz-Date` of the header or query, or the header `Date`.
    #[error("X-Amz-Date")]
    Date,
    /// `X-Amz-Expires` of the query.
    #[error("X-Amz-Expires")]
    Expires,
    /// `X-Amz-Security-Token` of the header or query.
    #[error("X-Amz-Security-Token")]
    SecurityToken,
    /// `X-Amz-Content-Sha256` of the header or query.
    #[error("X-Amz-Content-Sha256")]
    ContentSha256,
    /// The header `Host`.
    #[error("Host header")]
    Host,
}

/// What a credential is wrongly scoped to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeMismatch {
    /// The day of the scope is not the day of the request.
    #[error("the credential is scoped to the day {scope}, the request is of {request}")]
    Date {
        /// The scope's day, `YYYYMMDD`.
        scope: String,
        /// The request's day, `YYYYMMDD`.
        request: String,
    },
    /// The credential is scoped to another region.
    #[error("the credential is scoped to the region {given}, not {expected}")]
    Region {
        /// The scope's region.
        given: String,
        /// The region it must be scoped to.
        expected: String,
    },
    /// The credential is scoped to another service.
    #[error("the credential is scoped to the service {given}, not {expected}")]
    Service {
        /// The scope's service.
        given: String,
        /// The service it must be scoped to.
        expected: String,
    },
    /// The scope does not end in `aws4_request`.
    #[error("the credential's scope ends in {given}, not aws4_request")]
    Terminator {
        /// What it ends in.
        given: String,
    },
}
