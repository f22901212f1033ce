//! One block: compressed, sealed under the key of its content, and back.
//!
//! What is bound to the ciphertext is the content (digest, codec, length) and never a place, an owner or a parent,
//! so that sealed bytes can move between segments, stores and regions as they are.

use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::digest;
use bytes::Bytes;
use ebs::{BLOCK_BYTES, BlockDigest, Randomness};
use zstd::bulk::{Compressor, Decompressor};

use crate::context_pool::ContextPool;
use crate::domain_keys::{BlockKey, TAG_BYTES, open, seal};
use crate::{Damage, StoreError};

/// How a block's bytes are compressed. Numbers are those of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As they are.
    Raw = 0,
    /// A zstd frame.
    Zstd = 1,
}

/// A block that only who has the key of its content can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBlock {
    /// How the bytes are compressed.
    pub codec: Codec,
    /// The nonce it was sealed with.
    pub nonce: [u8; NONCE_LEN],
    /// Ciphertext and tag.
    pub bytes: Bytes,
}

const ZSTD_LEVEL: i32 = 1;
/// A compressed block must save this share of a block, or it is kept raw: it would cost time at every read.
const SAVED_BYTES_MIN: usize = BLOCK_BYTES * 3 / 100;

static COMPRESSORS: ContextPool<Compressor<'static>> = ContextPool::new();
static DECOMPRESSORS: ContextPool<Decompressor<'static>> = ContextPool::new();

impl Codec {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Raw, Self::Zstd].into_iter().find(|codec| *codec as u8 == number)
    }
}

/// SHA-256 of a block.
pub fn block_digest(plain: &[u8]) -> BlockDigest {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, plain).as_ref());
    BlockDigest(bytes)
}

/// Whether all bytes are zero. Reads 128 bytes at a time, so that the compiler can use wide registers.
pub fn is_zero(bytes: &[u8]) -> bool {
    let (lanes, rest) = bytes.as_chunks::<128>();
    lanes.iter().all(|lane| lane.iter().fold(0, |all, byte| all | byte) == 0)
        && rest.iter().all(|byte| *byte == 0)
}

impl SealedBlock {
    /// Seals a block of [`BLOCK_BYTES`] whose digest is `digest` under `key`, the key of that content.
    ///
    /// # Errors
    /// [`StoreError::SealingFailed`] if a library fails.
    pub fn seal(
        plain: &[u8],
        digest: &BlockDigest,
        key: &BlockKey,
        randomness: &dyn Randomness,
    ) -> Result<Self, StoreError> {
        debug_assert_eq!(plain.len(), BLOCK_BYTES);
        let (codec, mut packed) = compress(plain)?;
        let nonce = seal(&key.0, &mut packed, &bound(digest, codec), randomness)?;
        Ok(Self { codec, nonce, bytes: Bytes::from(packed) })
    }

    /// The block's plain bytes, of which the digest is `digest`.
    ///
    /// # Errors
    /// [`Damage`] if the bytes do not open, or are not of that digest. Never other bytes.
    pub fn open(&self, digest: &BlockDigest, key: &BlockKey) -> Result<Vec<u8>, Damage> {
        let mut sealed = self.bytes.to_vec();
        let packed =
            open(&key.0, self.nonce, &mut sealed, &bound(digest, self.codec)).ok_or(Damage::DoesNotOpen)?;
        let plain = match self.codec {
            Codec::Raw => {
                sealed.truncate(sealed.len() - TAG_BYTES);
                sealed
            }
            Codec::Zstd => decompress(packed)?,
        };
        if plain.len() != BLOCK_BYTES || block_digest(&plain) != *digest {
            return Err(Damage::Checksum);
        }
        Ok(plain)
    }
}

fn bound(digest: &BlockDigest, codec: Codec) -> [u8; 38] {
    let mut bound = [0; 38];
    bound[0] = 1;
    bound[1] = codec as u8;
    bound[2..6].copy_from_slice(&(BLOCK_BYTES as u32).to_le_bytes());
    bound[6..].copy_from_slice(&digest.0);
    bound
}

