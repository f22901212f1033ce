//! What Decrypt and ReEncrypt have in their requests alike.

use ebs::KeyRefusal;

use super::body::Blob;
use super::member::{Bounds, Words, check_blob, check_word, length, words};

const CIPHERTEXT: Bounds = length!(1, 6144);
const DRY_RUN_MODIFIER: Words = words!("IGNORE_CIPHERTEXT");

/// The ciphertext, which must be there unless a dry run says that it does not count; then it is left out.
pub(super) fn decode(
    blob: Option<Blob>,
    dry_run: bool,
    modifiers: Option<Vec<String>>,
) -> Result<Option<Vec<u8>>, KeyRefusal> {
    if let Some(Blob(bytes)) = &blob {
        check_blob("ciphertextBlob", bytes, CIPHERTEXT)?;
    }
    let modifiers = modifiers.unwrap_or_default();
    modifiers.iter().try_for_each(|modifier| check_word("dryRunModifiers", modifier, DRY_RUN_MODIFIER))?;
    match (blob, modifiers.is_empty()) {
        (_, false) if !dry_run => {
            Err(KeyRefusal::MembersConflict("DryRunModifiers can only be specified when DryRun is true."))
        }
        (_, false) => Ok(None),
        (Some(Blob(bytes)), true) => Ok(Some(bytes.to_vec())),
        (None, true) => Err(KeyRefusal::MemberMissing("ciphertextBlob")),
    }
}
