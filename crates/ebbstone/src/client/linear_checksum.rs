//! The checksum over a whole upload.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_CompleteSnapshot.html>.

use aws_lc_rs::digest::{Context, SHA256};
use ebs::BlockDigest;

/// The LINEAR aggregate in the making: SHA-256 over the raw digests of the blocks written, in ascending order of
/// their indexes.
pub(crate) struct LinearChecksum {
    context: Context,
    blocks: u64,
}

impl LinearChecksum {
    /// The aggregate of no blocks.
    pub(crate) fn new() -> Self {
        Self { context: Context::new(&SHA256), blocks: 0 }
    }

    /// Adds the next block. Blocks come in ascending order, each once.
    pub(crate) fn add(&mut self, digest: BlockDigest) {
        self.context.update(&digest.0);
        self.blocks += 1;
    }

    /// How many blocks there are, and the aggregate.
    pub(crate) fn finish(self) -> (u64, [u8; 32]) {
        let mut checksum = [0; 32];
        checksum.copy_from_slice(self.context.finish().as_ref());
        (self.blocks, checksum)
    }
}

#[cfg(test)]
mod tests {
    use super::LinearChecksum;
    use aws_api::sigv4::sha256;
    use ebs::BlockDigest;

    #[test]
    fn it_is_the_digest_of_digests() {
        let mut linear = LinearChecksum::new();
        linear.add(BlockDigest([1; 32]));
        linear.add(BlockDigest([2; 32]));
        let joined = [[1; 32], [2; 32]].concat();
        assert_eq!(linear.finish(), (2, sha256(&joined)));
        assert_eq!(LinearChecksum::new().finish(), (0, sha256(&[])));
    }
}
