//! What clients encrypt, and what is decrypted for them.

use std::fmt;

use zeroize::Zeroizing;

/// The secret of a client on its way: wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Plaintext(pub Zeroizing<Vec<u8>>);

impl From<Vec<u8>> for Plaintext {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Plaintext;

    #[test]
    fn a_plaintext_shows_its_length_only() {
        assert_eq!(format!("{:?}", Plaintext::from(b"secret".to_vec())), "Plaintext(6 bytes)");
    }
}
