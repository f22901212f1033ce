//! A file that appears under its name when it is whole, and not before.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ebs::BlockIndex;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::client::error::ClientError;

/// A file in the making, under another name in the same folder. Dropped before it is finished, it is removed.
pub(super) struct NewFile {
    file: File,
    path: PathBuf,
    temporary: PathBuf,
    finished: AtomicBool,
}

impl NewFile {
    /// Begins a file of `length` bytes that is to be `path`. `token` makes its other name unlike all others.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if it cannot be made so long there.
    pub(super) fn create(path: &Path, length: u64, token: &str) -> Result<Self, ClientError> {
        let name = path
            .file_name()
            .ok_or_else(|| ClientError::file("write", path)(io::ErrorKind::IsADirectory.into()))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{token}.partial"));
        let temporary = path.with_file_name(hidden);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .map_err(ClientError::file("create", &temporary))?;
        let made = Self { file, path: path.to_owned(), temporary, finished: AtomicBool::new(false) };
        made.file.set_len(length).map_err(ClientError::file("make room for", path))?;
        Ok(made)
    }

    /// Writes a block.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if it cannot be written.
    pub(super) fn write(&self, index: BlockIndex, block: &[u8]) -> Result<(), ClientError> {
        self.file.write_all_at(block, index.byte_offset()).map_err(ClientError::file("write", &self.path))
    }

    /// Makes the file durable, and then gives it its name.
    ///
    /// # Errors
    ///
    /// [`ClientError::FileExists`] if a file of that name is there and must not be replaced; [`ClientError::File`] if
    /// the system refuses.
    pub(super) fn finish(&self, replace: bool) -> Result<(), ClientError> {
        self.file.sync_all().map_err(ClientError::file("write", &self.path))?;
        self.rename(replace)?;
        self.finished.store(true, Ordering::Relaxed);
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(ClientError::file("make durable", folder))
    }

    fn rename(&self, replace: bool) -> Result<(), ClientError> {
        if !replace {
            match renameat_with(CWD, &self.temporary, CWD, &self.path, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(()),
                Err(Errno::EXIST) => return Err(ClientError::FileExists(self.path.clone())),
                // Some file systems have no such rename; whether there is a file was looked at before.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
                Err(error) => return Err(ClientError::file("create", &self.path)(error.into())),
            }
        }
        std::fs::rename(&self.temporary, &self.path).map_err(ClientError::file("create", &self.path))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.finished.load(Ordering::Relaxed) {
            // There is nobody left to tell.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NewFile;
    use crate::client::error::ClientError;
    use ebs::{BLOCK_BYTES, BlockIndex};
    use std::os::unix::fs::MetadataExt;

    const LENGTH: u64 = 64 * BLOCK_BYTES as u64;

    #[test]
    fn the_file_appears_whole_and_sparse() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("image");
        let file = NewFile::create(&path, LENGTH, "t").expect("a file");
        file.write(BlockIndex(5), &[3; BLOCK_BYTES]).expect("a write");
        assert!(!path.exists());
        file.finish(false).expect("finished");
        drop(file);
        let metadata = path.metadata().expect("a file");
        assert_eq!(metadata.len(), LENGTH);
        assert!(metadata.blocks() * 512 < 4 * BLOCK_BYTES as u64, "{} sectors", metadata.blocks());
        let image = std::fs::read(&path).expect("an image");
        assert!(image[5 * BLOCK_BYTES..6 * BLOCK_BYTES].iter().all(|byte| *byte == 3));
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(NewFile::create(&folder.path().join("image"), LENGTH, "t").expect("a file"));
        assert_eq!(folder.path().read_dir().expect("a folder").count(), 0);
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_on_demand() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("image");
        std::fs::write(&path, "old").expect("a file");
        let file = NewFile::create(&path, 3, "t").expect("a file");
        assert!(matches!(file.finish(false), Err(ClientError::FileExists(_))));
        assert_eq!(std::fs::read(&path).expect("a file"), b"old");
        file.finish(true).expect("finished");
        assert_eq!(std::fs::read(&path).expect("a file"), [0; 3]);
    }
}
