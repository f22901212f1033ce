//! Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom.

use crate::operation::kms::Plaintext;
use crate::{EncryptionContext, KeyArn, MaterialId};

/// An Encrypt request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptRequest {
    /// The key.
    pub key_id: String,
    /// 1 to 4,096 bytes.
    pub plaintext: Plaintext,
    /// What must be given again to decrypt.
    pub context: EncryptionContext,
    /// Tokens of grants.
    pub grant_tokens: Vec<String>,
    /// Whether only the right to do it is checked.
    pub dry_run: bool,
}

/// What Encrypt answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptReply {
    /// The ciphertext.
    pub ciphertext: Vec<u8>,
    /// The key.
    pub key: KeyArn,
}

/// A Decrypt request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecryptRequest {
    /// What is to be decrypted.
    pub source: CiphertextSource,
    /// Tokens of grants.
    pub grant_tokens: Vec<String>,
    /// Whether only the right to do it is checked.
    pub dry_run: bool,
}

/// What Decrypt and ReEncrypt read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiphertextSource {
    /// The key that must have made it, if the client says; the ciphertext names its key itself.
    pub key_id: Option<String>,
    /// The ciphertext. None only in a dry run that says that it does not count, which must name the key.
    pub ciphertext: Option<Vec<u8>>,
    /// What was given when it was made.
    pub context: EncryptionContext,
}

/// What Decrypt answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecryptReply {
    /// The key.
    pub key: KeyArn,
    /// Its material that the ciphertext was made under.
    pub material: MaterialId,
    /// What was encrypted.
    pub plaintext: Plaintext,
}

/// A ReEncrypt request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReEncryptRequest {
    /// What is to be decrypted.
    pub source: CiphertextSource,
    /// The key under which it is to be encrypted.
    pub destination_key_id: String,
    /// What must then be given to decrypt.
    pub destination_context: EncryptionContext,
    /// Tokens of grants.
    pub grant_tokens: Vec<String>,
    /// Whether only the right to do it is checked.
    pub dry_run: bool,
}

/// What ReEncrypt answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReEncryptReply {
    /// The new ciphertext.
    pub ciphertext: Vec<u8>,
    /// The key of the old one.
    pub source_key: KeyArn,
    /// Its material that the old one was made under.
    pub source_material: MaterialId,
    /// The key of the new one.
    pub key: KeyArn,
    /// Its material that the new one was made under.
    pub material: MaterialId,
}

/// A GenerateDataKey or GenerateDataKeyWithoutPlaintext request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateDataKeyRequest {
    /// The key under which the data key is encrypted.
    pub key_id: String,
    /// The data key's length: 1 to 1,024 bytes.
    pub number_of_bytes: usize,
    /// What must be given again to decrypt.
    pub context: EncryptionContext,
    /// Tokens of grants.
    pub grant_tokens: Vec<String>,
    /// Whether only the right to do it is checked.
    pub dry_run: bool,
}

/// What GenerateDataKey answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateDataKeyReply {
    /// The data key.
    pub plaintext: Plaintext,
    /// The data key, encrypted.
    pub ciphertext: Vec<u8>,
    /// The key under which it is encrypted.
    pub key: KeyArn,
    /// The material of that key.
    pub material: MaterialId,
}

/// What GenerateDataKeyWithoutPlaintext answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateDataKeyWithoutPlaintextReply {
    /// The data key, encrypted.
    pub ciphertext: Vec<u8>,
    /// The key under which it is encrypted.
    pub key: KeyArn,
    /// The material of that key.
    pub material: MaterialId,
}

/// A GenerateRandom request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateRandomRequest {
    /// How many bytes: 1 to 1,024.
    pub number_of_bytes: usize,
}

/// What GenerateRandom answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateRandomReply {
    /// The bytes.
    pub plaintext: Plaintext,
}
