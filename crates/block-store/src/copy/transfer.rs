//! Bringing the blocks of one leaf to the destination.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ebs::{BlockDigest, SegmentId, SessionId, SnapshotId};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::checked_source::{CheckedSource, WantedBlock};
use super::{SourceBlock, known_block};
use crate::block_index::{IndexedBlock, seal_key};
use crate::domain_keys::{BlockIdentity, BlockKey};
use crate::limits::{READ_BYTES_MAX, READ_GAP_BYTES_MAX, SEALED_BYTES_MAX};
use crate::node::{Content, Leaf, LeafEntry, index_at};
use crate::segment::{Origin, SLOT_HEADER_BYTES, Slot};
use crate::segment_writer::SegmentWriter;
use crate::store::Shared;
use crate::{DomainKeys, MemoryPermit, SealedBlock, StoreError};

/// Most sealed bytes that are read of the source together. With what is read between them a group fills no more memory
/// than an eighth of the budget, which clients leave to jobs, unless that is made small.
const GROUP_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Groups of blocks that are read ahead of the one that is being written.
const GROUPS_AHEAD: usize = 2;
/// What comes with each sealed block: leaf and slot, digest, key, codec, nonce and length.
const BLOCK_FACTS_BYTES: u64 = 4 + 2 + 32 + 32 + 1 + 12 + 4;

/// The blocks of a copy on their way.
pub(super) struct Transfer<'a> {
    shared: &'a Arc<Shared>,
    keys: &'a Arc<DomainKeys>,
    session: SessionId,
    snapshot: SnapshotId,
    source: &'a CheckedSource<'a>,
    pinned: HashSet<SegmentId>,
    bytes_moved: u64,
    blocks_moved: u64,
}

/// A block that must be moved.
struct Missing {
    slot: u16,
    digest: BlockDigest,
    key: BlockKey,
    sealed_len: u32,
}

/// Blocks that are read of the source together.
struct Wanted {
    blocks: Vec<WantedBlock>,
    bytes: u64,
}

impl Wanted {
    /// Memory for these blocks while they are read: neighbours are read as one piece, of which each then gets a copy of
    /// its own, and there is one piece at a time.
    fn memory_bytes(&self) -> u64 {
        let beside = SLOT_HEADER_BYTES as u64 + READ_GAP_BYTES_MAX;
        let longest_piece = self.bytes + self.blocks.len() as u64 * beside;
        self.bytes + longest_piece.min(READ_BYTES_MAX)
    }
}

