//! Logical hashes: what a part of a snapshot contains, wherever and under whatever key it lies.

use std::fmt;

use ebs::BlockDigest;

/// A hash over block numbers and their digests, and nothing else. Equal content has equal hashes in every region
/// and under every key, so that comparing two snapshots, checking a copy and going on after a break are
/// comparisons of hashes.
///
/// It tells what is stored to who can guess it, so it is kept in sealed columns only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogicalHash(pub(crate) [u8; 32]);

const LEAF_CONTEXT: &str = "ebbstone logical hash: leaf, v1";
const INNER_CONTEXTS: [&str; 2] = ["ebbstone logical hash: branch, v1", "ebbstone logical hash: root, v1"];

impl LogicalHash {
    /// The hash of a leaf with these blocks, in ascending order of their slots.
    pub(crate) fn of_leaf<'a>(blocks: impl Iterator<Item = (u16, &'a BlockDigest)>) -> Self {
        Self::over(LEAF_CONTEXT, blocks.map(|(slot, digest)| (slot, &digest.0)))
    }

    /// The hash of a branch with these leaves, in ascending order of their slots.
    pub(crate) fn of_branch<'a>(leaves: impl Iterator<Item = (u16, &'a Self)>) -> Self {
        Self::over(INNER_CONTEXTS[0], leaves.map(|(slot, hash)| (slot, &hash.0)))
    }

    /// The hash of a root with these branches, in ascending order of their slots.
    pub(crate) fn of_root<'a>(branches: impl Iterator<Item = (u16, &'a Self)>) -> Self {
        Self::over(INNER_CONTEXTS[1], branches.map(|(slot, hash)| (slot, &hash.0)))
    }

    fn over<'a>(context: &str, children: impl Iterator<Item = (u16, &'a [u8; 32])>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        for (slot, child) in children {
            hasher.update(&slot.to_le_bytes());
            hasher.update(child);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

impl fmt::Debug for LogicalHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogicalHash(..)")
    }
}
