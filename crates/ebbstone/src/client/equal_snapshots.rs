//! Two snapshots at two endpoints that have the same content: what a pull of changes rests on.
//!
//! That they have is proven in one of two ways. A pull leaves a record with the snapshot that it makes: a tag that names
//! both snapshots, so that it says nothing of another snapshot that it is copied to. Where there is no such record all
//! blocks of both are read and compared.

use std::pin::pin;

use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, SnapshotId, Tag};
use futures_util::stream::{self, StreamExt};

use super::block_buffer::BlockBuffers;
use super::block_listing::BlockListing;
use super::ebs_direct::Listing;
use super::ec2::DescribeOrder;
use super::error::ClientError;
use super::progress::Progress;
use super::{CONCURRENCY_MAX, Client};

const RECORD_KEY: &str = "ebbstone:pulled";

/// Two snapshots of the same content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EqualSnapshots {
    there: SnapshotId,
    here: SnapshotId,
    basis: Basis,
}

/// Why they are held to be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basis {
    /// The pull that made one of the other has said so.
    Record,
    /// So many blocks of both were read and compared: all they have.
    Comparison { blocks: u64 },
    /// The user has said so.
    Word,
}

impl EqualSnapshots {
    /// `there` and `here`, one at `destination`, if the pull that made the latter has left the record that they are equal.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if there is no such snapshot, or of whatever keeps the call from its answer.
    pub(crate) async fn of_record(
        there: SnapshotId,
        (destination, here): (&Client, SnapshotId),
    ) -> Result<Option<Self>, ClientError> {
        let recorded = has_record(destination, there, here).await?;
        Ok(recorded.then_some(Self { there, here, basis: Basis::Record }))
    }

    /// `there`, a snapshot at `source`, and `here`, one at `destination`, proven to be equal by reading both.
    ///
    /// # Errors
    ///
    /// [`ClientError::ParentDiffers`] if they are not; [`ClientError`] of whatever keeps a call from its answer.
    pub(crate) async fn by_comparison(
        (source, there): (&Client, SnapshotId),
        (destination, here): (&Client, SnapshotId),
        concurrency: usize,
        progress: &dyn Progress,
    ) -> Result<Self, ClientError> {
        let blocks = compare((source, there), (destination, here), concurrency, progress).await?;
        Ok(Self { there, here, basis: Basis::Comparison { blocks } })
    }

    /// The two, on the word of the user: nothing is looked at.
    pub(crate) fn trust(there: SnapshotId, here: SnapshotId) -> Self {
        Self { there, here, basis: Basis::Word }
    }

    /// The one at the source.
    pub(crate) fn there(&self) -> SnapshotId {
        self.there
    }

    /// The one at the destination.
    pub(crate) fn here(&self) -> SnapshotId {
        self.here
    }

    /// Whether more than the user's word says that they are equal.
    pub(crate) fn is_proven(&self) -> bool {
        self.basis != Basis::Word
    }

    /// How many blocks were read and compared.
    pub(crate) fn blocks_compared(&self) -> u64 {
        match self.basis {
            Basis::Comparison { blocks } => blocks,
            Basis::Record | Basis::Word => 0,
        }
    }
}

/// Leaves the record that `here`, which is being made at `destination`, will have the content of `there`. It may be left
/// before that is so: nothing rests on a snapshot that is not completed. A destination that takes no such tag has none:
/// a later pull compares then.
///
/// # Errors
///
/// [`ClientError`] of what keeps the call from its answer.
pub(crate) async fn record(
    destination: &Client,
    there: SnapshotId,
    here: SnapshotId,
) -> Result<(), ClientError> {
    match destination.create_tag(here, &record_tag(there, here)).await {
        Ok(()) | Err(ClientError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn record_tag(there: SnapshotId, here: SnapshotId) -> Tag {
    Tag { key: RECORD_KEY.to_owned(), value: format!("{there}={here}") }
}

async fn has_record(destination: &Client, there: SnapshotId, here: SnapshotId) -> Result<bool, ClientError> {
    let order = DescribeOrder { snapshots: vec![here], ..DescribeOrder::default() };
    let wanted = record_tag(there, here);
    let found = destination.describe_snapshots(&order).await?;
    let tags = found.iter().flat_map(|snapshot| &snapshot.tags);
    Ok(tags.into_iter().any(|tag| tag.key == wanted.key && tag.value == wanted.value))
}

/// A block that at least one of two snapshots has, with what reads it.
struct Pair {
    index: BlockIndex,
    there: Option<String>,
    here: Option<String>,
}

/// Compares all blocks; how many there were.
async fn compare(
    (source, there): (&Client, SnapshotId),
    (destination, here): (&Client, SnapshotId),
    concurrency: usize,
    progress: &dyn Progress,
) -> Result<u64, ClientError> {
    let listings = (
        BlockListing::open(source, Listing::Present(there)).await?,
        BlockListing::open(destination, Listing::Present(here)).await?,
    );
    let buffers = BlockBuffers::default();
    let digest = async |client: &Client, snapshot, index, token: Option<String>| match token {
        // What a snapshot does not have reads as zeros.
        None => Ok(BlockDigest::ZERO_BLOCK),
        Some(token) => client.get_checked_block(snapshot, index, &token, &buffers).await.map(|read| read.1),
    };
    let pairs = stream::try_unfold(listings, |(mut there, mut here)| async move {
        progress.expect(there.bytes_estimate().max(here.bytes_estimate()));
        Ok::<_, ClientError>(next_pair(&mut there, &mut here).await?.map(|pair| (pair, (there, here))))
    });
    let compared = pairs.map(|pair| async {
        let Pair { index, there: token_there, here: token_here } = pair?;
        let theirs = digest(source, there, index, token_there).await?;
        let ours = digest(destination, here, index, token_here).await?;
        if theirs == ours { Ok(()) } else { Err(ClientError::ParentDiffers { here, there, index }) }
    });
    let mut compared = pin!(compared.buffer_unordered(concurrency.clamp(1, CONCURRENCY_MAX)));
    let mut blocks = 0;
    while let Some(outcome) = compared.next().await {
        outcome?;
        blocks += 1;
        progress.advance(BLOCK_BYTES as u64);
    }
    Ok(blocks)
}

/// The next block of either listing.
async fn next_pair(there: &mut BlockListing, here: &mut BlockListing) -> Result<Option<Pair>, ClientError> {
    let indexes = (there.peek().await?.map(|block| block.index), here.peek().await?.map(|block| block.index));
    let Some(index) = [indexes.0, indexes.1].into_iter().flatten().min() else {
        return Ok(None);
    };
    let mut pair = Pair { index, there: None, here: None };
    if indexes.0 == Some(index) {
        pair.there = there.next().await?.and_then(|block| block.token);
    }
    if indexes.1 == Some(index) {
        pair.here = here.next().await?.and_then(|block| block.token);
    }
    Ok(Some(pair))
}
