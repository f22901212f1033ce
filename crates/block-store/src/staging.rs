//! The staging folder: files of segments that are being written, and what those who died have left there.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use ebs::SegmentId;

use crate::object_store::ObjectError;
use crate::segment::OpenSegment;
use crate::upload::WriteTable;
use crate::{BlockStore, StoreError};

impl BlockStore {
    /// Segments of this store's incarnation that have a file in this node's staging folder: those that are being
    /// written here, and those whose writer has died.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the folder cannot be read.
    pub async fn staged_segments(&self) -> Result<Vec<SegmentId>, StoreError> {
        let (folder, incarnation) = (self.shared.staging.clone(), self.shared.incarnation);
        let listed = tokio::task::spawn_blocking(move || staged_in(&folder)).await;
        let mut staged = listed.map_err(StoreError::unavailable)?.map_err(ObjectError::from_io)?;
        staged.retain(|segment| segment.incarnation == incarnation);
        Ok(staged)
    }

    /// Removes the staged file of a segment; one that is not there is no error. Only for segments whose bytes are
    /// published or nobody's: the file of an upload's open segment holds acknowledged blocks.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be removed.
    pub async fn remove_staged(&self, segment: SegmentId) -> Result<(), StoreError> {
        let file = self.shared.staging.join(OpenSegment::staged_name(segment));
        match tokio::fs::remove_file(file).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ObjectError::from_io(error).into()),
            _ => Ok(()),
        }
    }
}

fn staged_in(folder: &Path) -> io::Result<Vec<SegmentId>> {
    let mut staged = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        staged.extend(entry?.file_name().to_str().and_then(OpenSegment::of_staged_name));
    }
    Ok(staged)
}

/// Removes what a process that died was only using for itself: copies of interrupted files, which are still there, and
/// tables of writes. Nobody may be using the folder.
pub(crate) fn sweep_copies(folder: &Path) -> io::Result<()> {
    WriteTable::sweep(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new(OpenSegment::COPY_EXTENSION)) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ebs::{Incarnation, SegmentId, SessionId};

    use super::sweep_copies;
    use crate::segment::OpenSegment;
    use crate::test_store::TestStore;

    #[tokio::test]
    async fn staged_files_are_listed_and_removed_and_copies_are_swept() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = TestStore::memory(folder.path(), 7);
        let staging = &store.store.shared.staging;
        let id = SegmentId { incarnation: Incarnation([7; 16]), session: SessionId(3), sequence: 9 };
        let of_another = SegmentId { incarnation: Incarnation([8; 16]), ..id };
        let copy = format!("{}.{}", OpenSegment::staged_name(id), OpenSegment::COPY_EXTENSION);
        let aside = format!("{}.damaged", OpenSegment::staged_name(id));
        let names = [OpenSegment::staged_name(id), OpenSegment::staged_name(of_another), copy.clone(), aside];
        for name in &names {
            std::fs::write(staging.join(name), b"something").expect("writes");
        }
        let there = |name: &String| staging.join(name).exists();
        assert_eq!(store.store.staged_segments().await.expect("lists"), [id]);
        sweep_copies(staging).expect("sweeps");
        assert_eq!(names.each_ref().map(there), [true, true, false, true]);
        for _ in 0..2 {
            store.store.remove_staged(id).await.expect("removes");
        }
        assert_eq!(names.each_ref().map(there), [false, true, false, true]);
    }

    #[test]
    fn only_names_of_staged_segments_are_read_as_such() {
        let id =
            SegmentId { incarnation: Incarnation([0xab; 16]), session: SessionId(u64::MAX), sequence: 1 };
        let name = OpenSegment::staged_name(id);
        assert_eq!(OpenSegment::of_staged_name(&name), Some(id));
        for other in ["", "seg-", "lock", &name[1..], &name[..name.len() - 1], &format!("{name}0")] {
            assert_eq!(OpenSegment::of_staged_name(other), None, "{other}");
        }
        assert_eq!(OpenSegment::of_staged_name(&name.replace("ab", "+a")), None);
        assert_eq!(OpenSegment::of_staged_name(&format!("{name}.damaged")), None);
    }
}
