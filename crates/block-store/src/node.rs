//! Nodes of a snapshot tree: leaves, branches and the root.
//!
//! A node has at most 512 children. In the clear it says which of them are present and where they lie, so that who
//! collects garbage needs no key; sealed, and bound to the clear part, it holds what they are:
//!
//! ```text
//! 0    magic "EBND", version u8, level u8, zeros u16
//! 8    number u32, children u16, segments u16, domain u64
//! 24   segments    28 B each
//! ..   present     64 B      bitmap of 512 children
//! ..   children    12 B each: segment u16, flags u16 (1: zeros, no place), offset u32, sealed length u32
//! ..   sealed records, one a child, and tag
//! ```

mod branch;
mod leaf;
mod logical_hash;
mod root;
mod table;

pub(crate) use branch::{Branch, Child};
pub(crate) use leaf::{Content, Leaf, LeafEntry};
pub use logical_hash::LogicalHash;
pub(crate) use root::Root;
pub use root::RootRef;

use ebs::BlockIndex;

/// Bits of a block index that a level of the tree consumes.
const FANOUT_BITS: u32 = 9;

/// The leaf that holds a block.
pub(crate) fn leaf_of(index: BlockIndex) -> u32 {
    index.0 >> FANOUT_BITS
}

/// The slot of a block in its leaf.
pub(crate) fn slot_in_leaf(index: BlockIndex) -> u16 {
    (index.0 & ((1 << FANOUT_BITS) - 1)) as u16
}

/// The block at a slot of a leaf.
pub(crate) fn index_at(leaf: u32, slot: u16) -> BlockIndex {
    BlockIndex((leaf << FANOUT_BITS) | u32::from(slot))
}

/// The branch that holds a leaf, and the leaf's slot in it.
pub(crate) fn branch_of(leaf: u32) -> (u16, u16) {
    ((leaf >> FANOUT_BITS) as u16, (leaf & ((1 << FANOUT_BITS) - 1)) as u16)
}

/// The leaf at a slot of a branch.
pub(crate) fn leaf_at(branch: u16, slot: u16) -> u32 {
    (u32::from(branch) << FANOUT_BITS) | u32::from(slot)
}
