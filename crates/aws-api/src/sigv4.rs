//! Signature Version 4: who signed a request, and did they.
//!
//! A server reads the claim with [`Authorization::parse`], looks the access key up, and judges the claim with
//! [`Authorization::verify`]; for a key that does not exist it calls
//! [`Authorization::verify_against_nothing`], which does the same work and always refuses. A client makes
//! headers with [`sign`] and URLs with [`presign`]. Signer and verifier share one canonical form.
//!
//! The rules are those of every service but S3: the path is normalised and percent-encoded once more than it
//! stands on the wire. Nothing here reads a clock or a body: the present moment and the body's hash are
//! arguments.
//!
//! Source: the AWS General Reference, "Signature Version 4 signing process".

mod authorization;
mod canonical;
mod error;
mod presign;
mod query;
mod request_head;
mod request_time;
mod scope;
mod secret;
mod sha256;
mod sign;
mod signature;
mod verify;

pub use authorization::{Authorization, PRESIGNED_SECONDS_MAX, Payload};
pub use error::{AuthError, AuthPart, ScopeMismatch};
pub use presign::presign;
pub use request_head::{HEADER_BYTES_MAX, HEADERS_MAX, PATH_BYTES_MAX, QUERY_BYTES_MAX, RequestHead};
pub use request_time::{from_http_date, from_iso_basic, to_http_date, to_iso_basic};
pub use scope::Scope;
pub use secret::{Credentials, SecretAccessKey};
pub use sha256::sha256;
pub use sign::{PayloadToSign, SigningRequest, sign};
pub use verify::SKEW_MS_MAX;

/// The one algorithm there is, as requests name it.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What every scope ends in.
const TERMINATOR: &str = "aws4_request";

/// What a request says instead of a hash whose body is not covered by the signature.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

#[cfg(test)]
mod tests;
