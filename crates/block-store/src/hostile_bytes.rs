//! Stored bytes that are not what was written: whatever they are, they are the right error, never a panic, and never
//! make anything be read or held that is longer than its kind can be.
//!
//! Mutants whose checksums were made right again show what stands behind the checksums; mutants that were sealed
//! under the right keys show what stands behind the seal.

use bytes::Bytes;
use ebs::{BlockDigest, BlockIndex, DomainId, Incarnation, SegmentId, SessionId};

use crate::limits::{SEALED_BYTES_MAX, SEGMENT_SLOTS_MAX, TREE_BLOCKS_MAX};
use crate::node::{Branch, Child, Content, Leaf, LeafEntry, LogicalHash, Root};
use crate::segment::{
    OpenSegment, Origin, Place, SEGMENT_HEADER_BYTES, SLOT_HEADER_BYTES, SegmentHeader, Slot, SlotHeader,
    SlotKind, read_footer, read_slot, read_slots, slots_of_interrupted,
};
use crate::test_mutation::{flipped, mutants, renumbered, truncated, with_crc};
use crate::test_objects::RangeBound;
use crate::test_randomness::Seeded;
use crate::test_store::{size, snapshot_id};
use crate::{Damage, DomainKeys, Memory, ObjectName, ObjectStore, RootRef, StoreError};

const ID: SegmentId = SegmentId { incarnation: Incarnation([3; 16]), session: SessionId(4), sequence: 5 };
const FOOTER_ENTRY_BYTES: usize = 8 + SLOT_HEADER_BYTES;
const TRAILER_BYTES: usize = 48;

fn keys() -> DomainKeys {
    DomainKeys::derive(DomainId(1), &[1; 32])
}

fn place(offset: u32, sealed_len: u32) -> Place {
    Place { segment: ID, offset, sealed_len }
}

fn origin(index: u32, elsewhere: Option<Place>) -> Origin {
    let digest = BlockDigest([5; 32]);
    let key = keys().block_key(&digest);
    Origin { snapshot: snapshot_id(1), index: BlockIndex(index), write_sequence: 9, key, digest, elsewhere }
}

/// Slots of every kind.
fn slots() -> Vec<Slot> {
    let sealed = |index, elsewhere| origin(index, elsewhere).seal(&keys(), &Seeded::new(7)).expect("seals");
    vec![
        Slot::of_upload(SlotKind::Zero, sealed(1, None)),
        Slot::of_node(SlotKind::Leaf, [9; 12], Bytes::from(vec![7; 500])),
        Slot::of_upload(SlotKind::Reference, sealed(2, Some(place(64, 100)))),
        Slot::of_node(SlotKind::Branch, [8; 12], Bytes::from(vec![6; 33])),
    ]
}

/// A whole segment, and the same before its footer was written.
fn segment(folder: &std::path::Path) -> (Vec<u8>, Vec<u8>) {
    let mut segment = OpenSegment::create(folder, ID, DomainId(1)).expect("creates");
    for slot in slots() {
        segment.append(&slot).expect("appends");
    }
    let path = folder.join(OpenSegment::staged_name(ID));
    let open = std::fs::read(&path).expect("reads");
    segment.finish().expect("finishes");
    (std::fs::read(&path).expect("reads"), open)
}

fn leaf() -> Leaf {
    let entry = |slot: u16| {
        let digest = BlockDigest([slot as u8; 32]);
        let content =
            Content::Sealed { place: place(64 + u32::from(slot) * 16, 100), key: keys().block_key(&digest) };
        LeafEntry { slot, digest, content }
    };
    let zeros = LeafEntry { slot: 4, digest: BlockDigest::ZERO_BLOCK, content: Content::Zeros };
    Leaf { entries: vec![entry(0), entry(3), zeros, entry(511)] }
}

fn children(blocks: u64) -> Vec<Child> {
    let child =
        |slot: u16| Child { slot, place: place(64, 200), hash: LogicalHash([slot as u8; 32]), blocks };
    vec![child(0), child(7), child(511)]
}

fn is_legal(header: &SlotHeader) -> bool {
    header.sealed_len as usize <= SEALED_BYTES_MAX
}

#[test]
fn headers_of_slots_and_segments_are_what_was_written_or_an_error() {
    for slot in slots() {
        let bytes = slot.header.encode();
        for mutant in mutants(&bytes, &slots()[0].header.encode()) {
            let Ok(mutant) = <[u8; SLOT_HEADER_BYTES]>::try_from(mutant) else { continue };
            assert!(SlotHeader::decode(&mutant).is_err(), "{mutant:?}");
            let repaired = with_crc(mutant.to_vec()).try_into().expect("as long as before");
            match SlotHeader::decode(&repaired) {
                Ok(header) => assert!(is_legal(&header), "{header:?}"),
                Err(error) => {
                    assert!(matches!(error, Damage::Malformed | Damage::UnknownVersion | Damage::Checksum))
                }
            }
        }
    }
    let bytes = SegmentHeader { id: ID, domain: DomainId(1) }.encode();
    for mutant in mutants(&bytes, &bytes) {
        let Ok(mutant) = <[u8; SEGMENT_HEADER_BYTES]>::try_from(mutant) else { continue };
        assert!(SegmentHeader::decode(&mutant).is_err(), "{mutant:?}");
    }
}

