//! The header and the footer of a segment.

use ebs::{DomainId, SegmentId};

use super::{
    FOOTER_ENTRY_BYTES, Place, SEGMENT_HEADER_BYTES, SEGMENT_MAGIC, SlotHeader, TRAILER_BYTES, TRAILER_MAGIC,
    VERSION,
};
use crate::bytes_io::{Fields, crc32c};
use crate::limits::SEGMENT_SLOTS_MAX;
use crate::object_store::{ObjectName, ObjectStore};
use crate::{Damage, StoreError};

/// The first bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) id: SegmentId,
    pub(crate) domain: DomainId,
}

impl SegmentHeader {
    pub(crate) fn encode(self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut header = [0; SEGMENT_HEADER_BYTES];
        header[..4].copy_from_slice(&SEGMENT_MAGIC);
        header[4..6].copy_from_slice(&VERSION.to_le_bytes());
        header[8..36].copy_from_slice(&self.id.to_bytes());
        header[36..44].copy_from_slice(&self.domain.0.to_le_bytes());
        let crc = crc32c(&header[..60]);
        header[60..].copy_from_slice(&crc.to_le_bytes());
        header
    }

    /// # Errors
    /// [`Damage`] if `bytes` is not a header that [`SegmentHeader::encode`] wrote.
    pub(crate) fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Result<Self, Damage> {
        if bytes[..4] != SEGMENT_MAGIC || bytes[60..] != crc32c(&bytes[..60]).to_le_bytes() {
            return Err(Damage::Checksum);
        }
        if bytes[4..6] != VERSION.to_le_bytes() {
            return Err(Damage::UnknownVersion);
        }
        let mut fields = Fields(&bytes[8..60]);
        let decoded = (|| Some((fields.array()?, fields.u64()?)))();
        let (id, domain) = decoded.ok_or(Damage::Malformed)?;
        Ok(Self { id: SegmentId::from_bytes(id), domain: DomainId(domain) })
    }
}

/// Footer and trailer of a segment whose slots end at `end`.
pub(super) fn encode(end: u64, slots: &[(u64, SlotHeader)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(slots.len() * FOOTER_ENTRY_BYTES + TRAILER_BYTES);
    for (offset, header) in slots {
        bytes.extend_from_slice(&offset.to_le_bytes());
        bytes.extend_from_slice(&header.encode());
    }
    let mut trailer = [0; TRAILER_BYTES];
    trailer[..32].copy_from_slice(blake3::hash(&bytes).as_bytes());
    trailer[32..36].copy_from_slice(&(end as u32).to_le_bytes());
    trailer[36..40].copy_from_slice(&(slots.len() as u32).to_le_bytes());
    trailer[40..44].copy_from_slice(&TRAILER_MAGIC);
    let crc = crc32c(&trailer[..44]);
    trailer[44..].copy_from_slice(&crc.to_le_bytes());
    bytes.extend_from_slice(&trailer);
    bytes
}

/// The slots of a whole segment, in the order in which they were written.
///
/// # Errors
/// [`StoreError::Damaged`] if the footer is not the one that was written.
pub(crate) async fn read_footer(
    objects: &dyn ObjectStore,
    id: SegmentId,
) -> Result<Vec<(Place, SlotHeader)>, StoreError> {
    let name = ObjectName::segment(id);
    let damaged = StoreError::in_object(&name);
    let length = objects.length(&name).await?;
    let trailer_at = length.checked_sub(TRAILER_BYTES as u64).ok_or_else(|| damaged(Damage::Truncated))?;
    let trailer = objects.get(&name, trailer_at..length).await?;
    let (hash, footer_at, count) = decode_trailer(&trailer).map_err(&damaged)?;
    let footer_bytes = count * FOOTER_ENTRY_BYTES as u64;
    if count > SEGMENT_SLOTS_MAX as u64 || footer_at + footer_bytes != trailer_at {
        return Err(damaged(Damage::Malformed));
    }
    let footer = objects.get(&name, footer_at..trailer_at).await?;
    if *blake3::hash(&footer).as_bytes() != hash {
        return Err(damaged(Damage::Checksum));
    }
    let entries = footer.chunks_exact(FOOTER_ENTRY_BYTES).map(|entry| decode_entry(id, entry));
    let slots = entries.collect::<Result<Vec<_>, _>>().map_err(&damaged)?;
    if lie_one_after_the_other(&slots, footer_at) { Ok(slots) } else { Err(damaged(Damage::Malformed)) }
}

/// Whether slots lie between the header of their segment and `end`, in their order.
fn lie_one_after_the_other(slots: &[(Place, SlotHeader)], end: u64) -> bool {
    let mut free = SEGMENT_HEADER_BYTES as u64;
    slots.iter().all(|(place, _)| {
        let range = place.range();
        let follows = place.is_legal() && range.start >= free && range.end <= end;
        free = range.end;
        follows
    })
}

fn decode_trailer(trailer: &[u8]) -> Result<([u8; 32], u64, u64), Damage> {
    if trailer.len() != TRAILER_BYTES {
        return Err(Damage::Truncated);
    }
    if trailer[40..44] != TRAILER_MAGIC || trailer[44..] != crc32c(&trailer[..44]).to_le_bytes() {
        return Err(Damage::Checksum);
    }
    let mut fields = Fields(trailer);
    let decoded = (|| Some((fields.array()?, fields.u32()?, fields.u32()?)))();
    let (hash, footer_at, count) = decoded.ok_or(Damage::Malformed)?;
    Ok((hash, u64::from(footer_at), u64::from(count)))
}

fn decode_entry(segment: SegmentId, entry: &[u8]) -> Result<(Place, SlotHeader), Damage> {
    let mut fields = Fields(entry);
    let offset = fields.u64().and_then(|offset| u32::try_from(offset).ok()).ok_or(Damage::Malformed)?;
    let header = SlotHeader::decode(&fields.array().ok_or(Damage::Malformed)?)?;
    Ok((Place { segment, offset, sealed_len: header.sealed_len }, header))
}
