//! What can go wrong with keys.

use crate::limits::PLAINTEXT_BYTES_MAX;

/// Why a key could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not a region key: 64 hexadecimal digits.
    #[error("a region key is 64 hexadecimal digits")]
    NotAKey,
    /// The sealed bytes do not open under this key, purpose and context: another key, or damage.
    #[error("what was sealed does not open under this key")]
    DoesNotOpen,
    /// Nothing, or more than one ciphertext holds, was to be encrypted.
    #[error("a plaintext is 1 to {PLAINTEXT_BYTES_MAX} bytes")]
    PlaintextLength,
    /// The cryptographic library refused to seal.
    #[error("the cryptographic library failed")]
    CryptographyFailed,
}