/// A segment whose footer and trailer are `footer`, with all sums made right: only what they say is wrong.
fn with_footer(slots: &[u8], footer: &[u8], footer_at: u32, count: u32) -> Vec<u8> {
    let mut trailer = blake3::hash(footer).as_bytes().to_vec();
    trailer.extend_from_slice(&footer_at.to_le_bytes());
    trailer.extend_from_slice(&count.to_le_bytes());
    trailer.extend_from_slice(b"EBSE\0\0\0\0");
    [slots, footer, &with_crc(trailer)].concat()
}

/// What the footer of a segment object says. Nothing of it may be read that is longer than a footer can be.
async fn footer_of(object: Vec<u8>) -> Result<Vec<(Place, SlotHeader)>, StoreError> {
    let objects = RangeBound::new(Memory::default(), (SEGMENT_SLOTS_MAX * FOOTER_ENTRY_BYTES) as u64);
    objects.put(&ObjectName::segment(ID), object.into()).await.expect("keeps it");
    let slots = read_footer(&objects, ID).await?;
    // Whatever is said to lie somewhere is a slot there or an error.
    for (place, header) in &slots {
        assert!(place.is_legal() && is_legal(header), "{place:?}");
        match read_slot(&objects, *place).await {
            Ok(slot) => assert_eq!(slot.sealed.len(), place.sealed_len as usize),
            Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}"),
        }
    }
    Ok(slots)
}

#[tokio::test]
async fn a_segments_footer_is_what_was_written_or_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, open) = segment(folder.path());
    let written = footer_of(whole.clone()).await.expect("is read");
    assert_eq!(written.len(), slots().len());
    let footer_and_trailer = &whole[open.len()..];
    for mutant in flipped(footer_and_trailer).chain(renumbered(footer_and_trailer)) {
        let is_same = mutant == footer_and_trailer;
        match footer_of([&open, &mutant[..]].concat()).await {
            Ok(slots) => assert!(is_same && slots == written),
            Err(error) => assert!(!is_same && matches!(error, StoreError::Damaged { .. }), "{error:?}"),
        }
    }
    for mutant in truncated(&whole) {
        let read = footer_of(mutant).await;
        assert!(matches!(read, Err(StoreError::Damaged { .. })), "{read:?}");
    }
}

