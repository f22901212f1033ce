//! What GenerateDataKey and GenerateDataKeyWithoutPlaintext have in their requests alike.

use ebs::KeyRefusal;

use super::member::{Bounds, Words, check_word, optional_number, value, words};

/// Amazon's bounds of the length of a data key, and of random bytes.
pub(super) const NUMBER_OF_BYTES: Bounds = value!(1, 1024);
const KEY_SPECS: Words = words!("AES_256", "AES_128");

/// The length of the data key: said in bytes or by the algorithm that it is for, and not both.
pub(super) fn number_of_bytes(
    number_of_bytes: Option<i64>,
    key_spec: Option<&String>,
) -> Result<usize, KeyRefusal> {
    let number_of_bytes = optional_number("numberOfBytes", number_of_bytes, NUMBER_OF_BYTES)?;
    if let Some(key_spec) = key_spec {
        check_word("keySpec", key_spec, KEY_SPECS)?;
    }
    match (number_of_bytes, key_spec) {
        (Some(bytes), None) => Ok(bytes as usize),
        (None, Some(key_spec)) => Ok(if key_spec == "AES_128" { 16 } else { 32 }),
        _ => Err(KeyRefusal::MembersConflict("Please specify either number of bytes or key spec.")),
    }
}
