//! Seeded images: a third holes, and data that is partly compressible and partly not.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::failure::Failure;

const BLOCK_BYTES: u64 = 512 * 1024;
const SEED: u64 = 42;
/// In per cent of all blocks.
const HOLES: u64 = 35;
const COMPRESSIBLE: u64 = 40;
/// One of so many blocks changes on day two.
const CHANGED_ONE_OF: u64 = 50;

/// What an image, or a change of one, has.
pub(super) struct Image {
    pub(super) data_bytes: u64,
    pub(super) blocks: u64,
}

/// xorshift64*: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

impl Image {
    /// Makes an image of `gib` GiB.
    pub(super) fn make(path: &Path, gib: u64) -> Result<Self, Failure> {
        let failed = |source| Failure::File { path: path.to_owned(), source };
        let mut file = File::create(path).map_err(failed)?;
        let blocks = gib * 1024 * 1024 * 1024 / BLOCK_BYTES;
        file.set_len(blocks * BLOCK_BYTES).map_err(failed)?;
        let mut numbers = Numbers(SEED);
        let mut made = Self { data_bytes: 0, blocks: 0 };
        let mut index = 0;
        while index < blocks {
            let extent = (1 + numbers.next() % 32).min(blocks - index);
            let kind = numbers.next() % 100;
            for block in index..index + extent {
                if kind >= HOLES {
                    file.seek(SeekFrom::Start(block * BLOCK_BYTES)).map_err(failed)?;
                    file.write_all(&content(&mut numbers, kind < HOLES + COMPRESSIBLE)).map_err(failed)?;
                    made.data_bytes += BLOCK_BYTES;
                    made.blocks += 1;
                }
            }
            index += extent;
        }
        file.sync_all().map_err(failed)?;
        Ok(made)
    }

    /// Makes a copy of an image in which one of fifty blocks is another, of random bytes, and says how many are.
    pub(super) fn change(from: &Path, to: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::File { path: to.to_owned(), source };
        let (mut source, mut target) = (File::open(from).map_err(failed)?, File::create(to).map_err(failed)?);
        let length = source.metadata().map_err(failed)?.len();
        target.set_len(length).map_err(failed)?;
        let mut numbers = Numbers(SEED + 1);
        let mut block = vec![0; BLOCK_BYTES as usize];
        let mut changed = Self { data_bytes: 0, blocks: 0 };
        for index in 0..length / BLOCK_BYTES {
            source.read_exact(&mut block).map_err(failed)?;
            if numbers.next().is_multiple_of(CHANGED_ONE_OF) {
                block = content(&mut numbers, false);
                changed.blocks += 1;
                changed.data_bytes += BLOCK_BYTES;
            } else if block.iter().all(|byte| *byte == 0) {
                continue;
            }
            target.seek(SeekFrom::Start(index * BLOCK_BYTES)).map_err(failed)?;
            target.write_all(&block).map_err(failed)?;
        }
        target.sync_all().map_err(failed)?;
        Ok(changed)
    }

    /// Whether two files have the same bytes.
    pub(super) fn same(one: &Path, other: &Path) -> Result<bool, Failure> {
        let compare = || -> io::Result<bool> {
            let (mut one, mut other) = (File::open(one)?, File::open(other)?);
            let length = one.metadata()?.len();
            if length != other.metadata()?.len() {
                return Ok(false);
            }
            let (mut first, mut second) = (vec![0; BLOCK_BYTES as usize], vec![0; BLOCK_BYTES as usize]);
            for _ in 0..length / BLOCK_BYTES {
                one.read_exact(&mut first)?;
                other.read_exact(&mut second)?;
                if first != second {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        compare().map_err(|source| Failure::File { path: other.to_owned(), source })
    }
}

/// The block of random bytes that `seed`, which is not 0, names.
pub(super) fn block(seed: u64) -> Vec<u8> {
    content(&mut Numbers(seed), false)
}

/// A block: random bytes, or words drawn from few letters.
fn content(numbers: &mut Numbers, compressible: bool) -> Vec<u8> {
    let mut block = Vec::with_capacity(BLOCK_BYTES as usize);
    while block.len() < BLOCK_BYTES as usize {
        let number = numbers.next();
        match compressible {
            false => block.extend_from_slice(&number.to_le_bytes()),
            true => {
                block.extend(number.to_le_bytes().map(|byte| b"etaoin shrdlu\n.,"[usize::from(byte % 16)]))
            }
        }
    }
    block
}
