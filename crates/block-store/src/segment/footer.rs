//! The footer of a whole segment, and what can be read of a file that has none.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ebs::{DomainId, SegmentId};

use super::{
    FOOTER_ENTRY_BYTES, Place, SEGMENT_HEADER_BYTES, SEGMENT_MAGIC, SLOT_ALIGN, SLOT_HEADER_BYTES,
    SlotHeader, TRAILER_BYTES, TRAILER_MAGIC, VERSION,
};
use crate::bytes_io::{Fields, crc32c};
use crate::limits::{SEGMENT_BYTES_MAX, SEGMENT_SLOTS_MAX};
use crate::object_store::{ObjectName, ObjectStore};
use crate::{Damage, StoreError};

pub(super) fn segment_header(id: SegmentId, domain: DomainId) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut header = [0; SEGMENT_HEADER_BYTES];
    header[..4].copy_from_slice(&SEGMENT_MAGIC);
    header[4..6].copy_from_slice(&VERSION.to_le_bytes());
    header[8..36].copy_from_slice(&id.to_bytes());
    header[36..44].copy_from_slice(&domain.0.to_le_bytes());
    let crc = crc32c(&header[..60]);
    header[60..].copy_from_slice(&crc.to_le_bytes());
    header
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
    footer.chunks_exact(FOOTER_ENTRY_BYTES).map(|entry| decode_entry(id, entry).map_err(&damaged)).collect()
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

/// What an interrupted file still has: the length up to which it is whole, and its slots.
pub(crate) struct Interrupted {
    pub(crate) length: u64,
    pub(crate) slots: Vec<(u64, SlotHeader)>,
}

impl Interrupted {
    /// A file that has nothing.
    pub(crate) fn nothing() -> Self {
        Self { length: 0, slots: Vec::new() }
    }
}

/// Reads the file of a segment that was being written when its writer died. A slot counts if its header and its
/// payload are whole; what comes after the first that is not was never acknowledged. Blocks.
///
/// # Errors
/// An I/O error, or nothing if the file is not the staged file of `id`.
pub(crate) fn slots_of_interrupted(
    path: &Path,
    id: SegmentId,
) -> Result<Option<Interrupted>, std::io::Error> {
    let mut file = std::io::BufReader::with_capacity(1 << 20, File::open(path)?.take(SEGMENT_BYTES_MAX));
    let mut header = [0; SEGMENT_HEADER_BYTES];
    if !fill(&mut file, &mut header)? || !is_header_of(&header, id) {
        return Ok(None);
    }
    let mut found = Interrupted { length: SEGMENT_HEADER_BYTES as u64, slots: Vec::new() };
    while found.slots.len() < SEGMENT_SLOTS_MAX {
        let mut bytes = [0; SLOT_HEADER_BYTES];
        if !fill(&mut file, &mut bytes)? {
            break;
        }
        let Ok(header) = SlotHeader::decode(&bytes) else { break };
        let unpadded = SLOT_HEADER_BYTES as u64 + u64::from(header.sealed_len);
        let padded = unpadded.next_multiple_of(SLOT_ALIGN);
        let mut payload = vec![0; (padded - SLOT_HEADER_BYTES as u64) as usize];
        if !fill(&mut file, &mut payload)?
            || crc32c(&payload[..header.sealed_len as usize]) != header.sealed_crc
        {
            break;
        }
        found.slots.push((found.length, header));
        found.length += padded;
    }
    Ok(Some(found))
}

fn is_header_of(header: &[u8; SEGMENT_HEADER_BYTES], id: SegmentId) -> bool {
    header[..4] == SEGMENT_MAGIC
        && header[4..6] == VERSION.to_le_bytes()
        && header[8..36] == id.to_bytes()
        && header[60..] == crc32c(&header[..60]).to_le_bytes()
}

/// Fills `bytes`, or says that the file ends before they are full.
fn fill(file: &mut impl Read, bytes: &mut [u8]) -> Result<bool, std::io::Error> {
    match file.read_exact(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        other => other.map(|()| true),
    }
}
