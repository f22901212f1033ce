//! Bounds of the store and relations between them.

use ebs::BLOCK_BYTES;

/// A segment is sealed once it is this long.
pub const SEGMENT_BYTES_TARGET: u64 = 64 * 1024 * 1024;
/// No segment is longer: offsets fit 32 bits with room to spare.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;
/// A segment is sealed once it has this many slots.
pub const SEGMENT_SLOTS_MAX: usize = 1 << 15;
/// Children of a node, at every level.
pub const NODE_FANOUT: usize = 512;
/// Levels of nodes: leaves, branches, root.
pub const TREE_DEPTH: u32 = 3;
/// Blocks of the largest volume.
pub const TREE_BLOCKS_MAX: u32 = 1 << 27;
/// Longest sealed payload of a slot: a raw block and its tag, or a full leaf.
pub const SEALED_BYTES_MAX: usize = BLOCK_BYTES + 16;
/// Longest range that one request reads when neighbouring slots are read together.
pub const READ_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Slots this close to each other are read with one request.
pub const READ_GAP_BYTES_MAX: u64 = 256 * 1024;
/// Leaves, and branches, that a listing reads at the same time: one request each, and together two megabytes at most.
pub const NODES_AHEAD: usize = 8;
/// Longest root object.
pub const ROOT_BYTES_MAX: u64 = 1024 * 1024;
/// Decoded nodes that all stores of a process keep in memory, in bytes.
pub const NODE_CACHES_BYTES: u64 = 24 * 1024 * 1024;
/// Memory that the gathering of one upload's writes keeps as its cache, in bytes.
pub const WRITE_TABLE_CACHE_BYTES: usize = 2 * 1024 * 1024;
/// An upload with more writes than this has them gathered in a file and not in memory.
pub const WRITES_IN_MEMORY_MAX: u64 = 4096;
/// Memory that the embedded indexes of all stores of a process keep as their caches, in bytes.
pub const INDEX_CACHES_BYTES: usize = 16 * 1024 * 1024;

const _: () = assert!(
    NODE_FANOUT.pow(TREE_DEPTH) == TREE_BLOCKS_MAX as usize,
    "the tree covers exactly the largest volume"
);
const _: () = assert!(SEGMENT_BYTES_TARGET + READ_BYTES_MAX < SEGMENT_BYTES_MAX);
const _: () = assert!(READ_BYTES_MAX > SEALED_BYTES_MAX as u64 * 2);
