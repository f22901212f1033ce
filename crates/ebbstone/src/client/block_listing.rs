//! Listings of blocks, page after page.

use std::collections::VecDeque;

use ebs::{BLOCK_BYTES, VolumeSize};

use super::Client;
use super::ebs_direct::{BlockPage, ListedBlock, Listing, PageStart};
use super::error::ClientError;

/// Blocks in a page: the most there may be.
const PAGE: u32 = ebs::limits::LIST_BLOCKS_PAGE.1;
/// Most pages without a block, one after the other.
const EMPTY_PAGES_MAX: u32 = 1_000;

/// The blocks of a listing in ascending order, with one page of them in memory.
///
/// A page that has blocks is followed by asking for the block after its last one, not by its token: such tokens end
/// after an hour, and a page's blocks may take longer than that to transfer.
pub(crate) struct BlockListing {
    client: Client,
    listing: Listing,
    page: VecDeque<ListedBlock>,
    next: Option<PageStart>,
    volume_size: VolumeSize,
    blocks_seen: u64,
    last_seen: Option<u32>,
}

impl BlockListing {
    /// The listing from its beginning, its first page read.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if there is no such snapshot, or it cannot be listed.
    pub(crate) async fn open(client: &Client, listing: Listing) -> Result<Self, ClientError> {
        Self::open_at(client, listing, 0).await
    }

    /// The listing from the block `first` on, its first page read.
    ///
    /// # Errors
    ///
    /// As [`BlockListing::open`].
    pub(crate) async fn open_at(client: &Client, listing: Listing, first: u32) -> Result<Self, ClientError> {
        let page = client.list_blocks(listing, &PageStart::Index(first), PAGE).await?;
        let mut opened = Self {
            client: client.clone(),
            listing,
            page: VecDeque::new(),
            next: None,
            volume_size: page.volume_size,
            blocks_seen: 0,
            last_seen: first.checked_sub(1),
        };
        opened.take_in(page)?;
        Ok(opened)
    }

    /// Size of the volume; of the later snapshot's, of two.
    pub(crate) fn volume_size(&self) -> VolumeSize {
        self.volume_size
    }

    /// The next block, left where it is; nothing after the last one.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the next page cannot be read.
    pub(crate) async fn peek(&mut self) -> Result<Option<&ListedBlock>, ClientError> {
        let mut empty_pages = 0;
        while self.page.is_empty() {
            let Some(from) = self.next.take() else {
                return Ok(None);
            };
            if empty_pages == EMPTY_PAGES_MAX {
                return Err(ClientError::Answer {
                    operation: "ListSnapshotBlocks",
                    problem: "the pages do not end",
                });
            }
            empty_pages += 1;
            let page = self.client.list_blocks(self.listing, &from, PAGE).await?;
            self.take_in(page)?;
        }
        Ok(self.page.front())
    }

    /// The next block; nothing after the last one.
    ///
    /// # Errors
    ///
    /// As [`BlockListing::peek`].
    pub(crate) async fn next(&mut self) -> Result<Option<ListedBlock>, ClientError> {
        self.peek().await?;
        Ok(self.page.pop_front())
    }

    /// How many bytes all listed blocks have: exact once the last page is there, and until then on the assumption
    /// that the rest of the volume is as full as what has been seen of it.
    pub(crate) fn bytes_estimate(&self) -> u64 {
        let blocks = match (&self.next, self.last_seen) {
            (Some(_), Some(last)) => {
                u64::from(self.volume_size.blocks()) * self.blocks_seen / (u64::from(last) + 1)
            }
            _ => self.blocks_seen,
        };
        blocks * BLOCK_BYTES as u64
    }

    fn take_in(&mut self, page: BlockPage) -> Result<(), ClientError> {
        let first = page.blocks.first().map(|block| block.index.0);
        if first.is_some() && self.last_seen >= first {
            return Err(ClientError::Answer {
                operation: "ListSnapshotBlocks",
                problem: "a page goes back behind the one before",
            });
        }
        self.last_seen = page.blocks.last().map(|block| block.index.0).or(self.last_seen);
        self.blocks_seen += page.blocks.len() as u64;
        self.next = match (page.next_token, page.blocks.last()) {
            (None, _) => None,
            (Some(_), Some(last)) => last.index.0.checked_add(1).map(PageStart::Index),
            (Some(token), None) => Some(PageStart::Token(token)),
        };
        self.page = page.blocks.into();
        Ok(())
    }
}
