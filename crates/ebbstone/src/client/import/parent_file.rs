//! Whether a file is the image of a snapshot, as far as can be told without reading the snapshot.
//!
//! What is compared: which blocks have data, all of them; and the content of up to 128 blocks, drawn at random: half of
//! them where the snapshot has a block and the file a hole. A file that differs in few blocks of many may pass.

use std::pin::pin;
use std::sync::Arc;

use ebs::{BlockDigest, BlockIndex, Randomness, SnapshotId};
use futures_util::stream::{self, StreamExt};

use super::image::Image;
use crate::client::block_buffer::{BlockBuffers, is_zero};
use crate::client::block_listing::BlockListing;
use crate::client::data_blocks::DataBlocks;
use crate::client::ebs_direct::Listing;
use crate::client::error::ClientError;
use crate::client::{CONCURRENCY_DEFAULT, Client, block_checksum, off_the_loop};

/// Most blocks of a kind that are read.
const SAMPLE_BLOCKS: usize = 64;

/// Checks that `image` does not show itself to be another image than that of `snapshot`.
///
/// # Errors
///
/// [`ClientError::ParentFileDiffers`] if it does; [`ClientError`] of the file, or of whatever keeps a call from its
/// answer.
pub(super) async fn check(
    client: &Client,
    snapshot: SnapshotId,
    image: &Arc<Image>,
) -> Result<(), ClientError> {
    let differs = |index| ClientError::ParentFileDiffers { path: image.path().to_owned(), snapshot, index };
    let buffers = BlockBuffers::default();
    let mut listing = BlockListing::open(client, Listing::Present(snapshot)).await?;
    let mut blocks = DataBlocks::new(image.length(), 0);
    let (mut in_both, mut in_holes) = (Sample::default(), Sample::default());
    loop {
        let in_file = blocks.peek(image.file()).map_err(|error| image.scan_failed(error))?;
        let in_snapshot = listing.peek().await?.map(|block| block.index);
        let Some(index) = [in_file, in_snapshot].into_iter().flatten().min() else {
            break;
        };
        let has_data = in_file == Some(index);
        if has_data {
            blocks.advance();
        }
        if in_snapshot == Some(index) {
            let token = listing.next().await?.and_then(|block| block.token).unwrap_or_default();
            let sample = if has_data { &mut in_both } else { &mut in_holes };
            sample.offer((index, token), &*client.randomness);
        } else if digest(image, index, &buffers).await? != BlockDigest::ZERO_BLOCK {
            return Err(differs(index));
        }
    }
    let drawn = stream::iter(in_both.items.into_iter().chain(in_holes.items));
    let read = drawn.map(|(index, token)| {
        let buffers = &buffers;
        async move {
            let (_, theirs) = client.get_checked_block(snapshot, index, &token, buffers).await?;
            Ok::<_, ClientError>((index, theirs == digest(image, index, buffers).await?))
        }
    });
    let mut read = pin!(read.buffer_unordered(CONCURRENCY_DEFAULT));
    while let Some(read) = read.next().await {
        let (index, equal) = read?;
        if !equal {
            return Err(differs(index));
        }
    }
    Ok(())
}

async fn digest(
    image: &Arc<Image>,
    index: BlockIndex,
    buffers: &BlockBuffers,
) -> Result<BlockDigest, ClientError> {
    let image = Arc::clone(image);
    let mut buffer = buffers.take();
    off_the_loop(move || {
        image.read(index, buffer.block_mut())?;
        let zero = is_zero(buffer.as_ref());
        Ok(if zero { BlockDigest::ZERO_BLOCK } else { block_checksum::digest(buffer.as_ref()) })
    })
    .await
}

/// Up to [`SAMPLE_BLOCKS`] of the items that were offered, each as likely as every other.
struct Sample<T> {
    items: Vec<T>,
    offered: u64,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Self { items: Vec::new(), offered: 0 }
    }
}

impl<T> Sample<T> {
    fn offer(&mut self, item: T, randomness: &dyn Randomness) {
        self.offered += 1;
        if self.items.len() < SAMPLE_BLOCKS {
            self.items.push(item);
            return;
        }
        let place = randomness.next_u64() % self.offered;
        if let Some(kept) = usize::try_from(place).ok().and_then(|place| self.items.get_mut(place)) {
            *kept = item;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SAMPLE_BLOCKS, Sample};
    use crate::system::SystemRandomness;

    #[test]
    fn a_sample_has_all_there_is_or_as_many_as_it_may() {
        for offered in [0, 1, SAMPLE_BLOCKS, 100 * SAMPLE_BLOCKS] {
            let mut sample = Sample::default();
            (0..offered).for_each(|item| sample.offer(item, &SystemRandomness));
            assert_eq!(sample.items.len(), offered.min(SAMPLE_BLOCKS));
            sample.items.sort_unstable();
            sample.items.dedup();
            assert_eq!(sample.items.len(), offered.min(SAMPLE_BLOCKS), "each at most once");
        }
    }

    #[test]
    fn what_comes_last_is_drawn_too() {
        let late = (0..100).any(|_| {
            let mut sample = Sample::default();
            (0..2 * SAMPLE_BLOCKS).for_each(|item| sample.offer(item, &SystemRandomness));
            sample.items.iter().any(|item| *item >= SAMPLE_BLOCKS)
        });
        assert!(late);
    }
}
