//! The encoding that all nodes share.

use aws_lc_rs::aead::NONCE_LEN;
use bytes::Bytes;
use ebs::{DomainId, Randomness, SegmentId};
use zeroize::Zeroizing;

use crate::bytes_io::Fields;
use crate::limits::NODE_FANOUT;
use crate::segment::Place;
use crate::{Damage, DomainKeys, StoreError};

const MAGIC: [u8; 4] = *b"EBND";
const VERSION: u8 = 1;
const FLAG_ZEROS: u16 = 1;
const BITMAP_BYTES: usize = NODE_FANOUT / 8;

/// What a node is, and of which domain: part of the clear bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeName {
    pub(super) level: u8,
    pub(super) number: u32,
    pub(super) domain: DomainId,
}

/// A child as the clear part shows it: its slot, and where it lies unless it is a block of zeros.
pub(super) type ClearChild = (u16, Option<Place>);

/// A node, decoded: its children in ascending order, and the sealed records opened.
pub(super) struct NodeTable {
    pub(super) children: Vec<ClearChild>,
    pub(super) records: Zeroizing<Vec<u8>>,
}

/// Encodes a node: `bound` is bound to it beside its own clear part.
pub(super) fn encode(
    name: NodeName,
    children: &[ClearChild],
    mut records: Zeroizing<Vec<u8>>,
    bound: &[u8],
    keys: &DomainKeys,
    randomness: &dyn Randomness,
) -> Result<([u8; NONCE_LEN], Bytes), StoreError> {
    let clear = encode_clear(name, children);
    let nonce = keys.seal_metadata(&mut records, &[bound, &clear].concat(), randomness)?;
    let mut bytes = Vec::with_capacity(4 + clear.len() + records.len());
    bytes.extend_from_slice(&(clear.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&clear);
    bytes.extend_from_slice(&records);
    Ok((nonce, bytes.into()))
}

/// Decodes what [`encode`] wrote under this name.
///
/// # Errors
/// [`Damage`] if it is another node, or was not sealed under these keys with `bound`.
pub(super) fn decode(
    name: NodeName,
    node: &[u8],
    nonce: [u8; NONCE_LEN],
    bound: &[u8],
    keys: &DomainKeys,
) -> Result<NodeTable, Damage> {
    let mut fields = Fields(node);
    let clear = fields.u32().and_then(|length| fields.slice(length as usize)).ok_or(Damage::Truncated)?;
    let children = decode_clear(name, clear)?;
    let mut records = Zeroizing::new(fields.0.to_vec());
    let plain =
        keys.open_metadata(nonce, &mut records, &[bound, clear].concat()).ok_or(Damage::DoesNotOpen)?.len();
    records.truncate(plain);
    Ok(NodeTable { children, records })
}

fn encode_clear(name: NodeName, children: &[ClearChild]) -> Vec<u8> {
    let mut segments = Vec::<SegmentId>::new();
    let mut bitmap = [0u8; BITMAP_BYTES];
    let mut table = Vec::with_capacity(children.len() * 12);
    for (slot, place) in children {
        bitmap[usize::from(slot / 8)] |= 1 << (slot % 8);
        let (segment, flags, offset, sealed_len) = match place {
            None => (0, FLAG_ZEROS, 0, 0),
            Some(place) => (number_of(&mut segments, place.segment), 0, place.offset, place.sealed_len),
        };
        table.extend_from_slice(&segment.to_le_bytes());
        table.extend_from_slice(&flags.to_le_bytes());
        table.extend_from_slice(&offset.to_le_bytes());
        table.extend_from_slice(&sealed_len.to_le_bytes());
    }
    let mut clear = Vec::with_capacity(24 + segments.len() * SegmentId::BYTES + BITMAP_BYTES + table.len());
    clear.extend_from_slice(&MAGIC);
    clear.extend_from_slice(&[VERSION, name.level, 0, 0]);
    clear.extend_from_slice(&name.number.to_le_bytes());
    clear.extend_from_slice(&(children.len() as u16).to_le_bytes());
    clear.extend_from_slice(&(segments.len() as u16).to_le_bytes());
    clear.extend_from_slice(&name.domain.0.to_le_bytes());
    segments.iter().for_each(|segment| clear.extend_from_slice(&segment.to_bytes()));
    clear.extend_from_slice(&bitmap);
    clear.extend_from_slice(&table);
    clear
}

/// The number of a segment in a node's table, which has at most one segment a child.
fn number_of(segments: &mut Vec<SegmentId>, segment: SegmentId) -> u16 {
    // Children written together lie in the same segment, so the search nearly always ends at the last one.
    let known = segments.iter().rposition(|known| *known == segment);
    known.unwrap_or_else(|| {
        segments.push(segment);
        segments.len() - 1
    }) as u16
}

fn decode_clear(name: NodeName, clear: &[u8]) -> Result<Vec<ClearChild>, Damage> {
    let mut fields = Fields(clear);
    if fields.array() != Some(MAGIC) {
        return Err(Damage::Malformed);
    }
    if fields.u8() != Some(VERSION) {
        return Err(Damage::UnknownVersion);
    }
    decode_children(name, fields).ok_or(Damage::Malformed)
}

fn decode_children(name: NodeName, mut fields: Fields<'_>) -> Option<Vec<ClearChild>> {
    let level = fields.u8()?;
    fields.slice(2)?;
    let number = fields.u32()?;
    let children = usize::from(fields.u16()?);
    let segments = usize::from(fields.u16()?);
    let domain = DomainId(fields.u64()?);
    if (NodeName { level, number, domain }) != name || children > NODE_FANOUT || segments > children {
        return None;
    }
    let segments = fields.slice(segments * SegmentId::BYTES)?.as_chunks::<{ SegmentId::BYTES }>().0;
    let bitmap = fields.slice(BITMAP_BYTES)?;
    let slots = (0..NODE_FANOUT as u16).filter(|slot| bitmap[usize::from(slot / 8)] & (1 << (slot % 8)) != 0);
    let mut decoded = Vec::with_capacity(children);
    for slot in slots {
        let (segment, flags, offset, sealed_len) =
            (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let place = match flags {
            0 => {
                let segment = SegmentId::from_bytes(*segments.get(usize::from(segment))?);
                Some(Some(Place { segment, offset, sealed_len }).filter(|place| place.is_legal())?)
            }
            FLAG_ZEROS => None,
            _ => return None,
        };
        decoded.push((slot, place));
    }
    (decoded.len() == children && fields.0.is_empty()).then_some(decoded)
}
