//! Images for the tour: real files of this machine, with holes between them.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use block_store::is_zero;
use ebs::{BLOCK_BYTES, BlockIndex};

use super::folder::Watch;
use crate::client::data_blocks::{self, DataBlocks};

/// Length of the image, most of it holes.
const IMAGE_BYTES: u64 = 1 << 30;
/// Data that is put into it.
const DATA_BYTES_MAX: u64 = 192 << 20;
/// Between one file and the next a hole is left.
const HOLE_BYTES: u64 = 3 << 20;
const FOLDERS: [&str; 3] = ["/usr/lib", "/usr/share", "/usr/bin"];
/// Every so many blocks with data, one is changed.
const CHANGED_EVERY: u64 = 50;

/// Makes a sparse image of this program and of files of the system, at `path`.
pub(super) fn make(path: &Path, watch: &Watch) -> Result<(), Error> {
    let mut image = File::create(path)?;
    image.set_len(IMAGE_BYTES)?;
    let mut files = Files::new();
    let (mut offset, mut data) = (0, 0);
    watch.expect(DATA_BYTES_MAX);
    while data < DATA_BYTES_MAX
        && let Some(file) = files.next()
    {
        // A file that cannot be read is none of ours.
        let Ok(source) = File::open(&file) else { continue };
        image.seek(SeekFrom::Start(offset))?;
        let room = (DATA_BYTES_MAX - data).min(IMAGE_BYTES - offset);
        let copied = std::io::copy(&mut source.take(room), &mut image)?;
        data += copied;
        watch.advance(copied)?;
        offset = (offset + copied).next_multiple_of(BLOCK_BYTES as u64);
        if copied > BLOCK_BYTES as u64 {
            offset += HOLE_BYTES;
        }
        if offset >= IMAGE_BYTES {
            break;
        }
    }
    image.sync_all()
}

/// Makes a copy of an image in which a few blocks have other bytes.
pub(super) fn change_some_blocks(image: &Path, changed: &Path, watch: &Watch) -> Result<(), Error> {
    let source = File::open(image)?;
    let length = source.metadata()?.len();
    let target = File::create(changed)?;
    target.set_len(length)?;
    watch.expect(data_blocks::count(&source, length)? * BLOCK_BYTES as u64);
    let mut blocks = DataBlocks::new(length, 0);
    let mut block = vec![0; BLOCK_BYTES];
    let mut with_data = 0;
    while let Some(index) = blocks.peek(&source)? {
        watch.advance(BLOCK_BYTES as u64)?;
        blocks.advance();
        let read = read_block(&source, index, &mut block)?;
        if is_zero(&block) {
            continue;
        }
        if with_data % CHANGED_EVERY == 0 {
            let note = format!("changed on day 2: block {}", index.0);
            let fits = note.len().min(read);
            block[..fits].copy_from_slice(&note.as_bytes()[..fits]);
        }
        with_data += 1;
        target.write_all_at(&block[..read], index.byte_offset())?;
    }
    target.sync_all()
}

/// Whether `exported` is `image`, followed by nothing but zeros. What is a hole in both is equal; what one of them
/// has as data is read in both.
pub(super) fn same_content(image: &Path, exported: &Path, watch: &Watch) -> Result<bool, Error> {
    let (image, exported) = (File::open(image)?, File::open(exported)?);
    let (image_length, length) = (image.metadata()?.len(), exported.metadata()?.len());
    if length < image_length {
        return Ok(false);
    }
    watch.expect(data_blocks::count(&exported, length)? * BLOCK_BYTES as u64);
    let mut in_image = DataBlocks::new(image_length, 0);
    let mut in_exported = DataBlocks::new(length, 0);
    let (mut one, mut other) = (vec![0; BLOCK_BYTES], vec![0; BLOCK_BYTES]);
    loop {
        let next = [in_image.peek(&image)?, in_exported.peek(&exported)?];
        let Some(index) = next.into_iter().flatten().min() else { return Ok(true) };
        watch.advance(BLOCK_BYTES as u64)?;
        for (blocks, next) in [&mut in_image, &mut in_exported].into_iter().zip(next) {
            if next == Some(index) {
                blocks.advance();
            }
        }
        read_block(&image, index, &mut one)?;
        read_block(&exported, index, &mut other)?;
        if one != other {
            return Ok(false);
        }
    }
}

