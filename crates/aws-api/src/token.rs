//! Opaque tokens: places in a listing and licences to read a block, sealed so that clients can neither read nor
//! make nor change them.
//!
//! A token is base64 over a version, the first bytes of a hash of its key, a random nonce, and the content under
//! AES-256-GCM-SIV. What a token is for (its kind, the region, and whatever the request must repeat) is not in it:
//! it is associated data, so that a token used for anything else fails as a forged one does.
//!
//! GCM-SIV, because a busy listing draws millions of nonces an hour: under plain GCM a repeated random nonce would
//! give the authentication key away, here it shows no more than that two tokens are equal.
//!
//! A token is no permission. Whoever opens one checks again that the caller may do what it asks.

pub mod block;
pub mod page;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::{AccountId, Randomness, RegionName, Timestamp};
use zeroize::Zeroizing;

/// Keys under which tokens are sealed: one that seals, and earlier ones that still open.
pub struct TokenKeys {
    current: TokenKey,
    previous: Vec<TokenKey>,
}

/// What sealing and opening the tokens of one request needs to know.
#[derive(Clone, Copy)]
pub struct TokenContext<'a> {
    /// The keys.
    pub keys: &'a TokenKeys,
    /// Where nonces come from.
    pub randomness: &'a dyn Randomness,
    /// The region that is asked.
    pub region: &'a RegionName,
    /// The account that asks.
    pub account: AccountId,
    /// The present moment.
    pub now: Timestamp,
}

struct TokenKey {
    id: [u8; KEY_ID_BYTES],
    key: LessSafeKey,
}

/// What a token is for, which it does not itself say.
struct Purpose(Context);

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_LEN;
const KEY_ID_LABEL: &[u8] = b"ebbstone token key id";

impl TokenKeys {
    /// Keys of which `secret` seals.
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self { current: TokenKey::new(&secret), previous: Vec::new() }
    }

    /// These keys, and one that opens what was sealed under `secret` before.
    #[must_use]
    pub fn with_previous(mut self, secret: Zeroizing<[u8; 32]>) -> Self {
        self.previous.push(TokenKey::new(&secret));
        self
    }

    /// The token over `content` for `purpose`.
    fn seal(&self, nonce: [u8; NONCE_LEN], purpose: Purpose, content: &[u8]) -> String {
        let mut sealed = content.to_vec();
        let tag = self
            .current
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.digest()),
                &mut sealed,
            )
            .expect("only contents of gigabytes cannot be sealed");
        let mut token = Vec::with_capacity(HEADER_BYTES + sealed.len() + tag.as_ref().len());
        token.push(VERSION);
        token.extend(self.current.id);
        token.extend(nonce);
        token.extend(sealed);
        token.extend(tag.as_ref());
        STANDARD.encode(token)
    }

    /// The content of `token`, if it was sealed under one of these keys for `purpose`.
    fn open(&self, token: &str, purpose: Purpose, chars_max: usize) -> Option<Vec<u8>> {
        if token.len() > chars_max {
            return None;
        }
        let mut token = STANDARD.decode(token).ok()?;
        let (header, sealed) = token.split_at_mut_checked(HEADER_BYTES)?;
        let (version, header) = header.split_first()?;
        let (id, nonce) = header.split_at_checked(KEY_ID_BYTES)?;
        if *version != VERSION {
            return None;
        }
        let key = std::iter::once(&self.current).chain(&self.previous).find(|key| key.id == id)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let content = key.key.open_in_place(nonce, Aad::from(purpose.digest()), sealed).ok()?;
        Some(content.to_vec())
    }
}

/// How many previous keys there are; never a key.
impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKeys").field("previous", &self.previous.len()).finish_non_exhaustive()
    }
}

impl TokenContext<'_> {
    /// A nonce for one token.
    fn nonce(&self) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        self.randomness.fill(&mut nonce);
        nonce
    }

    /// Nonces for `count` tokens, drawn at once.
    fn nonces(&self, count: usize) -> Vec<[u8; NONCE_LEN]> {
        let mut bytes = vec![0; NONCE_LEN * count];
        self.randomness.fill(&mut bytes);
        bytes.as_chunks::<NONCE_LEN>().0.to_vec()
    }

    /// The start of a purpose of this kind in this region.
    fn purpose(&self, kind: &str) -> Purpose {
        Purpose(Context::new(&SHA256)).with(kind.as_bytes()).with(self.region.as_str().as_bytes())
    }
}

impl TokenKey {
    fn new(secret: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM_SIV, secret).expect("the secret has the length of the key");
        let mut context = Context::new(&SHA256);
        context.update(KEY_ID_LABEL);
        context.update(secret);
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&context.finish().as_ref()[..KEY_ID_BYTES]);
        Self { id, key: LessSafeKey::new(key) }
    }
}

impl Purpose {
    /// This purpose with one thing more that must be the same. Lengths go in too, so that two lists of things
    /// never look alike.
    fn with(mut self, part: &[u8]) -> Self {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    /// This purpose with a list of texts.
    fn with_list<'a>(self, parts: impl ExactSizeIterator<Item = &'a String>) -> Self {
        let counted = self.with(&(parts.len() as u64).to_le_bytes());
        parts.fold(counted, |purpose, part| purpose.with(part.as_bytes()))
    }

    fn digest(self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.finish().as_ref());
        digest
    }
}

#[cfg(test)]
pub(crate) mod tests;
