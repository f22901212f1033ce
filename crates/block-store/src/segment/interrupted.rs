//! What can be read of a segment that was being written when its writer died: a file without a footer.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ebs::SegmentId;

use super::{SEGMENT_HEADER_BYTES, SLOT_ALIGN, SLOT_HEADER_BYTES, SegmentHeader, SlotHeader};
use crate::bytes_io::crc32c;
use crate::limits::{SEGMENT_BYTES_MAX, SEGMENT_SLOTS_MAX};
use crate::object_store::{ObjectError, ObjectName};
use crate::{Damage, StoreError};

/// How much is looked through at once for the next slot.
const SEARCHED_AT_ONCE: usize = 64 * 1024;

/// What an interrupted file still has.
#[derive(Debug, Default)]
pub(crate) struct Interrupted {
    /// Where its last slot ends.
    pub(crate) length: u64,
    /// Its whole slots with their offsets, ascending.
    pub(crate) slots: Vec<(u64, SlotHeader)>,
    /// Bytes before the last slot that are no slot: damage, or the trace of a write that was not acknowledged.
    pub(crate) unreadable: u64,
}

/// Reads the file at `path`, which is there if a segment `id` was begun on this node. A slot counts if its header and
/// its payload are whole. What is not whole was never acknowledged or has rotted; slots after it count all the same.
/// A file that is missing, or does not begin as `id` begins, has none. Blocks.
///
/// # Errors
/// [`StoreError::Damaged`] with [`Damage::UnknownVersion`] if a later release wrote it; else of reading.
pub(crate) fn slots_of_interrupted(path: &Path, id: SegmentId) -> Result<Interrupted, StoreError> {
    let mut found = Interrupted::default();
    let file = match File::open(path) {
        Ok(file) => StagedFile { file, id },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(ObjectError::from_io(error).into()),
    };
    if !file.begins_as_its_segment()? {
        return Ok(found);
    }
    let mut at = SEGMENT_HEADER_BYTES as u64;
    found.length = at;
    while found.slots.len() < SEGMENT_SLOTS_MAX && at < SEGMENT_BYTES_MAX {
        match file.slot_at(at)? {
            Some(header) => {
                let unpadded = (SLOT_HEADER_BYTES as u64) + u64::from(header.sealed_len);
                found.unreadable += at - found.length;
                found.slots.push((at, header));
                at += unpadded.next_multiple_of(SLOT_ALIGN);
                found.length = at;
            }
            None => match file.next_magic(at + SLOT_ALIGN)? {
                Some(next) => at = next,
                None => break,
            },
        }
    }
    Ok(found)
}

struct StagedFile {
    file: File,
    id: SegmentId,
}

impl StagedFile {
    fn begins_as_its_segment(&self) -> Result<bool, StoreError> {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        if self.fill(&mut bytes, 0)? < bytes.len() {
            return Ok(false);
        }
        match SegmentHeader::decode(&bytes) {
            Ok(header) => Ok(header.id == self.id),
            Err(Damage::UnknownVersion) => Err(self.of_a_later_release()),
            Err(_) => Ok(false),
        }
    }

    /// The header of the slot that begins at `at`, if it and its payload are whole.
    fn slot_at(&self, at: u64) -> Result<Option<SlotHeader>, StoreError> {
        let mut bytes = [0; SLOT_HEADER_BYTES];
        if self.fill(&mut bytes, at)? < bytes.len() {
            return Ok(None);
        }
        let header = match SlotHeader::decode(&bytes) {
            Ok(header) => header,
            Err(Damage::UnknownVersion) => return Err(self.of_a_later_release()),
            Err(_) => return Ok(None),
        };
        let mut payload = vec![0; header.sealed_len as usize];
        let whole = self.fill(&mut payload, at + SLOT_HEADER_BYTES as u64)? == payload.len()
            && crc32c(&payload) == header.sealed_crc;
        Ok(whole.then_some(header))
    }

    /// Where, from `at` on, something looks like the beginning of a slot.
    fn next_magic(&self, mut at: u64) -> Result<Option<u64>, StoreError> {
        let mut bytes = vec![0; SEARCHED_AT_ONCE];
        let step = SLOT_ALIGN as usize;
        loop {
            let read = self.fill(&mut bytes, at)?;
            let place = bytes[..read].chunks_exact(step).position(SlotHeader::may_begin_with);
            if let Some(place) = place {
                return Ok(Some(at + (place * step) as u64));
            }
            if read < bytes.len() || at >= SEGMENT_BYTES_MAX {
                return Ok(None);
            }
            at += read as u64;
        }
    }

