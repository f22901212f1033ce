//! Segments: slots of sealed bytes, one after the other, with a footer that lists them.
//!
//! ```text
//! 0       header    64 B   magic "EBSG", version, segment id, domain, CRC-32C
//! 64      slots            each at a multiple of 16: header of 256 B, sealed bytes
//! ...     footer           per slot: offset u64, its header (256 B)
//! end-48  trailer   48 B   BLAKE3 of the footer, footer offset u32, count u32, magic "EBSE", CRC-32C
//! ```
//!
//! While a segment is open it is a file of header and slots; each slot can be recognised without the footer, so
//! that an interrupted file gives back every slot that was written whole.

mod footer;
mod interrupted;
mod open_segment;
mod reader;
mod slot;
#[cfg(test)]
mod sync_fault;

use ebs::SegmentId;

use crate::limits::{SEALED_BYTES_MAX, SEGMENT_BYTES_MAX};

pub(crate) use footer::{SegmentHeader, read_footer};
pub(crate) use interrupted::{Interrupted, slots_of_interrupted};
pub(crate) use open_segment::OpenSegment;
pub(crate) use reader::{read_slot, read_slots};
pub(crate) use slot::{Origin, SealedOrigin, Slot, SlotHeader, SlotKind, sealed_block};
#[cfg(test)]
pub(crate) use sync_fault::SyncFault;

/// Where a slot lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) segment: SegmentId,
    /// Offset of the slot's header in the segment.
    pub(crate) offset: u32,
    /// Bytes of the sealed payload after the header.
    pub(crate) sealed_len: u32,
}

pub(crate) const SEGMENT_HEADER_BYTES: usize = 64;
pub(crate) const SLOT_HEADER_BYTES: usize = 256;
pub(crate) const SLOT_ALIGN: u64 = 16;
const SEGMENT_MAGIC: [u8; 4] = *b"EBSG";
const TRAILER_MAGIC: [u8; 4] = *b"EBSE";
const TRAILER_BYTES: usize = 48;
const FOOTER_ENTRY_BYTES: usize = 8 + SLOT_HEADER_BYTES;
const VERSION: u16 = 1;

impl Place {
    pub(crate) const BYTES: usize = SegmentId::BYTES + 8;

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..SegmentId::BYTES].copy_from_slice(&self.segment.to_bytes());
        bytes[SegmentId::BYTES..][..4].copy_from_slice(&self.offset.to_le_bytes());
        bytes[SegmentId::BYTES + 4..].copy_from_slice(&self.sealed_len.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let mut fields = crate::bytes_io::Fields(&bytes);
        let segment = SegmentId::from_bytes(fields.array().unwrap_or([0; SegmentId::BYTES]));
        Self { segment, offset: fields.u32().unwrap_or(0), sealed_len: fields.u32().unwrap_or(0) }
    }

    /// Whether a slot can lie here. A place that was read from somewhere is asked this before anything is read of it.
    pub(crate) fn is_legal(self) -> bool {
        self.sealed_len as usize <= SEALED_BYTES_MAX && self.range().end <= SEGMENT_BYTES_MAX
    }

    /// The bytes of the segment that the slot fills.
    pub(crate) fn range(self) -> std::ops::Range<u64> {
        let start = u64::from(self.offset);
        start..start + SLOT_HEADER_BYTES as u64 + u64::from(self.sealed_len)
    }
}
