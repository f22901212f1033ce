//! Branches: 512 leaves, 128 GiB of a volume.

use ebs::Randomness;
use zeroize::Zeroizing;

use super::LogicalHash;
use super::table::{self, ClearChild, NodeName, NodeTable};
use crate::limits::TREE_BLOCKS_MAX;
use crate::segment::{Place, Slot, SlotKind};
use crate::{Damage, DomainKeys, StoreError};

const RECORD_BYTES: usize = 40;

/// The present leaves of a stretch of 512, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) children: Vec<Child>,
}

/// A node below another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) slot: u16,
    pub(crate) place: Place,
    pub(crate) hash: LogicalHash,
    /// Present blocks below it.
    pub(crate) blocks: u64,
}

impl Branch {
    pub(crate) fn logical_hash(&self) -> LogicalHash {
        LogicalHash::of_branch(self.children.iter().map(|child| (child.slot, &child.hash)))
    }

    /// Present blocks below it.
    pub(crate) fn blocks(&self) -> u64 {
        self.children.iter().map(|child| child.blocks).sum()
    }

    pub(crate) fn child(&self, slot: u16) -> Option<&Child> {
        child_at(&self.children, slot)
    }

    /// The slot to write for this branch.
    pub(crate) fn encode(
        &self,
        number: u16,
        keys: &DomainKeys,
        randomness: &dyn Randomness,
    ) -> Result<Slot, StoreError> {
        let records = Zeroizing::new(encode_records(&self.children));
        let clear = clear_children(&self.children);
        let (nonce, bytes) = table::encode(name(number, keys), &clear, records, &[], keys, randomness)?;
        Ok(Slot::of_node(SlotKind::Branch, nonce, bytes))
    }

    /// The branch in `slot`.
    ///
    /// # Errors
    /// [`Damage`] if it is not branch `number` of these keys' domain.
    pub(crate) fn decode(number: u16, slot: &Slot, keys: &DomainKeys) -> Result<Self, Damage> {
        if slot.header.kind != SlotKind::Branch {
            return Err(Damage::Malformed);
        }
        let node = table::decode(name(number, keys), &slot.sealed, slot.header.nonce, &[], keys)?;
        decode_records(&node, &node.records).map(|children| Self { children })
    }
}

/// The child at a slot of a node whose children are sorted.
pub(super) fn child_at(children: &[Child], slot: u16) -> Option<&Child> {
    children.binary_search_by_key(&slot, |child| child.slot).ok().map(|at| &children[at])
}

pub(super) fn clear_children(children: &[Child]) -> Vec<ClearChild> {
    children.iter().map(|child| (child.slot, Some(child.place))).collect()
}

pub(super) fn encode_records(children: &[Child]) -> Vec<u8> {
    let records = children.iter().flat_map(|child| [&child.hash.0[..], &child.blocks.to_le_bytes()].concat());
    records.collect()
}

pub(super) fn decode_records(node: &NodeTable, records: &[u8]) -> Result<Vec<Child>, Damage> {
    let (records, rest) = records.as_chunks::<RECORD_BYTES>();
    if records.len() != node.children.len() || !rest.is_empty() {
        return Err(Damage::Malformed);
    }
    let children = node.children.iter().zip(records).map(|((slot, place), record)| {
        let [hash @ .., b0, b1, b2, b3, b4, b5, b6, b7] = *record;
        let place = place.ok_or(Damage::Malformed)?;
        let blocks = u64::from_le_bytes([b0, b1, b2, b3, b4, b5, b6, b7]);
        // So many in each child of a node can be added up.
        if blocks > u64::from(TREE_BLOCKS_MAX) {
            return Err(Damage::Malformed);
        }
        Ok(Child { slot: *slot, place, hash: LogicalHash(hash), blocks })
    });
    children.collect()
}

fn name(number: u16, keys: &DomainKeys) -> NodeName {
    NodeName { level: 1, number: u32::from(number), domain: keys.domain() }
}
