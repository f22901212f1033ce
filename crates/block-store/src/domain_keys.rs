//! The keys of a domain, derived from its secret.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ebs::{BlockDigest, DomainId, Randomness};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::StoreError;

/// Bytes that AES-256-GCM adds to what it seals.
pub(crate) const TAG_BYTES: usize = 16;

const IDENTITY_CONTEXT: &str = "ebbstone domain: block identity, v1";
const METADATA_CONTEXT: &str = "ebbstone domain: seal metadata, v1";
const BLOCK_CONTEXT: &str = "ebbstone domain: block keys, v1";

/// What a domain's secret gives: names for blocks, keys for blocks, and the key that seals the store's own
/// records (nodes, roots, origins of uploaded blocks).
#[derive(ZeroizeOnDrop)]
pub struct DomainKeys {
    #[zeroize(skip)]
    domain: DomainId,
    identity: [u8; 32],
    metadata: [u8; 32],
    block: [u8; 32],
}

/// The name of a block's content inside one domain: tells nothing to who has not the domain's secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockIdentity(pub(crate) [u8; 32]);

/// The key of one content: who has it can open the blocks of that content, and no other.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct BlockKey(pub(crate) [u8; 32]);

impl DomainKeys {
    /// The keys of `domain`, whose secret is `secret`.
    pub fn derive(domain: DomainId, secret: &[u8; 32]) -> Self {
        Self {
            domain,
            identity: blake3::derive_key(IDENTITY_CONTEXT, secret),
            metadata: blake3::derive_key(METADATA_CONTEXT, secret),
            block: blake3::derive_key(BLOCK_CONTEXT, secret),
        }
    }

    /// The domain.
    pub fn domain(&self) -> DomainId {
        self.domain
    }

    /// The name of the content with this digest.
    pub fn block_identity(&self, digest: &BlockDigest) -> BlockIdentity {
        BlockIdentity(*blake3::keyed_hash(&self.identity, &digest.0).as_bytes())
    }

    /// The key of the content with this digest, for blocks that are sealed in this domain.
    pub fn block_key(&self, digest: &BlockDigest) -> BlockKey {
        BlockKey(*blake3::keyed_hash(&self.block, &digest.0).as_bytes())
    }

    /// Seals `plain` in place under the metadata key, with `bound` as associated data; the tag is appended.
    pub(crate) fn seal_metadata(
        &self,
        plain: &mut Vec<u8>,
        bound: &[u8],
        randomness: &dyn Randomness,
    ) -> Result<[u8; NONCE_LEN], StoreError> {
        seal(&self.metadata, plain, bound, randomness)
    }

    /// Opens what [`DomainKeys::seal_metadata`] sealed: the plain bytes are the front of `sealed`. Nothing if it
    /// does not open.
    pub(crate) fn open_metadata<'a>(
        &self,
        nonce: [u8; NONCE_LEN],
        sealed: &'a mut [u8],
        bound: &[u8],
    ) -> Option<&'a mut [u8]> {
        open(&self.metadata, nonce, sealed, bound)
    }
}

impl fmt::Debug for DomainKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainKeys({:?})", self.domain)
    }
}

impl fmt::Debug for BlockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockKey(..)")
    }
}

impl fmt::Debug for BlockIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockIdentity(..)")
    }
}

/// AES-256-GCM under `key` with a random nonce, which is returned.
pub(crate) fn seal(
    key: &[u8; 32],
    plain: &mut Vec<u8>,
    bound: &[u8],
    randomness: &dyn Randomness,
) -> Result<[u8; NONCE_LEN], StoreError> {
    let mut nonce = [0; NONCE_LEN];
    randomness.fill(&mut nonce);
    let cipher = cipher(key).ok_or(StoreError::SealingFailed)?;
    cipher
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), plain)
        .map_err(|_| StoreError::SealingFailed)?;
    Ok(nonce)
}

/// The plain bytes of `sealed`, or nothing if they do not open.
pub(crate) fn open<'a>(
    key: &[u8; 32],
    nonce: [u8; NONCE_LEN],
    sealed: &'a mut [u8],
    bound: &[u8],
) -> Option<&'a mut [u8]> {
    cipher(key)?.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound), sealed).ok()
}

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}
