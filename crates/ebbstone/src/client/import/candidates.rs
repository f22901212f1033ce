//! Which blocks an import has to look at: those that have data in the image or in the parent.

use std::sync::Arc;

use ebs::BlockIndex;

use super::image::Image;
use crate::client::block_listing::BlockListing;
use crate::client::data_blocks::DataBlocks;
use crate::client::error::ClientError;

/// A block to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Its index.
    pub(super) index: BlockIndex,
    /// Whether the image may have data there.
    pub(super) in_image: bool,
    /// What is known of the parent there.
    pub(super) parent: ParentBlock,
}

/// What is known of a block of the parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ParentBlock {
    /// It reads as zeros.
    Absent,
    /// The parent's image may have data there.
    InImage,
    /// The parent has it; this token reads it.
    InSnapshot(String),
}

/// Where to learn of the parent's blocks.
pub(super) enum ParentBlocks {
    /// There is no parent.
    None,
    /// From its image.
    Image(Arc<Image>, DataBlocks),
    /// From the service.
    Snapshot(Box<BlockListing>),
}

impl ParentBlocks {
    /// The blocks of the parent's image, from `first` on.
    pub(super) fn image(image: Arc<Image>, first: u32) -> Self {
        let blocks = DataBlocks::new(image.length(), first);
        Self::Image(image, blocks)
    }

    async fn peek(&mut self) -> Result<Option<BlockIndex>, ClientError> {
        match self {
            Self::None => Ok(None),
            Self::Image(image, blocks) => blocks.peek(image.file()).map_err(|error| image.scan_failed(error)),
            Self::Snapshot(listing) => Ok(listing.peek().await?.map(|block| block.index)),
        }
    }

    /// The block that was peeked at.
    async fn take(&mut self) -> Result<ParentBlock, ClientError> {
        match self {
            Self::None => Ok(ParentBlock::Absent),
            Self::Image(_, blocks) => {
                blocks.advance();
                Ok(ParentBlock::InImage)
            }
            Self::Snapshot(listing) => {
                let token = listing.next().await?.and_then(|block| block.token);
                Ok(token.map_or(ParentBlock::Absent, ParentBlock::InSnapshot))
            }
        }
    }
}

/// The blocks to look at, ascending, each once.
pub(super) struct Candidates {
    image: Arc<Image>,
    blocks: DataBlocks,
    parent: ParentBlocks,
}

impl Candidates {
    /// Those of this image, from the block `first` on, and of this parent.
    pub(super) fn new(image: Arc<Image>, first: u32, parent: ParentBlocks) -> Self {
        let blocks = DataBlocks::new(image.length(), first);
        Self { image, blocks, parent }
    }

    /// The next one; nothing after the last one.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the image cannot be looked through, or the parent cannot be listed.
    pub(super) async fn next(&mut self) -> Result<Option<Candidate>, ClientError> {
        let here = self.blocks.peek(self.image.file()).map_err(|error| self.image.scan_failed(error))?;
        let there = self.parent.peek().await?;
        let Some(index) = [here, there].into_iter().flatten().min() else {
            return Ok(None);
        };
        let in_image = here == Some(index);
        if in_image {
            self.blocks.advance();
        }
        let parent = if there == Some(index) { self.parent.take().await? } else { ParentBlock::Absent };
        Ok(Some(Candidate { index, in_image, parent }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, ParentBlock, ParentBlocks};
    use crate::client::import::image::Image;
    use ebs::BLOCK_BYTES;
    use std::os::unix::fs::FileExt;
    use std::sync::Arc;

    fn image(blocks: &[u64]) -> (tempfile::NamedTempFile, Arc<Image>) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(10 * BLOCK_BYTES as u64).expect("a length");
        for block in blocks {
            file.as_file().write_all_at(b"data", block * BLOCK_BYTES as u64).expect("a write");
        }
        let image = Image::open(file.path()).expect("an image");
        (file, Arc::new(image))
    }

    #[tokio::test]
    async fn image_and_parent_are_merged() {
        let (_here, here) = image(&[1, 4, 9]);
        let (_there, there) = image(&[0, 4, 5]);
        let mut candidates = Candidates::new(here, 0, ParentBlocks::image(there, 0));
        let mut found = Vec::new();
        while let Some(candidate) = candidates.next().await.expect("a candidate") {
            found.push((candidate.index.0, candidate.in_image, candidate.parent == ParentBlock::InImage));
        }
        let expected =
            [(0, false, true), (1, true, false), (4, true, true), (5, false, true), (9, true, false)];
        assert_eq!(found, expected);
    }
}
