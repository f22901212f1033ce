//! A segment that is being written: a file in the staging folder.

use std::fs::{File, OpenOptions};
use std::io::{IoSlice, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ebs::{DomainId, Incarnation, SegmentId, SessionId};

use super::{
    Interrupted, Place, SEGMENT_HEADER_BYTES, SLOT_ALIGN, SLOT_HEADER_BYTES, SegmentHeader, Slot, SlotHeader,
    footer,
};
use crate::limits::{SEGMENT_BYTES_TARGET, SEGMENT_SLOTS_MAX};

/// A segment that is being written. Its methods block.
///
/// After an error the file is in doubt and must be given up: no method may be called again.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    id: SegmentId,
    path: PathBuf,
    file: File,
    length: u64,
    slots: Vec<(u64, SlotHeader)>,
}

impl OpenSegment {
    /// What the name of the copy ends in that an interrupted file is taken up in.
    pub(crate) const COPY_EXTENSION: &'static str = "recovered";

    /// The name in the staging folder of the segment `id` while it is open.
    pub(crate) fn staged_name(id: SegmentId) -> String {
        format!("seg-{}-{:016x}-{:08x}", id.incarnation, id.session.0, id.sequence)
    }

    /// The segment whose staged file has this name.
    pub(crate) fn of_staged_name(name: &str) -> Option<SegmentId> {
        let mut parts = name.strip_prefix("seg-")?.split('-');
        let (incarnation, session, sequence) = (parts.next()?, parts.next()?, parts.next()?);
        let incarnation = u128::from_str_radix(incarnation, 16).ok()?.to_be_bytes();
        let id = SegmentId {
            incarnation: Incarnation(incarnation),
            session: SessionId(u64::from_str_radix(session, 16).ok()?),
            sequence: u32::from_str_radix(sequence, 16).ok()?,
        };
        (Self::staged_name(id) == name).then_some(id)
    }

    /// Creates the file; when this returns, the folder durably names it.
    pub(crate) fn create(staging: &Path, id: SegmentId, domain: DomainId) -> Result<Self, std::io::Error> {
        let path = staging.join(Self::staged_name(id));
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path)?;
        file.write_all(&SegmentHeader { id, domain }.encode())?;
        File::open(staging)?.sync_all()?;
        Ok(Self { id, path, file, length: SEGMENT_HEADER_BYTES as u64, slots: Vec::new() })
    }

    /// Takes up the slots of an interrupted file, in a file of its own. The interrupted one is only read: its
    /// writer may still have it open, and if its fsync failed the medium may not have what it shows.
    pub(crate) fn resume(
        interrupted: &Path,
        id: SegmentId,
        found: Interrupted,
    ) -> Result<Self, std::io::Error> {
        let path = interrupted.with_extension(Self::COPY_EXTENSION);
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path)?;
        std::io::copy(&mut File::open(interrupted)?.take(found.length), &mut file)?;
        // The padding behind the last slot may be missing.
        file.set_len(found.length)?;
        file.seek(SeekFrom::Start(found.length))?;
        Ok(Self { id, path, file, length: found.length, slots: found.slots })
    }

    /// Whether the segment is as long as segments should be.
    pub(crate) fn is_full(&self) -> bool {
        self.length >= SEGMENT_BYTES_TARGET || self.slots.len() >= SEGMENT_SLOTS_MAX
    }

    /// Appends a slot and says where it lies. It is durable after the next [`OpenSegment::sync`].
    pub(crate) fn append(&mut self, slot: &Slot) -> Result<Place, std::io::Error> {
        let header = slot.header.encode();
        let offset = self.length;
        let unpadded = (SLOT_HEADER_BYTES + slot.sealed.len()) as u64;
        let padding = unpadded.next_multiple_of(SLOT_ALIGN) - unpadded;
        let zeros = [0; SLOT_ALIGN as usize];
        let mut parts =
            [IoSlice::new(&header), IoSlice::new(&slot.sealed), IoSlice::new(&zeros[..padding as usize])];
        write_all_vectored(&mut self.file, &mut parts)?;
        self.length += unpadded + padding;
        self.slots.push((offset, slot.header.clone()));
        let offset = u32::try_from(offset).map_err(|_| std::io::ErrorKind::FileTooLarge)?;
        Ok(Place { segment: self.id, offset, sealed_len: slot.header.sealed_len })
    }

    /// Makes every slot appended so far durable.
    pub(crate) fn sync(&self) -> Result<(), std::io::Error> {
        #[cfg(test)]
        super::SyncFault::strike(&self.path)?;
        self.file.sync_data()
    }

    /// Writes the footer. The file is then whole, and durable once it is published.
    pub(crate) fn finish(mut self) -> Result<FinishedSegment, std::io::Error> {
        let tail = footer::encode(self.length, &self.slots);
        self.file.write_all(&tail)?;
        Ok(FinishedSegment {
            id: self.id,
            path: self.path,
            bytes: self.length + tail.len() as u64,
            slots: self.slots.len() as u32,
        })
    }
}

/// A whole segment in the staging folder.
#[derive(Debug)]
pub(crate) struct FinishedSegment {
    pub(crate) id: SegmentId,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) slots: u32,
}

fn write_all_vectored(file: &mut File, mut parts: &mut [IoSlice<'_>]) -> Result<(), std::io::Error> {
    IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        match file.write_vectored(parts) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut parts, written),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
