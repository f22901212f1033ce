//! The port through which randomness comes in.

/// A source of random bytes that cannot be predicted by who sees earlier output: the operating system's in
/// production, a seeded one in simulations.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// A random number of 64 bits.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}
