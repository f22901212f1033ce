//! Memory for blocks between clients and the store, and for long answers.

use std::time::Duration;

use aws_api::ApiError;
use block_store::{MemoryBudget, MemoryPermit};
use ebs::BLOCK_BYTES;

use super::failure::Failure;

/// Memory that a block on its way fills: its bytes as they came, and sealed.
const BLOCK_MEMORY_BYTES: u64 = 2 * BLOCK_BYTES as u64;
/// Longest wait for memory, after which a client is told to try again. Shorter than the time for which a client that
/// stands still can hold some.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Eighths of the budget that blocks may fill while they wait for clients, in each direction: however slow they are,
/// those who write do not keep out those who read, nor the other way round.
const BLOCK_EIGHTHS: u64 = 3;
/// Eighths of the budget that listings may fill, so that neither keeps out the other. An eighth is left to jobs.
const LISTING_EIGHTHS: u64 = 1;
/// Longest wait for memory in the midst of an answer, after which it is cut off. Those who hold memory then must take
/// what fills it at a least pace.
const NEXT_PART_WAIT_MAX: Duration = Duration::from_secs(60);

/// The part of the service's memory budget that blocks and listings on the wire may fill. Clones are the same part.
#[derive(Clone)]
pub(super) struct BlockMemory {
    all: MemoryBudget,
    arriving: MemoryBudget,
    leaving: MemoryBudget,
    listing: MemoryBudget,
}

/// Memory for a block that a client sends.
pub(super) struct Arriving {
    /// Held while the client sends.
    pub(super) sending: MemoryPermit,
    /// Held until the block is written.
    pub(super) block: MemoryPermit,
}

/// Memory for what a client asks for, held until the client has taken it.
pub(super) struct Leaving {
    taking: MemoryPermit,
    block: MemoryPermit,
}

impl BlockMemory {
    pub(super) fn new(all: MemoryBudget) -> Self {
        let part = |eighths| MemoryBudget::new(all.bytes() / 8 * eighths);
        let (arriving, leaving) = (part(BLOCK_EIGHTHS), part(BLOCK_EIGHTHS));
        Self { arriving, leaving, listing: part(LISTING_EIGHTHS), all }
    }

    /// Memory for a block that a client is about to send.
    ///
    /// # Errors
    /// [`ApiError::Unavailable`] if none is free soon.
    pub(super) async fn arriving(&self) -> Result<Arriving, Failure> {
        let (sending, block) = take_soon(self.take(&self.arriving, BLOCK_MEMORY_BYTES)).await?;
        Ok(Arriving { sending, block })
    }

    /// Memory for a block that is about to be read and sent to a client.
    ///
    /// # Errors
    /// [`ApiError::Unavailable`] if none is free soon.
    pub(super) async fn leaving(&self) -> Result<Leaving, Failure> {
        let (taking, block) = take_soon(self.take(&self.leaving, BLOCK_MEMORY_BYTES)).await?;
        Ok(Leaving { taking, block })
    }

    /// Memory for a listing that is made of at most `bytes`, or for its first part.
    ///
    /// # Errors
    /// [`ApiError::Unavailable`] if none is free soon.
    pub(super) async fn listing(&self, bytes: u64) -> Result<Leaving, Failure> {
        let (taking, block) = take_soon(self.take(&self.listing, bytes)).await?;
        Ok(Leaving { taking, block })
    }

    /// As [`BlockMemory::listing`], for another part of an answer whose beginning the client has: the wait is longer,
    /// because there is no way back. Nothing if it was in vain.
    pub(super) async fn next_part(&self, bytes: u64) -> Option<Leaving> {
        let taken = tokio::time::timeout(NEXT_PART_WAIT_MAX, self.take(&self.listing, bytes)).await;
        taken.ok().map(|(taking, block)| Leaving { taking, block })
    }

    /// The part first: who waits for a client's share holds nothing that others need.
    async fn take(&self, part: &MemoryBudget, bytes: u64) -> (MemoryPermit, MemoryPermit) {
        // No more than the part ever has, so that a small one does not ask for what all others share.
        let bytes = bytes.min(part.bytes());
        (part.take(bytes).await, self.all.take(bytes).await)
    }
}

impl Leaving {
    /// `block` as bytes that hold this memory for as long as they live, wherever they are copied to by reference.
    pub(super) fn hold(self, block: Vec<u8>) -> bytes::Bytes {
        self.taking.hold(self.block.hold(block))
    }

    /// As [`Leaving::hold`], after giving back what `listing` does not fill.
    pub(super) fn hold_exactly(mut self, mut listing: Vec<u8>) -> bytes::Bytes {
        listing.shrink_to_fit();
        let bytes = listing.len() as u64;
        self.taking.shrink(bytes);
        self.block.shrink(bytes);
        self.hold(listing)
    }
}

/// What `taking` gives, if it does so soon.
///
/// # Errors
/// [`ApiError::Unavailable`] if not: the client tries again.
pub(super) async fn take_soon<T>(taking: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(WAIT_MAX, taking).await.map_err(|_| ApiError::Unavailable.into())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::{BLOCK_MEMORY_BYTES, BlockMemory, MemoryBudget};

    #[tokio::test]
    async fn senders_takers_and_listings_do_not_keep_each_other_out_and_leave_an_eighth() {
        let all = MemoryBudget::new(8 * BLOCK_MEMORY_BYTES);
        let memory = BlockMemory::new(all.clone());
        let mut sending = Vec::new();
        while let Some(Ok(arriving)) = memory.arriving().now_or_never() {
            sending.push(arriving);
        }
        let mut taking = Vec::new();
        while let Some(Ok(leaving)) = memory.leaving().now_or_never() {
            taking.push(leaving);
        }
        assert_eq!((sending.len(), taking.len()), (3, 3));
        let listing = memory.listing(u64::MAX).now_or_never().and_then(Result::ok);
        let listed = listing.expect("there is a part for listings").hold_exactly(vec![7; 1024]);
        assert!(memory.listing(BLOCK_MEMORY_BYTES).now_or_never().is_none(), "a kilobyte of it is filled");
        assert!(memory.listing(BLOCK_MEMORY_BYTES - 1024).now_or_never().is_some(), "and no more");
        assert!(
            all.take(2 * BLOCK_MEMORY_BYTES - 1024).now_or_never().is_some(),
            "an eighth is left to jobs"
        );
        drop(listed);
        let sent = sending.pop().expect("three are sending");
        drop(sent.sending);
        assert!(memory.arriving().now_or_never().is_some(), "a block that has come lets the next one come");
    }

    #[tokio::test]
    async fn a_block_holds_its_memory_until_its_last_bytes_are_gone() {
        let memory = BlockMemory::new(MemoryBudget::new(8 * BLOCK_MEMORY_BYTES));
        let take = || memory.leaving().now_or_never().and_then(Result::ok);
        let held: Vec<_> = (0..3).filter_map(|_| take()).map(|leaving| leaving.hold(vec![7; 16])).collect();
        assert_eq!(held.len(), 3);
        let rest: Vec<_> = held.iter().map(|block| block.slice(15..)).collect();
        drop(held);
        assert!(take().is_none(), "a slice of the bytes still holds them");
        drop(rest);
        assert!(take().is_some());
    }
}
