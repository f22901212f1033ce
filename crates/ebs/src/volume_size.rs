//! Volume sizes.

use std::fmt;

use crate::limits::VOLUME_SIZE_GIB_MAX;
use crate::{BLOCK_BYTES, BlockIndex};

/// The size of a volume in GiB, 1 to 65,536 (64 TiB).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeSize(u32);

const GIB: u64 = 1 << 30;
const BLOCKS_PER_GIB: u32 = (GIB / BLOCK_BYTES as u64) as u32;

impl VolumeSize {
    /// The size of `gib` GiB, or nothing outside 1 to 65,536.
    pub fn from_gib(gib: u64) -> Option<Self> {
        u32::try_from(gib).ok().filter(|gib| (1..=VOLUME_SIZE_GIB_MAX).contains(gib)).map(Self)
    }

    /// The smallest size that holds `bytes`, or nothing if no volume does.
    pub fn holding(bytes: u64) -> Option<Self> {
        Self::from_gib(bytes.div_ceil(GIB).max(1))
    }

    /// The size in GiB.
    pub fn gib(self) -> u32 {
        self.0
    }

    /// The size in bytes.
    pub fn bytes(self) -> u64 {
        u64::from(self.0) * GIB
    }

    /// How many blocks the volume has.
    pub fn blocks(self) -> u32 {
        self.0 * BLOCKS_PER_GIB
    }

    /// Whether the volume has a block of this index.
    pub fn contains(self, index: BlockIndex) -> bool {
        index.0 < self.blocks()
    }
}

impl fmt::Debug for VolumeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GiB", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{GIB, VolumeSize};
    use crate::BlockIndex;

    #[test]
    fn the_largest_volume_is_64_tib_of_2_to_the_27_blocks() {
        let size = VolumeSize::from_gib(65_536).expect("the largest size");
        assert_eq!(size.blocks(), 1 << 27);
        assert!(size.contains(BlockIndex((1 << 27) - 1)));
        assert!(!size.contains(BlockIndex(1 << 27)));
        assert_eq!(VolumeSize::from_gib(65_537), None);
        assert_eq!(VolumeSize::from_gib(0), None);
    }

    #[test]
    fn holding_rounds_up() {
        assert_eq!(VolumeSize::holding(0).map(VolumeSize::gib), Some(1));
        assert_eq!(VolumeSize::holding(GIB).map(VolumeSize::gib), Some(1));
        assert_eq!(VolumeSize::holding(GIB + 1).map(VolumeSize::gib), Some(2));
        assert_eq!(VolumeSize::holding(u64::MAX), None);
    }
}