    /// Reads into `bytes` what the file has at `at`, and says how much that is.
    fn fill(&self, bytes: &mut [u8], at: u64) -> Result<usize, StoreError> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read_at(&mut bytes[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ObjectError::from_io(error).into()),
            }
        }
        Ok(filled)
    }

    fn of_a_later_release(&self) -> StoreError {
        StoreError::damaged(&ObjectName::segment(self.id), Damage::UnknownVersion)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use ebs::{DomainId, Incarnation, SegmentId, SessionId};

    use super::{Interrupted, slots_of_interrupted};
    use crate::bytes_io::crc32c;
    use crate::segment::{OpenSegment, SEGMENT_HEADER_BYTES, SLOT_HEADER_BYTES, Slot, SlotKind};
    use crate::{Damage, StoreError};

    const ID: SegmentId = SegmentId { incarnation: Incarnation([3; 16]), session: SessionId(4), sequence: 5 };

    /// A staged file of slots whose payloads have these lengths, as its writer left it, and where each begins.
    fn staged(lengths: &[usize]) -> (tempfile::TempDir, std::path::PathBuf, Vec<u64>) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut segment = OpenSegment::create(folder.path(), ID, DomainId(1)).expect("creates");
        let places = lengths.iter().map(|length| {
            let slot = Slot::of_node(SlotKind::Leaf, [9; 12], Bytes::from(vec![7; *length]));
            u64::from(segment.append(&slot).expect("appends").offset)
        });
        let places = places.collect();
        let path = folder.path().join(OpenSegment::staged_name(ID));
        (folder, path, places)
    }

    fn offsets(found: &Interrupted) -> Vec<u64> {
        found.slots.iter().map(|(offset, _)| *offset).collect()
    }

    #[test]
    fn a_slot_that_has_rotted_does_not_hide_those_behind_it() {
        let lengths = [100, 500_000, 0, 17, 1];
        for rotten in 0..lengths.len() {
            for within in [0, 4, SLOT_HEADER_BYTES as u64] {
                let (_folder, path, places) = staged(&lengths);
                if within >= SLOT_HEADER_BYTES as u64 + lengths[rotten] as u64 {
                    continue;
                }
                let mut bytes = std::fs::read(&path).expect("reads");
                bytes[(places[rotten] + within) as usize] ^= 1;
                std::fs::write(&path, bytes).expect("writes");
                let found = slots_of_interrupted(&path, ID).expect("is read");
                let mut left = places.clone();
                let gone = left.remove(rotten);
                assert_eq!(offsets(&found), left, "slot {rotten}, byte {within}");
                let hole = places.get(rotten + 1).map_or(0, |next| next - gone);
                assert_eq!(found.unreadable, hole);
            }
        }
    }

    #[test]
    fn a_file_cut_anywhere_gives_the_slots_before_the_cut() {
        let (_folder, path, places) = staged(&[5, 40, 0, 300]);
        let bytes = std::fs::read(&path).expect("reads");
        for cut in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..cut]).expect("writes");
            let found = slots_of_interrupted(&path, ID).expect("is read");
            let ends = places.iter().zip([5u64, 40, 0, 300]);
            let whole: Vec<u64> = ends
                .filter(|(place, length)| *place + SLOT_HEADER_BYTES as u64 + length <= cut as u64)
                .map(|(place, _)| *place)
                .collect();
            assert_eq!(offsets(&found), whole, "cut at {cut}");
            assert_eq!(found.unreadable, 0);
        }
    }

    #[test]
    fn what_a_later_release_wrote_is_refused_and_another_segment_is_not_taken() {
        let (_folder, path, places) = staged(&[5, 6]);
        let bytes = std::fs::read(&path).expect("reads");
        let of_later_release = |at: usize, length: usize| {
            let mut bytes = bytes.clone();
            bytes[at + 4] = 2;
            let crc = crc32c(&bytes[at..at + length - 4]).to_le_bytes();
            bytes[at + length - 4..at + length].copy_from_slice(&crc);
            bytes
        };
        for later in [
            of_later_release(0, SEGMENT_HEADER_BYTES),
            of_later_release(places[1] as usize, SLOT_HEADER_BYTES),
        ] {
            std::fs::write(&path, later).expect("writes");
            let refused = slots_of_interrupted(&path, ID).map(|found| offsets(&found));
            let unknown = matches!(&refused, Err(StoreError::Damaged { damage: Damage::UnknownVersion, .. }));
            assert!(unknown, "{refused:?}");
        }
        std::fs::write(&path, &bytes).expect("writes");
        let other = SegmentId { sequence: 6, ..ID };
        assert!(slots_of_interrupted(&path, other).expect("is read").slots.is_empty());
        let missing = path.with_extension("missing");
        assert!(slots_of_interrupted(&missing, ID).expect("is read").slots.is_empty());
    }
}
