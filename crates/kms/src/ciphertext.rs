//! Ciphertexts of clients: what Encrypt and GenerateDataKey give away, and Decrypt takes.
//!
//! Each has a key of its own, derived from the material and 256 random bits, so that no number of messages wears a key
//! out. It says which key and which material open it, and both are compared before anything is opened: the cipher does
//! not commit to a key, and is never asked to tell one from another.

use ebs::{EncryptionContext, KeyArn, KeyId, MaterialId, Randomness, RegionName};
use zeroize::Zeroizing;

use crate::cipher::{self, NONCE_BYTES, TAG_BYTES};
use crate::limits::PLAINTEXT_BYTES_MAX;
use crate::{KeyError, KeyMaterial};

const VERSION: u8 = 1;
/// Names the form of the message behind the salt, in the derivation of its key.
const MESSAGE_FORM: &[u8] = b"v1";
const SALT_BYTES: usize = 32;
/// Where the parts of the clear part begin: version, key, material, salt, nonce.
const KEY_AT: usize = 1;
const MATERIAL_AT: usize = 17;
const SALT_AT: usize = 49;
const NONCE_AT: usize = 81;
const CLEAR_BYTES: usize = NONCE_AT + NONCE_BYTES;

/// By how many bytes a ciphertext is longer than its plaintext.
pub const CIPHERTEXT_BYTES_MORE: usize = CLEAR_BYTES + TAG_BYTES;

/// A ciphertext of a form that has been given away. Whether it opens is not known yet.
#[derive(Clone, Copy)]
pub struct CiphertextBlob<'a> {
    clear: &'a [u8; CLEAR_BYTES],
    sealed: &'a [u8],
}

impl<'a> CiphertextBlob<'a> {
    /// The ciphertext of these bytes; none if their version or length is no ciphertext's.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (clear, sealed) = bytes.split_first_chunk::<CLEAR_BYTES>()?;
        let plain_bytes = sealed.len().checked_sub(TAG_BYTES)?;
        let legal = clear[0] == VERSION && (1..=PLAINTEXT_BYTES_MAX).contains(&plain_bytes);
        legal.then_some(Self { clear, sealed })
    }

    /// The key that it says it was made under.
    pub fn key(&self) -> KeyId {
        KeyId::from_bytes(self.part::<KEY_AT, 16>())
    }

    /// The material of that key.
    pub fn material(&self) -> MaterialId {
        MaterialId(self.part::<MATERIAL_AT, 32>())
    }

    fn part<const AT: usize, const BYTES: usize>(&self) -> [u8; BYTES] {
        let mut part = [0; BYTES];
        part.copy_from_slice(&self.clear[AT..AT + BYTES]);
        part
    }
}

impl KeyMaterial {
    /// A ciphertext of `plain`, which opens in `context` only.
    ///
    /// # Errors
    /// [`KeyError::PlaintextLength`] if `plain` is not 1 to [`PLAINTEXT_BYTES_MAX`] bytes;
    /// [`KeyError::CryptographyFailed`] if the library does.
    pub fn encrypt(
        &self,
        key: &KeyArn,
        plain: &[u8],
        context: &EncryptionContext,
        randomness: &dyn Randomness,
    ) -> Result<Vec<u8>, KeyError> {
        if !(1..=PLAINTEXT_BYTES_MAX).contains(&plain.len()) {
            return Err(KeyError::PlaintextLength);
        }
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES]);
        randomness.fill(&mut salt);
        randomness.fill(&mut nonce);
        let mut bytes = Vec::with_capacity(CIPHERTEXT_BYTES_MORE + plain.len());
        bytes.push(VERSION);
        for part in [&key.key.to_bytes()[..], &self.id().0, &salt, &nonce] {
            bytes.extend_from_slice(part);
        }
        let associated = associated_data(&bytes, &key.region, context);
        bytes.extend_from_slice(&cipher::seal(&self.message_key(&salt), nonce, &associated, plain)?);
        Ok(bytes)
    }

    /// What [`KeyMaterial::encrypt`] was given for `key` in `context`.
    ///
    /// # Errors
    /// [`KeyError::DoesNotOpen`], before anything is opened, if the ciphertext names another key or other material;
    /// and if it was made in another context or region, or a bit differs.
    pub fn decrypt(
        &self,
        key: &KeyArn,
        blob: &CiphertextBlob<'_>,
        context: &EncryptionContext,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if blob.key() != key.key || blob.material() != self.id() {
            return Err(KeyError::DoesNotOpen);
        }
        let message_key = self.message_key(&blob.part::<SALT_AT, SALT_BYTES>());
        let associated = associated_data(blob.clear, &key.region, context);
        cipher::open(&message_key, blob.part::<NONCE_AT, NONCE_BYTES>(), &associated, blob.sealed)
    }

    fn message_key(&self, salt: &[u8; SALT_BYTES]) -> Zeroizing<[u8; 32]> {
        let mut input = [0; SALT_BYTES + MESSAGE_FORM.len()];
        input[..SALT_BYTES].copy_from_slice(salt);
        input[SALT_BYTES..].copy_from_slice(MESSAGE_FORM);
        Zeroizing::new(blake3::keyed_hash(&self.customer_key(), &input).into())
    }
}

/// What is bound to a ciphertext: its clear part, the region with its length, the context.
fn associated_data(clear: &[u8], region: &RegionName, context: &EncryptionContext) -> Vec<u8> {
    let region = region.as_str().as_bytes();
    // The name of a region is at most 32 bytes long.
    [clear, &[region.len() as u8], region, &context.to_bytes()].concat()
}

#[cfg(test)]
mod tests;