/// Blocks that have been read of the source, and the memory they fill.
struct Group {
    blocks: Vec<(u16, SealedBlock)>,
    _memory: MemoryPermit,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        keys: &'a Arc<DomainKeys>,
        session: SessionId,
        snapshot: SnapshotId,
        source: &'a CheckedSource<'a>,
    ) -> Self {
        let pinned = HashSet::new();
        Self { shared, keys, session, snapshot, source, pinned, bytes_moved: 0, blocks_moved: 0 }
    }

    /// Bytes that came from the source so far.
    pub(super) fn bytes_moved(&self) -> u64 {
        self.bytes_moved
    }

    /// Blocks that came from the source so far.
    pub(super) fn blocks_moved(&self) -> u64 {
        self.blocks_moved
    }

    /// The destination's leaf that equals the source's. `below` is the base's leaf; `blocks` says how many blocks the
    /// source has here, and none of them is asked for if there are none.
    pub(super) async fn leaf(
        &mut self,
        number: u32,
        blocks: u64,
        below: Option<&Leaf>,
        writer: &mut SegmentWriter,
    ) -> Result<Leaf, StoreError> {
        if blocks == 0 {
            return Ok(Leaf::default());
        }
        let wanted = self.source.leaf(number, blocks).await?;
        let mut entries = BTreeMap::new();
        let mut missing = Vec::new();
        for SourceBlock { slot, digest, sealed } in wanted.blocks {
            let content = match sealed {
                None => Some(Content::Zeros),
                Some((key, sealed_len)) => {
                    let here = self.content_here(slot, &digest, below).await?;
                    if here.is_none() {
                        missing.push(Missing { slot, digest, key, sealed_len });
                    }
                    here
                }
            };
            entries.extend(content.map(|content| (slot, LeafEntry { slot, digest, content })));
        }
        self.fetch(number, missing, writer, &mut entries).await?;
        Ok(Leaf { entries: entries.into_values().collect() })
    }

    /// Where the destination has this content already: at the same place of the base, or anywhere in the domain.
    async fn content_here(
        &mut self,
        slot: u16,
        digest: &BlockDigest,
        below: Option<&Leaf>,
    ) -> Result<Option<Content>, StoreError> {
        let same_place = below.and_then(|leaf| leaf.entry(slot)).filter(|entry| entry.digest == *digest);
        if let Some(entry) = same_place {
            return Ok(Some(entry.content.clone()));
        }
        let identity = self.keys.block_identity(digest);
        let Some(known) = known_block(self.shared, self.keys, &identity, digest) else { return Ok(None) };
        let segment = known.place.segment;
        let held = segment.session == self.session || self.pinned.contains(&segment);
        if !held && !self.shared.ledger.pin(self.session, segment).await? {
            return Ok(None);
        }
        self.pinned.insert(segment);
        Ok(Some(Content::Sealed { place: known.place, key: known.key }))
    }

    /// Moves what is missing. Groups are read ahead within the memory budget, which copies share in turn.
    async fn fetch(
        &mut self,
        number: u32,
        missing: Vec<Missing>,
        writer: &mut SegmentWriter,
        entries: &mut BTreeMap<u16, LeafEntry>,
    ) -> Result<(), StoreError> {
        let (source, budget) = (self.source, self.shared.memory.clone());
        let groups = stream::iter(groups(&missing)).map(|wanted| {
            let budget = budget.clone();
            async move {
                let mut memory = budget.take(wanted.memory_bytes()).await;
                let blocks = source.blocks(number, &wanted.blocks).await?;
                memory.shrink(wanted.bytes);
                Ok::<_, StoreError>(Group { blocks, _memory: memory })
            }
        });
        let mut groups = groups.buffered(GROUPS_AHEAD);
        let mut rest = missing.iter();
        while let Some(group) = groups.try_next().await? {
            // Groups come in their order, and the blocks of each in the order of their slots, as `missing` has them.
            let moved =
                group.blocks.into_iter().zip(rest.by_ref()).map(|((_, block), wanted)| (wanted, block));
            self.append(number, moved.collect(), writer, entries).await?;
        }
        Ok(())
    }

    async fn append(
        &mut self,
        number: u32,
        moved: Vec<(&Missing, SealedBlock)>,
        writer: &mut SegmentWriter,
        entries: &mut BTreeMap<u16, LeafEntry>,
    ) -> Result<(), StoreError> {
        let mut slots = Vec::with_capacity(moved.len());
        let mut identities = Vec::with_capacity(moved.len());
        for (wanted, block) in &moved {
            self.bytes_moved += block.bytes.len() as u64 + BLOCK_FACTS_BYTES;
            self.blocks_moved += 1;
            let identity = self.keys.block_identity(&wanted.digest);
            let origin = Origin {
                snapshot: self.snapshot,
                index: index_at(number, wanted.slot),
                write_sequence: 0,
                digest: wanted.digest,
                key: wanted.key.clone(),
                elsewhere: None,
            };
            let origin = origin.seal(self.keys, &*self.shared.randomness)?;
            slots.push(Slot::of_foreign_block(block.clone(), &identity, origin));
            identities.push(identity);
        }
        let places = writer.append(slots).await?;
        let mut indexed = Vec::with_capacity(places.len());
        for (((wanted, _), identity), place) in moved.iter().zip(identities).zip(places) {
            let sealed_key = Some(seal_key(self.keys, &identity, &wanted.key, &*self.shared.randomness)?);
            indexed.push((identity, IndexedBlock { place, sealed_key }));
            let content = Content::Sealed { place, key: wanted.key.clone() };
            entries.insert(wanted.slot, LeafEntry { slot: wanted.slot, digest: wanted.digest, content });
        }
        self.enter_into_index(indexed).await
    }

    async fn enter_into_index(&self, blocks: Vec<(BlockIdentity, IndexedBlock)>) -> Result<(), StoreError> {
        let (index, domain) = (self.shared.index.clone(), self.keys.domain());
        self.shared.compute(move || index.insert(domain, &blocks)).await
    }
}

/// Blocks in groups of at most [`GROUP_BYTES_MAX`] sealed bytes, in their order.
fn groups(missing: &[Missing]) -> Vec<Wanted> {
    let mut groups = Vec::<Wanted>::new();
    for block in missing {
        let (bytes, wanted) =
            (u64::from(block.sealed_len), WantedBlock { slot: block.slot, sealed_len: block.sealed_len });
        match groups.last_mut() {
            Some(group) if group.bytes + bytes <= GROUP_BYTES_MAX => {
                group.blocks.push(wanted);
                group.bytes += bytes;
            }
            _ => groups.push(Wanted { blocks: vec![wanted], bytes }),
        }
    }
    groups
}

const _: () = assert!(GROUP_BYTES_MAX > SEALED_BYTES_MAX as u64);

#[cfg(test)]
mod tests {
    use ebs::BlockDigest;

    use super::{GROUP_BYTES_MAX, Missing, groups};
    use crate::domain_keys::BlockKey;
    use crate::limits::{READ_BYTES_MAX, SEALED_BYTES_MAX};

    fn missing(count: u16, sealed_len: usize) -> Vec<Missing> {
        let of_slot = |slot| Missing {
            slot,
            digest: BlockDigest([1; 32]),
            key: BlockKey([2; 32]),
            sealed_len: sealed_len as u32,
        };
        (0..count).map(of_slot).collect()
    }

    #[test]
    fn a_group_is_counted_with_the_piece_that_it_is_read_as() {
        let long = groups(&missing(512, SEALED_BYTES_MAX));
        assert!(long.iter().all(|group| group.bytes <= GROUP_BYTES_MAX));
        assert!(
            long.iter().all(|group| group.memory_bytes() >= 2 * group.bytes),
            "as a piece and block by block"
        );
        let [short] = &groups(&missing(512, 1024))[..] else { panic!("half a megabyte is one group") };
        assert_eq!(
            short.memory_bytes(),
            short.bytes + READ_BYTES_MAX,
            "far from each other they are a long piece"
        );
        let [one] = &groups(&missing(1, 1024))[..] else { panic!("one block is one group") };
        assert!(one.memory_bytes() < 1 << 20, "one block does not ask for more than is read for it");
    }
}
