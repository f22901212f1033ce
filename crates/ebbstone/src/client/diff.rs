//! Diff: what changed between two snapshots.

use ebs::{BLOCK_BYTES, SnapshotId};
use serde::Serialize;

use super::Client;
use super::block_listing::BlockListing;
use super::ebs_direct::{ListedBlock, Listing};
use super::error::ClientError;
use super::progress::Progress;

/// What changed between two snapshots of one lineage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DiffReport {
    /// The earlier snapshot.
    #[serde(serialize_with = "super::as_text")]
    pub(crate) first_snapshot_id: SnapshotId,
    /// The later snapshot.
    #[serde(serialize_with = "super::as_text")]
    pub(crate) second_snapshot_id: SnapshotId,
    /// Size of the later one's volume in GiB.
    pub(crate) volume_size: u32,
    /// Blocks that differ, of whichever kind.
    pub(crate) changed_blocks: u64,
    /// Their bytes.
    pub(crate) changed_bytes: u64,
    /// Blocks that only the later one has.
    pub(crate) added_blocks: u64,
    /// Blocks that only the earlier one has.
    pub(crate) removed_blocks: u64,
    /// Blocks that both have, with different bytes.
    pub(crate) rewritten_blocks: u64,
    /// The blocks that differ, ascending; neighbours are joined.
    pub(crate) ranges: Vec<BlockRange>,
}

/// Blocks that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BlockRange {
    /// Index of the first one.
    pub(crate) first_block: u32,
    /// How many there are.
    pub(crate) blocks: u32,
}

impl DiffReport {
    fn new(first: SnapshotId, second: SnapshotId, volume_size: u32) -> Self {
        Self {
            first_snapshot_id: first,
            second_snapshot_id: second,
            volume_size,
            changed_blocks: 0,
            changed_bytes: 0,
            added_blocks: 0,
            removed_blocks: 0,
            rewritten_blocks: 0,
            ranges: Vec::new(),
        }
    }

    fn add(&mut self, block: &ListedBlock) {
        self.changed_blocks += 1;
        self.changed_bytes += BLOCK_BYTES as u64;
        match (&block.first_token, &block.token) {
            (None, _) => self.added_blocks += 1,
            (Some(_), None) => self.removed_blocks += 1,
            (Some(_), Some(_)) => self.rewritten_blocks += 1,
        }
        match self.ranges.last_mut() {
            Some(range) if range.first_block.checked_add(range.blocks) == Some(block.index.0) => {
                range.blocks += 1
            }
            _ => self.ranges.push(BlockRange { first_block: block.index.0, blocks: 1 }),
        }
    }
}

/// What changed from `first` to `second`. No block is read. Tells blocks of the volume. Memory is in proportion to the number of ranges.
///
/// # Errors
///
/// [`ClientError::Refused`] if one of them does not exist or is not completed, or if they are not of one lineage;
/// whatever else keeps a call from its answer.
pub(crate) async fn diff_snapshots(
    client: &Client,
    first: SnapshotId,
    second: SnapshotId,
    progress: &dyn Progress,
) -> Result<DiffReport, ClientError> {
    let mut listing = BlockListing::open(client, Listing::Changed { first, second }).await?;
    let mut report = DiffReport::new(first, second, listing.volume_size().gib());
    let mut told = 0;
    progress.expect(u64::from(listing.volume_size().blocks()));
    while let Some(block) = listing.next().await? {
        let done = u64::from(block.index.0) + 1;
        progress.advance(done - told);
        told = done;
        report.add(&block);
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::{BlockRange, DiffReport};
    use crate::client::ebs_direct::ListedBlock;
    use ebs::BlockIndex;

    #[test]
    fn kinds_are_counted_and_neighbours_joined() {
        let id = "snap-00000001".parse().expect("an id");
        let mut report = DiffReport::new(id, id, 1);
        for (index, first, second) in [(3, true, true), (4, true, false), (5, false, true), (9, false, true)]
        {
            let token = |has: bool| has.then(|| "t".to_owned());
            report.add(&ListedBlock {
                index: BlockIndex(index),
                first_token: token(first),
                token: token(second),
            });
        }
        assert_eq!((report.added_blocks, report.removed_blocks, report.rewritten_blocks), (2, 1, 1));
        assert_eq!((report.changed_blocks, report.changed_bytes), (4, 4 * 524_288));
        let ranges = [(3, 3), (9, 1)].map(|(first_block, blocks)| BlockRange { first_block, blocks });
        assert_eq!(report.ranges, ranges);
    }
}
