//! The region's key.

use std::fmt;

use ebs::Randomness;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::KeyError;
use crate::wrapping::{self, WrappedSecret};

const WRAP_CONTEXT: &str = "ebbstone region key: wrap secrets, v1";
const CHECK_CONTEXT: &str = "ebbstone region key: check value, v1";
const TOKEN_CONTEXT: &str = "ebbstone region key: seal tokens, v1";

/// The key under which a region wraps the secrets of its domains: 256 random bits.
///
/// Losing it loses every snapshot of the region; it must be backed up outside the store.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RegionKey([u8; 32]);

/// A value that tells whether a key is the one a store was made with, and tells nothing else about the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCheck(pub [u8; 32]);

impl RegionKey {
    /// A new key.
    pub fn draw(randomness: &dyn Randomness) -> Self {
        let mut key = Self([0; 32]);
        randomness.fill(&mut key.0);
        key
    }

    /// The key that `text` writes down: 64 hexadecimal digits, with white space around them.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] for any other text.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError::NotAKey);
        }
        let mut key = Self([0; 32]);
        for (byte, digits) in key.0.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| KeyError::NotAKey)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| KeyError::NotAKey)?;
        }
        Ok(key)
    }

    /// The text that [`RegionKey::from_text`] reads.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0 {
            for digit in [byte >> 4, byte & 0xf] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        text
    }

    /// This key's check value.
    pub fn check(&self) -> KeyCheck {
        KeyCheck(blake3::derive_key(CHECK_CONTEXT, &self.0))
    }

    /// A key for sealing pagination and block tokens, the same on every node that has this region key.
    pub fn token_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive(TOKEN_CONTEXT)
    }

    /// `secret`, wrapped for `purpose` in `context` (what the secret belongs to: both must be given again to
    /// unwrap it).
    ///
    /// # Errors
    /// [`KeyError::CryptographyFailed`] if the library does.
    pub fn wrap(
        &self,
        secret: &[u8; 32],
        purpose: &str,
        context: &str,
        randomness: &dyn Randomness,
    ) -> Result<WrappedSecret, KeyError> {
        wrapping::wrap(&self.derive(WRAP_CONTEXT), secret, purpose, context, randomness)
    }

    /// The secret that was wrapped for `purpose` in `context`.
    ///
    /// # Errors
    /// [`KeyError::DoesNotOpen`] under any other key, purpose or context, or if a bit differs.
    pub fn unwrap(
        &self,
        wrapped: &WrappedSecret,
        purpose: &str,
        context: &str,
    ) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        wrapping::unwrap(&self.derive(WRAP_CONTEXT), wrapped, purpose, context)
    }

    /// The key for what `context` names, and for nothing else.
    pub(crate) fn derive(&self, context: &'static str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(context, &self.0))
    }
}

impl fmt::Debug for RegionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegionKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{RegionKey, WrappedSecret};
    use crate::KeyError;

    struct Counting(std::sync::atomic::AtomicU8);

    impl ebs::Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[test]
    fn a_secret_opens_only_under_its_key_purpose_and_context() {
        let randomness = Counting(1.into());
        let (key, other) = (RegionKey::draw(&randomness), RegionKey::draw(&randomness));
        let wrapped = key.wrap(&[9; 32], "domain", "1234", &randomness).expect("wraps");
        assert_eq!(*key.unwrap(&wrapped, "domain", "1234").expect("opens"), [9; 32]);
        assert_eq!(other.unwrap(&wrapped, "domain", "1234").err(), Some(KeyError::DoesNotOpen));
        assert_eq!(key.unwrap(&wrapped, "domai", "n1234").err(), Some(KeyError::DoesNotOpen));
        assert_eq!(key.unwrap(&wrapped, "domain", "1235").err(), Some(KeyError::DoesNotOpen));
        for bit in 0..wrapped.0.len() * 8 {
            let mut mutant = wrapped.0.clone();
            mutant[bit / 8] ^= 1 << (bit % 8);
            assert!(
                key.unwrap(&WrappedSecret(mutant), "domain", "1234").is_err(),
                "bit {bit} was not noticed"
            );
        }
        for length in 0..wrapped.0.len() {
            assert!(key.unwrap(&WrappedSecret(wrapped.0[..length].to_vec()), "domain", "1234").is_err());
        }
    }

    #[test]
    fn what_is_kept_of_a_key_is_the_same_in_every_release() {
        let key = RegionKey::from_text(&(0..32).map(|byte| format!("{byte:02x}")).collect::<String>())
            .expect("64 digits");
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let wrapped = key
            .wrap(&[9; 32], "domain secret", "us-east-1/000000000042", &Counting(32.into()))
            .expect("wraps");
        assert_eq!(
            hex(&wrapped.0),
            "202122232425262728292a2b682d261bc79e54bfa38a652f12624be4fb407342dbfdecc7f6db2e5e76fdd1d7\
             88747324cb031184e24af853894af751"
        );
        assert_eq!(hex(&key.check().0), "7ee9bd8268bd5ac03728e267beae7f89167d1329fe579a0e4917c4ad2da15948");
        assert_eq!(
            hex(&key.token_key()[..]),
            "e92538e48bee83632953ba431786aaa9bc1b8d57d92c28a25bd64bd152e4877a"
        );
    }

    #[test]
    fn the_text_form_is_read_back_and_debug_shows_nothing() {
        let key = RegionKey::draw(&Counting(200.into()));
        let again = RegionKey::from_text(&format!(" {}\n", *key.to_text())).expect("its own text");
        assert_eq!(key.check(), again.check());
        assert_eq!(format!("{key:?}"), "RegionKey(..)");
        for bad in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(65)] {
            assert_eq!(RegionKey::from_text(bad).err(), Some(KeyError::NotAKey));
        }
    }
}
