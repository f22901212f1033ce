//! Images for the tour: real files of this machine, with holes between them.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{Error, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ebs::BLOCK_BYTES;

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
pub(super) fn make(path: &Path) -> Result<(), Error> {
    let mut image = File::create(path)?;
    image.set_len(IMAGE_BYTES)?;
    let mut files = Files::new();
    let (mut offset, mut data) = (0, 0);
    while data < DATA_BYTES_MAX
        && let Some(file) = files.next()
    {
        // A file that cannot be read is none of ours.
        let Ok(source) = File::open(&file) else { continue };
        image.seek(SeekFrom::Start(offset))?;
        let room = (DATA_BYTES_MAX - data).min(IMAGE_BYTES - offset);
        let copied = std::io::copy(&mut source.take(room), &mut image)?;
        data += copied;
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
pub(super) fn change_some_blocks(image: &Path, changed: &Path) -> Result<(), Error> {
    let mut source = File::open(image)?;
    let length = source.metadata()?.len();
    let mut target = File::create(changed)?;
    target.set_len(length)?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut with_data = 0;
    for offset in (0..length).step_by(BLOCK_BYTES) {
        let read = read_full(&mut source, &mut block)?;
        if block[..read].iter().all(|byte| *byte == 0) {
            continue;
        }
        if with_data % CHANGED_EVERY == 0 {
            let note = format!("changed on day 2: block {}", offset / BLOCK_BYTES as u64);
            let fits = note.len().min(read);
            block[..fits].copy_from_slice(&note.as_bytes()[..fits]);
        }
        with_data += 1;
        target.seek(SeekFrom::Start(offset))?;
        target.write_all(&block[..read])?;
    }
    target.sync_all()
}

/// Whether `exported` is `image`, followed by nothing but zeros.
pub(super) fn same_content(image: &Path, exported: &Path) -> Result<bool, Error> {
    let (mut image, mut exported) = (File::open(image)?, File::open(exported)?);
    if exported.metadata()?.len() < image.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let read = read_full(&mut exported, &mut other)?;
        let from_image = read_full(&mut image, &mut one)?;
        if other[..from_image.min(read)] != one[..from_image.min(read)]
            || other[from_image..read].iter().any(|byte| *byte != 0)
        {
            return Ok(false);
        }
        if read == 0 {
            return Ok(from_image == 0);
        }
    }
}

fn read_full(file: &mut File, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
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
    use std::fs;

    use super::{change_some_blocks, make, same_content};

    #[test]
    fn an_image_has_data_and_holes_and_its_change_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        make(&one).expect("makes");
        change_some_blocks(&one, &two).expect("changes");
        assert!(same_content(&one, &one).expect("compares"));
        assert!(!same_content(&one, &two).expect("compares"));
        let longer = folder.path().join("longer");
        fs::copy(&one, &longer).expect("copies");
        let file = fs::OpenOptions::new().write(true).open(&longer).expect("opens");
        file.set_len(fs::metadata(&one).expect("a length").len() + 4096).expect("grows");
        assert!(same_content(&one, &longer).expect("compares"), "zeros may follow");
        assert!(!same_content(&longer, &one).expect("compares"), "nothing may be missing");
    }
}
