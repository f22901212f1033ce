//! What can go wrong with keys.

/// Why a key could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not a region key: 64 hexadecimal digits.
    #[error("a region key is 64 hexadecimal digits")]
    NotAKey,
    /// The wrapped bytes do not open under this key, purpose and context: another key, or damage.
    #[error("a wrapped secret does not open under this region key")]
    DoesNotOpen,
    /// The cryptographic library refused to seal.
    #[error("the cryptographic library failed")]
    CryptographyFailed,
}