fn compress(plain: &[u8]) -> Result<(Codec, Vec<u8>), StoreError> {
    let make = || Compressor::new(ZSTD_LEVEL).map_err(|_| StoreError::SealingFailed);
    COMPRESSORS.with(make, |compressor| {
        let mut packed = vec![0; BLOCK_BYTES + TAG_BYTES];
        // A result that would not save enough does not fit, and the attempt ends early.
        match compressor.compress_to_buffer(plain, &mut packed[..BLOCK_BYTES - SAVED_BYTES_MIN]) {
            Ok(length) => {
                packed.truncate(length);
                packed.shrink_to(length + TAG_BYTES);
                (Codec::Zstd, packed)
            }
            Err(_) => {
                packed.truncate(BLOCK_BYTES);
                packed.copy_from_slice(plain);
                (Codec::Raw, packed)
            }
        }
    })
}

fn decompress(packed: &[u8]) -> Result<Vec<u8>, Damage> {
    let make = || Decompressor::new().map_err(|_| Damage::Malformed);
    let plain = DECOMPRESSORS.with(make, |decompressor| decompressor.decompress(packed, BLOCK_BYTES))?;
    plain.map_err(|_| Damage::Malformed)
}

#[cfg(test)]
mod tests {
    use ebs::{BLOCK_BYTES, BlockDigest, DomainId};

    use super::{Codec, SealedBlock, block_digest, is_zero};
    use crate::DomainKeys;
    use crate::test_randomness::Seeded;

    fn sample(compressible: bool) -> Vec<u8> {
        let mut plain = vec![0; BLOCK_BYTES];
        ebs::Randomness::fill(&Seeded::new(7), &mut plain);
        if compressible {
            plain.iter_mut().for_each(|byte| *byte &= 3);
        }
        plain
    }

    #[test]
    fn a_block_opens_to_what_was_sealed_and_every_flipped_bit_is_noticed() {
        let keys = DomainKeys::derive(DomainId(1), &[1; 32]);
        for (compressible, codec) in [(true, Codec::Zstd), (false, Codec::Raw)] {
            let plain = sample(compressible);
            let digest = block_digest(&plain);
            let key = keys.block_key(&digest);
            let sealed = SealedBlock::seal(&plain, &digest, &key, &Seeded::new(1)).expect("seals");
            assert_eq!(sealed.codec, codec);
            assert_eq!(sealed.open(&digest, &key).expect("opens"), plain);
            for byte in (0..sealed.bytes.len()).step_by(4_099) {
                let mut bytes = sealed.bytes.to_vec();
                bytes[byte] ^= 1 << (byte % 8);
                let mutant = SealedBlock { bytes: bytes.into(), ..sealed.clone() };
                assert!(mutant.open(&digest, &key).is_err(), "byte {byte} was not noticed");
            }
            let other = block_digest(b"other");
            assert!(sealed.open(&other, &key).is_err());
            assert!(sealed.open(&digest, &keys.block_key(&other)).is_err());
        }
    }

    #[test]
    fn the_zero_block_is_known_by_its_digest() {
        let mut plain = vec![0; BLOCK_BYTES];
        assert_eq!(block_digest(&plain), BlockDigest::ZERO_BLOCK);
        assert!(is_zero(&plain));
        for place in [0, 127, 128, BLOCK_BYTES - 1] {
            plain[place] = 1;
            assert!(!is_zero(&plain));
            plain[place] = 0;
        }
    }

    #[test]
    fn the_same_content_never_has_the_same_nonce() {
        let keys = DomainKeys::derive(DomainId(1), &[1; 32]);
        let plain = sample(true);
        let digest = block_digest(&plain);
        let randomness = Seeded::new(3);
        let seal =
            || SealedBlock::seal(&plain, &digest, &keys.block_key(&digest), &randomness).expect("seals");
        assert_ne!(seal().nonce, seal().nonce);
    }
}
