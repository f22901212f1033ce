//! Checksums in headers: SHA-256 as base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::{BlockDigest, Refusal};

/// Header of a checksum.
pub(super) const CHECKSUM: &str = "x-amz-checksum";
/// Header of a checksum's algorithm.
pub(super) const ALGORITHM: &str = "x-amz-checksum-algorithm";
/// The one algorithm there is.
pub(super) const SHA256: &str = "SHA256";

/// The digest that `text` is.
pub(super) fn decode(text: &str) -> Result<[u8; 32], Refusal> {
    let digest = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    digest.ok_or_else(|| Refusal::InvalidParameterValue {
        parameter: "Checksum",
        value: text.to_owned(),
        expected: "a SHA-256 in base64",
    })
}

/// Refuses algorithms other than SHA-256.
pub(super) fn check_algorithm(text: &str) -> Result<(), Refusal> {
    if text == SHA256 {
        return Ok(());
    }
    Err(Refusal::InvalidParameterValue {
        parameter: "ChecksumAlgorithm",
        value: text.to_owned(),
        expected: SHA256,
    })
}

/// The headers that carry a block's digest in answers.
pub(super) fn headers(digest: &BlockDigest) -> [(&'static str, String); 2] {
    [(CHECKSUM, STANDARD.encode(digest.0)), (ALGORITHM, SHA256.to_owned())]
}
