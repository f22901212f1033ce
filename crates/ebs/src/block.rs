//! Blocks: their size, their index in a volume and the digest that names their content.

use std::fmt;

/// Bytes in a block, the unit of the EBS direct APIs.
pub const BLOCK_BYTES: usize = 512 * 1024;

/// The number of a block in its volume: byte offset / [`BLOCK_BYTES`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockIndex(pub u32);

impl BlockIndex {
    /// Offset of the block's first byte in the volume.
    pub fn byte_offset(self) -> u64 {
        u64::from(self.0) * BLOCK_BYTES as u64
    }
}

impl fmt::Display for BlockIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BlockIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockIndex({})", self.0)
    }
}

/// SHA-256 of a block's [`BLOCK_BYTES`] plain bytes: the checksum that the EBS direct APIs carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockDigest(pub [u8; 32]);

impl BlockDigest {
    /// The digest of a block of zeros.
    pub const ZERO_BLOCK: Self = Self([
        0x07, 0x85, 0x4d, 0x2f, 0xef, 0x29, 0x7a, 0x06, 0xba, 0x81, 0x68, 0x5e, 0x66, 0x0c, 0x33, 0x2d, 0xe3,
        0x6d, 0x5d, 0x18, 0xd5, 0x46, 0x92, 0x7d, 0x30, 0xda, 0xad, 0x6d, 0x7f, 0xda, 0x15, 0x41,
    ]);
}

impl fmt::Debug for BlockDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockDigest(")?;
        for byte in &self.0[..4] {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("..)")
    }
}
