//! Randomness for tests: the same seed gives the same bytes, and no two draws are alike.

use std::sync::atomic::{AtomicU64, Ordering};

use ebs::Randomness;

pub(crate) struct Seeded {
    key: [u8; 32],
    drawn: AtomicU64,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            key: blake3::derive_key("ebbstone test randomness", &seed.to_le_bytes()),
            drawn: AtomicU64::new(0),
        }
    }
}

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let draw = self.drawn.fetch_add(1, Ordering::Relaxed);
        blake3::Hasher::new_keyed(&self.key).update(&draw.to_le_bytes()).finalize_xof().fill(bytes);
    }
}
