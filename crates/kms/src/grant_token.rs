//! Grant tokens: texts that CreateGrant gives away and later requests may carry.
//!
//! A grant holds from the moment that it is made, for every node. A token says which grant is meant and that this
//! region made it; it allows nothing that the grant does not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::{GrantId, KeyId};

use crate::RegionKey;

const CONTEXT: &str = "ebbstone region key: grant tokens, v1";
const VERSION: u8 = 1;
const KEY_AT: usize = 1;
const GRANT_AT: usize = 17;
const CODE_AT: usize = 49;
const BYTES: usize = 81;
/// What the bytes are in base64, which needs no padding.
const CHARS: usize = BYTES / 3 * 4;

impl RegionKey {
    /// The token of the grant `grant` for `key`: 108 characters, always the same.
    pub fn grant_token(&self, key: KeyId, grant: GrantId) -> String {
        let mut token = [0; BYTES];
        token[0] = VERSION;
        token[KEY_AT..GRANT_AT].copy_from_slice(&key.to_bytes());
        token[GRANT_AT..CODE_AT].copy_from_slice(&grant.0);
        let code = self.grant_token_code(&token[..CODE_AT]);
        token[CODE_AT..].copy_from_slice(code.as_bytes());
        STANDARD.encode(token)
    }

    /// What [`RegionKey::grant_token`] was given for this token; none if it made no such token. Whether the grant is
    /// still there is not known here.
    pub fn read_grant_token(&self, token: &str) -> Option<(KeyId, GrantId)> {
        // Requests may carry long texts; none of them is decoded.
        if token.len() != CHARS {
            return None;
        }
        let token: [u8; BYTES] = STANDARD.decode(token).ok()?.try_into().ok()?;
        let (said, code) = token.split_at(CODE_AT);
        // Codes of this type are compared in constant time.
        let genuine = self.grant_token_code(said) == blake3::Hash::from_slice(code).ok()?;
        if !genuine || said[0] != VERSION {
            return None;
        }
        let key = KeyId::from_bytes(said[KEY_AT..GRANT_AT].try_into().ok()?);
        Some((key, GrantId(said[GRANT_AT..].try_into().ok()?)))
    }

    fn grant_token_code(&self, said: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.derive(CONTEXT), said)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use ebs::{GrantId, KeyId};
    use proptest::prelude::*;

    use crate::RegionKey;
    use crate::test_randomness::Seeded;

    fn key() -> RegionKey {
        RegionKey::from_text(&"ab".repeat(32)).expect("64 digits")
    }

    fn token() -> String {
        key().grant_token(KeyId::from_bytes([7; 16]), GrantId([9; 32]))
    }

    #[test]
    fn a_token_is_the_same_in_every_release() {
        assert_eq!(
            token(),
            "AQcHBwcHBwcHBwcHBwcHBwcJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCVoI1Qr5c6K7jB4wcHuqpqMA7ugCVAHfHYfr3jK56Wgh"
        );
    }

    #[test]
    fn a_token_says_its_grant_to_its_region_only() {
        let said = Some((KeyId::from_bytes([7; 16]), GrantId([9; 32])));
        assert_eq!(key().read_grant_token(&token()), said);
        assert_eq!(RegionKey::draw(&Seeded::new(1)).read_grant_token(&token()), None);
    }

    #[test]
    fn every_flipped_bit_and_every_other_length_is_noticed() {
        let token = token();
        let bytes = STANDARD.decode(&token).expect("base64");
        for bit in 0..bytes.len() * 8 {
            let mut mutant = bytes.clone();
            mutant[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key().read_grant_token(&STANDARD.encode(mutant)), None, "bit {bit}");
        }
        for length in 0..token.len() {
            assert_eq!(key().read_grant_token(&token[..length]), None, "{length} characters");
        }
        for more in ["A", "=", "\n", "AAAA"] {
            assert_eq!(key().read_grant_token(&format!("{token}{more}")), None, "{more:?} behind it");
        }
    }

    #[test]
    fn a_token_of_another_version_is_refused_also_if_its_code_is_right() {
        let mut bytes = STANDARD.decode(token()).expect("base64");
        bytes[0] = 2;
        let code = key().grant_token_code(&bytes[..super::CODE_AT]);
        bytes[super::CODE_AT..].copy_from_slice(code.as_bytes());
        assert_eq!(key().read_grant_token(&STANDARD.encode(bytes)), None);
    }

    proptest! {
        #[test]
        fn tokens_are_one_to_one_with_grants(
            one in any::<([u8; 16], [u8; 32])>(),
            other in any::<([u8; 16], [u8; 32])>(),
        ) {
            let make = |(key_id, grant)| key().grant_token(KeyId::from_bytes(key_id), GrantId(grant));
            let said = Some((KeyId::from_bytes(one.0), GrantId(one.1)));
            prop_assert_eq!(key().read_grant_token(&make(one)), said);
            prop_assert_eq!(make(one) == make(other), one == other);
        }

        #[test]
        fn no_text_panics(text in ".{0,120}", same_length in "[A-Za-z0-9+/é=]{108}") {
            prop_assert_eq!(key().read_grant_token(&text), None);
            prop_assert_eq!(key().read_grant_token(&same_length), None);
        }
    }
}
