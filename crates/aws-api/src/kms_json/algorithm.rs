//! The one algorithm under which keys here encrypt.

use ebs::KeyRefusal;

use super::member::{Words, check_word, words};

/// The algorithm of symmetric keys, and the word for such keys.
pub(super) const SYMMETRIC_DEFAULT: &str = "SYMMETRIC_DEFAULT";

const ALGORITHMS: Words = words!("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE");

/// Refuses an algorithm that no key has, and one that the keys here do not have.
pub(super) fn check(member: &'static str, algorithm: Option<String>) -> Result<(), KeyRefusal> {
    let Some(algorithm) = algorithm else { return Ok(()) };
    check_word(member, &algorithm, ALGORITHMS)?;
    if algorithm == SYMMETRIC_DEFAULT { Ok(()) } else { Err(KeyRefusal::KeyUsageInvalid(algorithm)) }
}
