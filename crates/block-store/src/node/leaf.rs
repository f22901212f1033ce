//! Leaves: 512 blocks, 256 MiB of a volume.

use aws_lc_rs::aead::NONCE_LEN;
use bytes::Bytes;
use ebs::{BlockDigest, Randomness};
use zeroize::Zeroizing;

use super::LogicalHash;
use super::table::{self, NodeName};
use crate::domain_keys::BlockKey;
use crate::segment::{Place, Slot, SlotKind};
use crate::{Damage, DomainKeys, StoreError};

const RECORD_BYTES: usize = 64;

/// The present blocks of a stretch of 512, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) entries: Vec<LeafEntry>,
}

/// A present block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeafEntry {
    pub(crate) slot: u16,
    pub(crate) digest: BlockDigest,
    pub(crate) content: Content,
}

/// Where a block's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nowhere: it is all zeros.
    Zeros,
    /// Sealed at a place, under the key of the content.
    Sealed { place: Place, key: BlockKey },
}

impl Leaf {
    pub(crate) fn logical_hash(&self) -> LogicalHash {
        LogicalHash::of_leaf(self.entries.iter().map(|entry| (entry.slot, &entry.digest)))
    }

    pub(crate) fn entry(&self, slot: u16) -> Option<&LeafEntry> {
        self.entries.binary_search_by_key(&slot, |entry| entry.slot).ok().map(|at| &self.entries[at])
    }

    /// The slot to write for this leaf.
    pub(crate) fn encode(
        &self,
        number: u32,
        keys: &DomainKeys,
        randomness: &dyn Randomness,
    ) -> Result<Slot, StoreError> {
        let mut records = Zeroizing::new(Vec::with_capacity(self.entries.len() * RECORD_BYTES + 16));
        let mut children = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            records.extend_from_slice(&entry.digest.0);
            match &entry.content {
                Content::Zeros => records.extend_from_slice(&[0; 32]),
                Content::Sealed { key, .. } => records.extend_from_slice(&key.0),
            }
            children.push((entry.slot, entry.content.place()));
        }
        let (nonce, bytes) = table::encode(name(number, keys), &children, records, &[], keys, randomness)?;
        Ok(Slot::of_node(SlotKind::Leaf, nonce, bytes))
    }

    /// The leaf in `slot`.
    ///
    /// # Errors
    /// [`Damage`] if it is not leaf `number` of these keys' domain.
    pub(crate) fn decode(number: u32, slot: &Slot, keys: &DomainKeys) -> Result<Self, Damage> {
        if slot.header.kind != SlotKind::Leaf {
            return Err(Damage::Malformed);
        }
        Self::decode_bytes(number, &slot.sealed, slot.header.nonce, keys)
    }

    fn decode_bytes(
        number: u32,
        node: &Bytes,
        nonce: [u8; NONCE_LEN],
        keys: &DomainKeys,
    ) -> Result<Self, Damage> {
        let node = table::decode(name(number, keys), node, nonce, &[], keys)?;
        let (records, rest) = node.records.as_chunks::<RECORD_BYTES>();
        if records.len() != node.children.len() || !rest.is_empty() {
            return Err(Damage::Malformed);
        }
        let entries = node.children.iter().zip(records).map(|((slot, place), record)| {
            let (mut digest, mut key) = ([0; 32], BlockKey([0; 32]));
            digest.copy_from_slice(&record[..32]);
            key.0.copy_from_slice(&record[32..]);
            let digest = BlockDigest(digest);
            let content = match place {
                Some(place) => Content::Sealed { place: *place, key },
                None if digest == BlockDigest::ZERO_BLOCK => Content::Zeros,
                None => return Err(Damage::Malformed),
            };
            Ok(LeafEntry { slot: *slot, digest, content })
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl Content {
    pub(crate) fn place(&self) -> Option<Place> {
        match self {
            Self::Zeros => None,
            Self::Sealed { place, .. } => Some(*place),
        }
    }
}

fn name(number: u32, keys: &DomainKeys) -> NodeName {
    NodeName { level: 0, number, domain: keys.domain() }
}
