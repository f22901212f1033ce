//! Keys: the region's own key, the keys of accounts, and what is wrapped and encrypted under them.
//!
//! The region key is the root. It wraps the secrets of domains that name no KMS key, and the material of KMS keys,
//! which wraps the secrets of the domains that do and encrypts what clients give it. Purposes are part of every
//! wrapping, so that a secret wrapped for one cannot be unwrapped for another; and what clients encrypt is under keys
//! that wrap nothing.
//!
//! This crate keeps nothing: it knows neither rows nor requests.

mod cipher;
mod ciphertext;
mod default_policy;
mod error;
mod grant_token;
pub mod limits;
mod material;
mod reference;
mod region_key;
mod rotation;
mod state;
#[cfg(test)]
mod test_randomness;
mod wrapping;

pub use ciphertext::{CIPHERTEXT_BYTES_MORE, CiphertextBlob};
pub use default_policy::{POLICY_NAME, aws_ebs_policy, default_policy};
pub use error::KeyError;
pub use material::{DomainScope, KeyMaterial};
pub use reference::KeyReference;
pub use region_key::{KeyCheck, RegionKey};
pub use rotation::next_rotation;
pub use state::{KeyOperation, permits};
pub use wrapping::WrappedSecret;