#[tokio::test]
async fn a_footer_that_lies_with_right_sums_names_no_slot_outside_its_segment() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, open) = segment(folder.path());
    let footer = &whole[open.len()..whole.len() - TRAILER_BYTES];
    let (at, count) = (open.len() as u32, slots().len() as u32);
    assert_eq!(with_footer(&open, footer, at, count), whole, "the sums are those of the format");
    let numbers = [0, 1, at - 1, at, at + 1, i32::MAX as u32, u32::MAX];
    for (footer_at, count) in numbers.into_iter().flat_map(|at| numbers.map(|count| (at, count))) {
        let read = footer_of(with_footer(&open, footer, footer_at, count)).await;
        assert!(matches!(read, Err(StoreError::Damaged { .. })), "{footer_at} {count}: {read:?}");
    }
    let mut refused = 0;
    for entry in 0..slots().len() {
        for offset in [0, 63, 65, 1 << 20, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            let mut footer = footer.to_vec();
            footer[entry * FOOTER_ENTRY_BYTES..][..8].copy_from_slice(&offset.to_le_bytes());
            let read = footer_of(with_footer(&open, &footer, at, count)).await;
            if offset != 65 {
                assert!(matches!(read, Err(StoreError::Damaged { .. })), "{entry} at {offset}: {read:?}");
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 6 * slots().len());
    for mutant in mutants(footer, &open).filter(|mutant| mutant.len() == footer.len()) {
        let repaired = mutant
            .chunks(FOOTER_ENTRY_BYTES)
            .map(|entry| [&entry[..8], &with_crc(entry[8..].to_vec())].concat());
        let repaired = repaired.collect::<Vec<_>>().concat();
        if let Err(error) = footer_of(with_footer(&open, &repaired, at, count)).await {
            assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn places_that_no_slot_can_have_are_not_read() {
    // An object of any length is there, and a reader that believed the place would ask for all of it.
    let objects = RangeBound::new(Memory::default(), 0);
    objects.put(&ObjectName::segment(ID), vec![0; 4096].into()).await.expect("keeps it");
    for (offset, sealed_len) in
        [(64, u32::MAX), (64, SEALED_BYTES_MAX as u32 + 1), (u32::MAX, 0), (1 << 30, 1)]
    {
        for read in [
            read_slot(&objects, place(offset, sealed_len)).await.map(drop),
            read_slots(&objects, vec![place(offset, sealed_len)]).await.map(drop),
        ] {
            let malformed = matches!(read, Err(StoreError::Damaged { damage: Damage::Malformed, .. }));
            assert!(malformed, "{offset} {sealed_len}: {read:?}");
        }
    }
}

#[test]
fn an_open_segment_gives_back_whole_slots_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, open) = segment(folder.path());
    let path = folder.path().join("mutant");
    let written = slots().into_iter().map(|slot| slot.header).collect::<Vec<_>>();
    for mutant in mutants(&open, &whole) {
        std::fs::write(&path, &mutant).expect("writes");
        let found = match slots_of_interrupted(&path, ID) {
            Ok(found) => found,
            Err(error) => {
                let later = matches!(error, StoreError::Damaged { damage: Damage::UnknownVersion, .. });
                assert!(later, "{error:?}");
                continue;
            }
        };
        for (offset, header) in &found.slots {
            assert!(written.contains(header), "a slot that nobody wrote, at {offset}");
            assert!(place(*offset as u32, header.sealed_len).range().end <= mutant.len() as u64);
        }
    }
}

#[test]
fn nodes_that_were_changed_do_not_open() {
    let keys = keys();
    let seeded = Seeded::new(7);
    let encoded = leaf().encode(3, &keys, &seeded).expect("encodes");
    assert_eq!(Leaf::decode(3, &encoded, &keys), Ok(leaf()));
    let branch = Branch { children: children(5) }.encode(3, &keys, &seeded).expect("encodes");
    for mutant in mutants(&encoded.sealed, &branch.sealed) {
        let slot = Slot { sealed: mutant.into(), ..encoded.clone() };
        assert!(Leaf::decode(3, &slot, &keys).is_err());
        assert!(Branch::decode(3, &slot, &keys).is_err());
    }
    for mutant in mutants(&branch.sealed, &encoded.sealed) {
        let slot = Slot { sealed: mutant.into(), ..branch.clone() };
        assert!(Branch::decode(3, &slot, &keys).is_err());
    }
}

#[test]
fn counts_that_cannot_be_added_up_are_damage_also_under_the_right_keys() {
    let (keys, seeded) = (keys(), Seeded::new(7));
    let most = u64::from(TREE_BLOCKS_MAX);
    for (blocks, is_legal) in [(1, true), (most, true), (most + 1, false), (u64::MAX, false)] {
        let branch = Branch { children: children(blocks) };
        let encoded = branch.encode(3, &keys, &seeded).expect("encodes");
        let decoded = Branch::decode(3, &encoded, &keys);
        assert_eq!(decoded, if is_legal { Ok(branch) } else { Err(Damage::Malformed) });
    }
    let root = Root { volume_size: size(), children: children(u64::MAX)[..1].to_vec() };
    let (object, reference) = root_object(&root);
    assert_eq!(Root::decode(&object, &reference, &keys), Err(Damage::Malformed));
}

fn root_object(root: &Root) -> (Vec<u8>, RootRef) {
    let object = root.encode(snapshot_id(1), &keys(), &Seeded::new(7)).expect("encodes").to_vec();
    let reference = RootRef {
        incarnation: ID.incarnation,
        session: ID.session,
        snapshot: snapshot_id(1),
        domain: DomainId(1),
        object_hash: *blake3::hash(&object).as_bytes(),
    };
    (object, reference)
}

#[test]
fn roots_that_were_changed_do_not_open_also_if_their_row_agrees() {
    let root = Root { volume_size: size(), children: children(5) };
    let (object, reference) = root_object(&root);
    assert_eq!(Root::decode(&object, &reference, &keys()), Ok(root));
    for mutant in mutants(&object, &object) {
        assert!(Root::decode(&mutant, &reference, &keys()).is_err());
        // The header's sum stands in the midst of the object.
        let repaired = match mutant.split_at_checked(48) {
            Some((header, node)) => [&with_crc(header.to_vec()), node].concat(),
            None => mutant,
        };
        if repaired != object {
            let agreeing = RootRef { object_hash: *blake3::hash(&repaired).as_bytes(), ..reference };
            assert!(Root::decode(&repaired, &agreeing, &keys()).is_err());
        }
    }
}

#[test]
fn references_to_roots_are_read_whole_or_not_at_all() {
    let (_, reference) = root_object(&Root { volume_size: size(), children: children(5) });
    let bytes = reference.to_bytes();
    for mutant in mutants(&bytes, &bytes) {
        if let Some(read) = RootRef::from_bytes(&mutant) {
            assert_eq!(read.to_bytes(), mutant);
        }
    }
}

#[test]
fn origins_name_blocks_of_the_tree_and_places_of_segments_or_are_damage() {
    let (keys, seeded) = (keys(), Seeded::new(7));
    let opened = |origin: &Origin| origin.seal(&keys, &seeded).expect("seals").open(&keys);
    for index in [0, TREE_BLOCKS_MAX - 1] {
        assert_eq!(opened(&origin(index, None)), Ok(origin(index, None)));
    }
    for wrong in [
        origin(TREE_BLOCKS_MAX, None),
        origin(u32::MAX, None),
        origin(0, Some(place(64, u32::MAX))),
        origin(0, Some(place(u32::MAX, 100))),
    ] {
        assert_eq!(opened(&wrong), Err(Damage::Malformed));
    }
}
