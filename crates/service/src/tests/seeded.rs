//! Randomness that is the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use ebs::Randomness;

pub(crate) struct Seeded {
    key: [u8; 32],
    drawn: AtomicU64,
}

impl Seeded {
    pub(crate) fn new(seed: &str) -> Self {
        let key = blake3::derive_key("ebbstone service test randomness", seed.as_bytes());
        Self { key, drawn: AtomicU64::new(0) }
    }
}

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let draw = self.drawn.fetch_add(1, Ordering::Relaxed);
        blake3::Hasher::new_keyed(&self.key).update(&draw.to_le_bytes()).finalize_xof().fill(bytes);
    }
}
