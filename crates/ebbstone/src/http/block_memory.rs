//! Memory for blocks between clients and the store.

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
/// Eighths of the budget that may be waiting for clients, in each direction: however slow they are, those who write
/// do not keep out those who read, nor the other way round, and a quarter is left to jobs.
const EIGHTHS: u64 = 3;

/// The part of the service's memory budget that blocks on the wire may fill.
pub(super) struct BlockMemory {
    all: MemoryBudget,
    arriving: MemoryBudget,
    leaving: MemoryBudget,
}

/// Memory for a block that a client sends.
pub(super) struct Arriving {
    /// Held while the client sends.
    pub(super) sending: MemoryPermit,
    /// Held until the block is written.
    pub(super) block: MemoryPermit,
}

/// Memory for a block that a client asks for, held until the client has taken it.
pub(super) struct Leaving {
    taking: MemoryPermit,
    block: MemoryPermit,
}

impl BlockMemory {
    pub(super) fn new(all: MemoryBudget) -> Self {
        let part = || MemoryBudget::new(all.bytes() / 8 * EIGHTHS);
        Self { arriving: part(), leaving: part(), all }
    }

    /// Memory for a block that a client is about to send.
    ///
    /// # Errors
    /// [`ApiError::Unavailable`] if none is free soon.
    pub(super) async fn arriving(&self) -> Result<Arriving, Failure> {
        let (sending, block) = self.take(&self.arriving).await?;
        Ok(Arriving { sending, block })
    }

    /// Memory for a block that is about to be read and sent to a client.
    ///
    /// # Errors
    /// [`ApiError::Unavailable`] if none is free soon.
    pub(super) async fn leaving(&self) -> Result<Leaving, Failure> {
        let (taking, block) = self.take(&self.leaving).await?;
        Ok(Leaving { taking, block })
    }

    /// The part first: who waits for a client's share holds nothing that others need.
    async fn take(&self, part: &MemoryBudget) -> Result<(MemoryPermit, MemoryPermit), Failure> {
        take_soon(async { (part.take(BLOCK_MEMORY_BYTES).await, self.all.take(BLOCK_MEMORY_BYTES).await) })
            .await
    }
}

impl Leaving {
    /// `block` as bytes that hold this memory for as long as they live, wherever they are copied to by reference.
    pub(super) fn hold(self, block: Vec<u8>) -> bytes::Bytes {
        self.taking.hold(self.block.hold(block))
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
    async fn senders_and_takers_do_not_keep_each_other_out_and_leave_a_quarter() {
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
        assert!(all.take(2 * BLOCK_MEMORY_BYTES).now_or_never().is_some(), "a quarter is left to jobs");
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