/// Reads the block `index` into `block`, zeros behind the end of the file, and says how much the file has of it.
fn read_block(file: &File, index: BlockIndex, block: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < block.len() {
        match file.read_at(&mut block[filled..], index.byte_offset() + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    block[filled..].fill(0);
    Ok(filled)
}

/// This program, then files of the system, folder by folder.
struct Files {
    found: VecDeque<PathBuf>,
    folders: VecDeque<PathBuf>,
}

impl Files {
    fn new() -> Self {
        Self {
            found: std::env::current_exe().into_iter().collect(),
            folders: FOLDERS.map(PathBuf::from).into(),
        }
    }
}

impl Iterator for Files {
    type Item = PathBuf;

    fn next(&mut self) -> Option<PathBuf> {
        while self.found.is_empty() {
            let Ok(entries) = fs::read_dir(self.folders.pop_front()?) else { continue };
            for entry in entries.flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => self.folders.push_back(entry.path()),
                    Ok(kind) if kind.is_file() => self.found.push_back(entry.path()),
                    _ => {}
                }
            }
        }
        self.found.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;
    use std::sync::Arc;

    use ebs::BLOCK_BYTES;

    use crate::client::progress::Unseen;

    use super::{Watch, change_some_blocks, make, same_content};

    const BLOCK: u64 = BLOCK_BYTES as u64;

    #[test]
    fn an_image_has_data_and_holes_and_its_change_is_seen() {
        let waiting = Arc::new(());
        let watch = Watch::while_held(&waiting, Box::new(Unseen));
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        make(&one, &watch).expect("makes");
        change_some_blocks(&one, &two, &watch).expect("changes");
        assert!(same_content(&one, &one, &watch).expect("compares"));
        assert!(!same_content(&one, &two, &watch).expect("compares"));
        let longer = folder.path().join("longer");
        fs::copy(&one, &longer).expect("copies");
        let file = fs::OpenOptions::new().write(true).open(&longer).expect("opens");
        file.set_len(fs::metadata(&one).expect("a length").len() + 4096).expect("grows");
        assert!(same_content(&one, &longer, &watch).expect("compares"), "zeros may follow");
        assert!(!same_content(&longer, &one, &watch).expect("compares"), "nothing may be missing");
    }

    /// A file of this length with these bytes, and holes between them.
    fn sparse(path: &std::path::Path, length: u64, writes: &[(u64, &[u8])]) {
        let file = File::create(path).expect("creates");
        file.set_len(length).expect("a length");
        for (offset, bytes) in writes {
            file.write_all_at(bytes, *offset).expect("writes");
        }
    }

    #[test]
    fn a_hole_equals_zeros_and_nothing_else_on_either_side() {
        let waiting = Arc::new(());
        let watch = Watch::while_held(&waiting, Box::new(Unseen));
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let length = 40 * BLOCK + 9;
        let zeros = vec![0; BLOCK_BYTES];
        let data: [(u64, &[u8]); 2] = [(3 * BLOCK + 7, b"data"), (40 * BLOCK + 4, b"tail")];
        sparse(&one, length, &data);
        sparse(&two, length, &[data[0], data[1], (9 * BLOCK, &zeros), (20 * BLOCK + 5, &[0])]);
        for (image, exported) in [(&one, &two), (&two, &one)] {
            assert!(
                same_content(image, exported, &watch).expect("compares"),
                "zeros that are written are as a hole"
            );
        }
        for offset in [0, 2 * BLOCK, 3 * BLOCK + 6, 3 * BLOCK + 11, 30 * BLOCK - 1, 40 * BLOCK, length - 1] {
            sparse(&two, length, &[data[0], data[1], (offset, &[1])]);
            for (image, exported) in [(&one, &two), (&two, &one)] {
                assert!(!same_content(image, exported, &watch).expect("compares"), "a byte at {offset}");
            }
        }
        sparse(&two, length + 5 * BLOCK, &[data[0], data[1], (length, &[1])]);
        assert!(!same_content(&one, &two, &watch).expect("compares"), "nothing but zeros may follow");
    }
}
