//! Keys: the region's own key, and what is wrapped under it.
//!
//! The region key seals the domain secrets of snapshots that name no KMS key, and nothing else is done with it.
//! Purposes are part of every wrapping, so that a secret wrapped for one cannot be unwrapped for another.

mod cipher;
mod error;
mod region_key;
mod wrapping;

pub use error::KeyError;
pub use region_key::{KeyCheck, RegionKey};
pub use wrapping::WrappedSecret;
