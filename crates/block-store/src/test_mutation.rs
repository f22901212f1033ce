//! Mutants of stored bytes, the same in every run.

use ebs::Randomness;

use crate::bytes_io::crc32c;
use crate::test_randomness::Seeded;

/// Numbers that break arithmetic which trusts them.
const NUMBERS: [u32; 6] = [0, 1, 512, 1 << 16, i32::MAX as u32, u32::MAX];

/// `bytes` with one byte changed, for every byte.
pub(crate) fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).map(|at| {
        let mut mutant = bytes.to_vec();
        mutant[at] ^= 1 << (at % 8);
        mutant
    })
}

/// `bytes` cut off at every length, the longest last, and with more behind them.
pub(crate) fn truncated(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let longer = [1, 16, 264].map(|more| [bytes, &vec![0; more]].concat());
    (0..bytes.len()).map(|length| bytes[..length].to_vec()).chain(longer)
}

/// `bytes` with one of [`NUMBERS`] in every place where a field of 32 bits may lie.
pub(crate) fn renumbered(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() / 4).flat_map(|field| NUMBERS.map(|number| (field, number))).map(|(field, number)| {
        let mut mutant = bytes.to_vec();
        mutant[field * 4..][..4].copy_from_slice(&number.to_le_bytes());
        mutant
    })
}

/// `count` mutants in which a piece of `bytes` or of `other` was put over, taken out or put between.
pub(crate) fn spliced(bytes: &[u8], other: &[u8], count: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(move |seed| {
        let mut drawn = [0; 16];
        Seeded::new(seed).fill(&mut drawn);
        let [how, from, to, length] = [0, 4, 8, 12]
            .map(|at| u32::from_le_bytes([drawn[at], drawn[at + 1], drawn[at + 2], drawn[at + 3]]));
        let source = if how % 2 == 0 { bytes } else { other };
        let from = from as usize % source.len();
        let piece = &source[from..source.len().min(from + 1 + length as usize % 300)];
        let to = to as usize % bytes.len();
        let end = bytes.len().min(to + piece.len());
        match how % 3 {
            0 => [&bytes[..to], &piece[..end - to], &bytes[end..]].concat(),
            1 => [&bytes[..to], piece, &bytes[to..]].concat(),
            _ => [&bytes[..to], &bytes[end..]].concat(),
        }
    })
}

/// All kinds of mutants that are not `bytes`.
pub(crate) fn mutants(bytes: &[u8], other: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let all =
        flipped(bytes).chain(truncated(bytes)).chain(renumbered(bytes)).chain(spliced(bytes, other, 2_000));
    all.filter(move |mutant| mutant != bytes)
}

/// `bytes` whose last four are the CRC-32C of those before them: what passes the checksum and is wrong all the same.
pub(crate) fn with_crc(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some((covered, crc)) = bytes.split_last_chunk_mut::<4>() {
        *crc = crc32c(covered).to_le_bytes();
    }
    bytes
}
