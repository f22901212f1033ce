//! Wrapping: secrets of 32 bytes, sealed for one purpose in one context.

use ebs::Randomness;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::cipher::{self, NONCE_BYTES};

/// A secret of 32 bytes, wrapped: nonce, ciphertext and tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedSecret(pub Vec<u8>);

/// `secret`, wrapped under `key` for `purpose` in `context`.
pub(crate) fn wrap(
    key: &[u8; 32],
    secret: &[u8; 32],
    purpose: &str,
    context: &str,
    randomness: &dyn Randomness,
) -> Result<WrappedSecret, KeyError> {
    let mut nonce = [0; NONCE_BYTES];
    randomness.fill(&mut nonce);
    let sealed = cipher::seal(key, nonce, &associated_data(purpose, context), secret)?;
    Ok(WrappedSecret([&nonce[..], &sealed].concat()))
}

/// The secret that was wrapped under `key` for `purpose` in `context`.
///
/// # Errors
/// [`KeyError::DoesNotOpen`] under any other key, purpose or context, or if a bit differs.
pub(crate) fn unwrap(
    key: &[u8; 32],
    wrapped: &WrappedSecret,
    purpose: &str,
    context: &str,
) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let (nonce, sealed) = wrapped.0.split_first_chunk().ok_or(KeyError::DoesNotOpen)?;
    let opened = cipher::open(key, *nonce, &associated_data(purpose, context), sealed)?;
    let mut secret = Zeroizing::new([0; 32]);
    if opened.len() != secret.len() {
        return Err(KeyError::DoesNotOpen);
    }
    secret.copy_from_slice(&opened);
    Ok(secret)
}

fn associated_data(purpose: &str, context: &str) -> Vec<u8> {
    let mut bytes = (purpose.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(purpose.as_bytes());
    bytes.extend_from_slice(context.as_bytes());
    bytes
}
