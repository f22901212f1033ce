//! Which blocks of an image have data: those that its file does not keep as holes.

use std::fs::File;
use std::io;

use ebs::{BLOCK_BYTES, BlockIndex};
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

/// The blocks of a file that may have data, in ascending order. A file whose file system cannot tell has data
/// everywhere.
pub(crate) struct DataBlocks {
    /// The block to look at next.
    next: u64,
    /// The end of the data around `next`, in bytes; nothing is known beyond it.
    data_end: u64,
    length: u64,
}

impl DataBlocks {
    /// The blocks from `first` on of a file of `length` bytes.
    pub(crate) fn new(length: u64, first: u32) -> Self {
        Self { next: u64::from(first), data_end: 0, length }
    }

    /// The next block that may have data, left where it is; nothing after the last one.
    ///
    /// # Errors
    ///
    /// What the system says when it is asked for holes.
    pub(crate) fn peek(&mut self, file: &File) -> io::Result<Option<BlockIndex>> {
        let offset = self.next * BLOCK_BYTES as u64;
        if offset >= self.length {
            return Ok(None);
        }
        if offset >= self.data_end {
            let Some((start, end)) = next_data(file, offset, self.length)? else {
                self.next = self.length.div_ceil(BLOCK_BYTES as u64);
                return Ok(None);
            };
            self.next = start / BLOCK_BYTES as u64;
            self.data_end = end;
        }
        Ok(u32::try_from(self.next).ok().map(BlockIndex))
    }

    /// Goes on to the block after the one that [`DataBlocks::peek`] gave.
    pub(crate) fn advance(&mut self) {
        self.next += 1;
    }
}

/// How many blocks of a file of `length` bytes may have data.
///
/// # Errors
///
/// What the system says when it is asked for holes.
pub(crate) fn count(file: &File, length: u64) -> io::Result<u64> {
    let mut blocks = 0;
    let mut offset = 0;
    while let Some((start, end)) = next_data(file, offset, length)? {
        let first = start / BLOCK_BYTES as u64;
        let after = end.div_ceil(BLOCK_BYTES as u64);
        blocks += after - first;
        offset = after * BLOCK_BYTES as u64;
        if offset >= length {
            break;
        }
    }
    Ok(blocks)
}

/// Begin and end of the next data at `offset` or behind it, in bytes.
fn next_data(file: &File, offset: u64, length: u64) -> io::Result<Option<(u64, u64)>> {
    match seek(file, SeekFrom::Data(offset)) {
        Ok(start) if start >= length => Ok(None),
        Ok(start) => {
            let end = seek(file, SeekFrom::Hole(start)).map_err(io::Error::from)?;
            // A file that shrinks meanwhile must not keep the scan where it is.
            Ok(Some((start.max(offset), end.clamp(start.max(offset) + 1, length))))
        }
        Err(Errno::NXIO) => Ok(None),
        // Block devices and some file systems know no holes.
        Err(Errno::INVAL | Errno::NOTSUP) => Ok((offset < length).then_some((offset, length))),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{DataBlocks, count};
    use ebs::BLOCK_BYTES;
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    const BLOCK: u64 = BLOCK_BYTES as u64;

    fn image(length: u64, writes: &[u64]) -> File {
        let file = tempfile::tempfile().expect("a file");
        file.set_len(length).expect("a length");
        for offset in writes {
            file.write_all_at(b"data", *offset).expect("a write");
        }
        file
    }

    fn found(file: &File, length: u64, first: u32) -> Vec<u32> {
        let mut blocks = DataBlocks::new(length, first);
        let mut found = Vec::new();
        while let Some(index) = blocks.peek(file).expect("a scan") {
            assert_eq!(blocks.peek(file).expect("a scan"), Some(index), "looking takes nothing away");
            found.push(index.0);
            blocks.advance();
        }
        found
    }

    #[test]
    fn holes_are_passed_over() {
        let length = 100 * BLOCK + 10;
        let file = image(length, &[3 * BLOCK + 5, 4 * BLOCK - 2, 50 * BLOCK, 100 * BLOCK + 6]);
        assert_eq!(found(&file, length, 0), [3, 4, 50, 100]);
        assert_eq!(found(&file, length, 4), [4, 50, 100]);
        assert_eq!(found(&file, length, 51), [100]);
        assert_eq!(found(&file, length, 200), [0; 0]);
        assert_eq!(count(&file, length).expect("a scan"), 4);
    }

    #[test]
    fn empty_files_and_mere_holes_have_no_data() {
        for length in [0, 1, 7 * BLOCK] {
            let file = image(length, &[]);
            assert_eq!(found(&file, length, 0), [0; 0]);
            assert_eq!(count(&file, length).expect("a scan"), 0);
        }
    }
}
