//! The signature itself.

use aws_lc_rs::{constant_time, hmac};
use zeroize::Zeroizing;

use super::scope::Scope;
use super::secret::SecretAccessKey;
use super::sha256::sha256;
use super::{ALGORITHM, TERMINATOR};

/// An HMAC-SHA256. Nothing prints it: the one expected of a request would let anyone send that request.
pub(super) struct Signature(Zeroizing<[u8; 32]>);

impl Signature {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Whether both are the same, in a time that does not depend on their content.
    pub(super) fn matches(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&*self.0, &*other.0).is_ok()
    }

    /// The signature as a request carries it.
    pub(super) fn to_hex(&self) -> String {
        hex::encode(*self.0)
    }
}

/// The string to sign of a canonical request, for a request of the moment `signed_at` (`YYYYMMDDTHHMMSSZ`).
pub(super) fn string_to_sign(canonical_request: &[u8], signed_at: &str, scope: &Scope) -> String {
    format!("{ALGORITHM}\n{signed_at}\n{}\n{}", scope.text(), hex::encode(sha256(canonical_request)))
}

/// The signature of a string to sign under the key that `secret` gives for `scope`.
pub(super) fn signature(secret: &SecretAccessKey, scope: &Scope, string_to_sign: &str) -> Signature {
    let mut root = Zeroizing::new(Vec::with_capacity(4 + secret.as_bytes().len()));
    root.extend_from_slice(b"AWS4");
    root.extend_from_slice(secret.as_bytes());
    let day = hmac_sha256(&root, &scope.date);
    let region = hmac_sha256(&*day.0, scope.region.as_str());
    let service = hmac_sha256(&*region.0, &scope.service);
    let key = hmac_sha256(&*service.0, TERMINATOR);
    hmac_sha256(&*key.0, string_to_sign)
}

fn hmac_sha256(key: &[u8], text: &str) -> Signature {
    let mut code = Zeroizing::new([0; 32]);
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign_to_buffer(&key, text.as_bytes(), &mut *code).expect("the buffer has the length of the code");
    Signature(code)
}
