//! A raw image.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ebs::{BLOCK_BYTES, BlockIndex};
use rustix::fs::OFlags;

use crate::client::data_blocks;
use crate::client::error::ClientError;

/// A raw image: a file or a block device, open for reading.
pub(super) struct Image {
    file: File,
    path: PathBuf,
    length: u64,
    modified: (i64, i64),
}

impl Image {
    /// The image at `path`.
    ///
    /// # Errors
    ///
    /// [`ClientError::NotAnImage`] if it is something else; [`ClientError::EmptyImage`]; [`ClientError::File`] if it cannot be opened, or its length
    /// cannot be told.
    pub(super) fn open(path: &Path) -> Result<Self, ClientError> {
        // Opening a pipe waits for its writer, and may wait for ever, unless it is told not to.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
        let mut file = opened.map_err(ClientError::file("open", path))?;
        let kind = file.metadata().map_err(ClientError::file("read", path))?.file_type();
        if !kind.is_file() && !kind.is_block_device() {
            return Err(ClientError::NotAnImage(path.to_owned()));
        }
        // The length that metadata has of a block device is 0.
        let length = file.seek(SeekFrom::End(0)).map_err(ClientError::file("tell the length of", path))?;
        if length == 0 {
            return Err(ClientError::EmptyImage(path.to_owned()));
        }
        let modified = modified(&file).map_err(ClientError::file("read", path))?;
        Ok(Self { file, path: path.to_owned(), length, modified })
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// When it was last modified: seconds and nanoseconds of the Unix epoch.
    pub(super) fn modified(&self) -> (i64, i64) {
        self.modified
    }

    /// The file.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// How many of its blocks may have data.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if the system does not say.
    pub(super) fn data_blocks(&self) -> Result<u64, ClientError> {
        data_blocks::count(&self.file, self.length)
            .map_err(ClientError::file("look for holes in", &self.path))
    }

    /// An error of looking for data in it.
    pub(super) fn scan_failed(&self, error: io::Error) -> ClientError {
        ClientError::file("look for holes in", &self.path)(error)
    }

    /// Reads the block `index` into `block`. What lies behind the image's end is zeros.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if it cannot be read.
    pub(super) fn read(&self, index: BlockIndex, block: &mut [u8]) -> Result<(), ClientError> {
        let offset = index.byte_offset();
        let present = self.length.saturating_sub(offset).min(BLOCK_BYTES as u64) as usize;
        let (data, rest) = block.split_at_mut(present.min(block.len()));
        rest.fill(0);
        self.file.read_exact_at(data, offset).map_err(ClientError::file("read", &self.path))
    }

    /// Checks that nobody has written to the file since it was opened.
    ///
    /// # Errors
    ///
    /// [`ClientError::ImageChanged`] if somebody has: what was read is no point in time.
    pub(super) fn check_unchanged(&self) -> Result<(), ClientError> {
        let metadata = self.file.metadata().map_err(ClientError::file("read", &self.path))?;
        let now = (metadata.mtime(), metadata.mtime_nsec());
        if metadata.is_file() && (now != self.modified || metadata.len() != self.length) {
            return Err(ClientError::ImageChanged(self.path.clone()));
        }
        Ok(())
    }
}

fn modified(file: &File) -> io::Result<(i64, i64)> {
    let metadata = file.metadata()?;
    Ok((metadata.mtime(), metadata.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::Image;
    use crate::client::error::ClientError;
    use ebs::{BLOCK_BYTES, BlockIndex};

    #[test]
    fn the_last_block_is_filled_up_with_zeros() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), vec![7; BLOCK_BYTES + 3]).expect("a write");
        let image = Image::open(file.path()).expect("an image");
        let mut block = vec![9; BLOCK_BYTES];
        image.read(BlockIndex(1), &mut block).expect("a block");
        assert_eq!((&block[..4], block[4..].iter().all(|byte| *byte == 0)), (&[7, 7, 7, 0][..], true));
        image.read(BlockIndex(100), &mut block).expect("zeros");
        assert!(block.iter().all(|byte| *byte == 0));
        assert_eq!(image.data_blocks().expect("a count"), 2);
    }

    #[test]
    fn only_files_and_block_devices_are_images() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in [folder.path(), std::path::Path::new("/dev/null"), std::path::Path::new("/dev/zero")] {
            assert!(matches!(Image::open(path), Err(ClientError::NotAnImage(_))), "{}", path.display());
        }
    }

    #[test]
    fn writes_during_the_import_are_noticed() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), b"one").expect("a write");
        let image = Image::open(file.path()).expect("an image");
        image.check_unchanged().expect("unchanged");
        std::fs::write(file.path(), b"longer").expect("a write");
        assert!(matches!(image.check_unchanged(), Err(ClientError::ImageChanged(_))));
    }
}
