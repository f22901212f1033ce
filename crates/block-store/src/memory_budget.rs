//! A bound on the bytes that all work together holds in memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A budget of bytes, shared by everything that holds blocks in memory. Who asks first is served first, so that
/// small work is not starved by large work.
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    permits: Arc<Semaphore>,
    total: u32,
}

/// A share of the budget, given back when it is dropped.
#[derive(Debug)]
#[must_use = "the share is given back when this is dropped"]
pub struct MemoryPermit {
    _permit: Option<OwnedSemaphorePermit>,
}

const UNIT_BYTES: u64 = 1024;

impl MemoryBudget {
    /// A budget of `bytes`.
    pub fn new(bytes: u64) -> Self {
        let total = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).max(1);
        Self { permits: Arc::new(Semaphore::new(total as usize)), total }
    }

    /// Waits for a share of `bytes`; for the whole budget if it is smaller. Cancelling the wait takes nothing.
    pub async fn take(&self, bytes: u64) -> MemoryPermit {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).min(self.total);
        // The semaphore is never closed, so a share is always given in the end.
        MemoryPermit { _permit: Arc::clone(&self.permits).acquire_many_owned(units).await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::MemoryBudget;

    #[tokio::test]
    async fn shares_wait_for_each_other_and_the_largest_is_the_whole() {
        let budget = MemoryBudget::new(10 * 1024);
        let whole = budget.take(u64::MAX).await;
        assert!(tokio::time::timeout(Duration::from_millis(20), budget.take(1)).await.is_err());
        drop(whole);
        let (_half, _other_half) = (budget.take(5 * 1024).await, budget.take(5 * 1024).await);
        assert!(tokio::time::timeout(Duration::from_millis(20), budget.take(1)).await.is_err());
    }
}
