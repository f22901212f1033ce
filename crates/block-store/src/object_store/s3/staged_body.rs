//! Bodies of requests, and how much of them is in memory.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::problem::S3Problem;
use crate::limits::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_TARGET};
use crate::object_store::ObjectError;

/// A body in memory, in pieces that can be sent again without copying.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) chunks: Vec<Bytes>,
    pub(super) length: u64,
}

/// A file whose bytes are to be a body.
pub(super) struct StagedFile {
    file: File,
    length: u64,
}

/// A file is read in pieces of this many bytes.
const CHUNK_BYTES: u64 = 4 << 20;
/// Memory of staged bodies is counted in these.
const UNIT_BYTES: u64 = 64 << 10;
/// Units that staged bodies hold together. A longer body holds them all, and so is in memory alone.
pub(super) const HELD_UNITS_MAX: usize = (SEGMENT_BYTES_TARGET * 3 / 2 / UNIT_BYTES) as usize;

/// Opens the file at `staged`.
///
/// # Errors
/// [`ObjectError::Unavailable`] if it cannot be read or is longer than any object.
pub(super) async fn open(staged: &Path) -> Result<StagedFile, ObjectError> {
    let staged = staged.to_owned();
    on_thread(move || {
        let file = File::open(staged).map_err(ObjectError::from_io)?;
        let length = file.metadata().map_err(ObjectError::from_io)?.len();
        if length > SEGMENT_BYTES_MAX {
            return Err(ObjectError::Unavailable(Arc::new(S3Problem::TooLong)));
        }
        Ok(StagedFile { file, length })
    })
    .await
}

impl StagedFile {
    /// Units of memory that its body holds.
    pub(super) fn units(&self) -> u32 {
        self.length.div_ceil(UNIT_BYTES).min(HELD_UNITS_MAX as u64) as u32
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`] if it cannot be read, or is shorter than when it was opened.
    pub(super) async fn read(mut self) -> Result<Body, ObjectError> {
        on_thread(move || {
            let mut chunks = Vec::new();
            let mut left = self.length;
            while left > 0 {
                let mut chunk = vec![0; left.min(CHUNK_BYTES) as usize];
                self.file.read_exact(&mut chunk).map_err(ObjectError::from_io)?;
                left -= chunk.len() as u64;
                chunks.push(chunk.into());
            }
            match self.file.read(&mut [0]) {
                Ok(0) => Ok(Body { chunks, length: self.length }),
                Ok(_) => Err(ObjectError::from_io(ErrorKind::InvalidData.into())),
                Err(error) => Err(ObjectError::from_io(error)),
            }
        })
        .await
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self { chunks: if bytes.is_empty() { Vec::new() } else { vec![bytes] }, length }
    }
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectError> + Send + 'static,
) -> Result<T, ObjectError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|stopped| Err(ObjectError::Unavailable(Arc::new(stopped))))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::fs::File;

    use super::{CHUNK_BYTES, HELD_UNITS_MAX, SEGMENT_BYTES_MAX, open};

    #[tokio::test]
    async fn a_file_is_read_whole_in_pieces() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("staged");
        for (length, chunks, units) in [(0, 0, 0), (1, 1, 1), (CHUNK_BYTES, 1, 64), (CHUNK_BYTES + 1, 2, 65)]
        {
            let content = (0..length).map(|at| (at % 251) as u8).collect::<Vec<_>>();
            fs::write(&path, &content).expect("writes");
            let file = open(&path).await.expect("opens");
            assert_eq!(file.units(), units);
            let body = file.read().await.expect("reads");
            assert_eq!((body.chunks.len(), body.length), (chunks, length));
            assert_eq!(body.chunks.concat(), content);
        }
    }

    #[tokio::test]
    async fn a_body_longer_than_the_bound_is_alone_and_one_longer_than_any_object_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("staged");
        let file = File::create(&path).expect("creates");
        file.set_len(SEGMENT_BYTES_MAX).expect("a length");
        assert_eq!(open(&path).await.expect("opens").units() as usize, HELD_UNITS_MAX);
        file.set_len(SEGMENT_BYTES_MAX + 1).expect("a length");
        assert!(open(&path).await.is_err());
    }

    #[tokio::test]
    async fn a_file_that_changes_meanwhile_is_no_body() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("staged");
        for length in [5, 15] {
            fs::write(&path, [7; 10]).expect("writes");
            let file = open(&path).await.expect("opens");
            File::options().write(true).open(&path).expect("opens").set_len(length).expect("a length");
            assert!(file.read().await.is_err(), "{length}");
        }
    }
}
