//! A bound on the bytes that all work together holds in memory.

use std::sync::Arc;

use bytes::Bytes;
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
    permit: Option<OwnedSemaphorePermit>,
}

/// Bytes and the share that they fill.
struct Held<B> {
    bytes: B,
    _share: MemoryPermit,
}

const UNIT_BYTES: u64 = 1024;

impl MemoryBudget {
    /// A budget of `bytes`.
    pub fn new(bytes: u64) -> Self {
        let total = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).max(1);
        Self { permits: Arc::new(Semaphore::new(total as usize)), total }
    }

    /// The whole budget, in bytes.
    pub fn bytes(&self) -> u64 {
        u64::from(self.total) * UNIT_BYTES
    }

    /// Waits for a share of `bytes`; for the whole budget if it is smaller. Cancelling the wait takes nothing.
    pub async fn take(&self, bytes: u64) -> MemoryPermit {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).min(self.total);
        // The semaphore is never closed, so a share is always given in the end.
        MemoryPermit { permit: Arc::clone(&self.permits).acquire_many_owned(units).await.ok() }
    }
}

impl MemoryPermit {
    /// Gives back what is more than `bytes`.
    pub fn shrink(&mut self, bytes: u64) {
        let kept = usize::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(usize::MAX);
        if let Some(permit) = &mut self.permit {
            drop(permit.split(permit.num_permits().saturating_sub(kept)));
        }
    }

    /// `bytes`, which hold this share until they and everything cut from them are dropped.
    pub fn hold(self, bytes: impl AsRef<[u8]> + Send + 'static) -> Bytes {
        Bytes::from_owner(Held { bytes, _share: self })
    }
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Held<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
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

    #[tokio::test]
    async fn a_share_shrinks_to_what_is_filled_and_never_grows() {
        let budget = MemoryBudget::new(10 * 1024);
        let mut share = budget.take(10 * 1024).await;
        share.shrink(7 * 1024 + 1);
        share.shrink(u64::MAX);
        let _rest = budget.take(2 * 1024).await;
        assert!(tokio::time::timeout(Duration::from_millis(20), budget.take(1)).await.is_err());
        share.shrink(0);
        let _all = budget.take(8 * 1024).await;
    }

    #[tokio::test]
    async fn bytes_hold_their_share_until_the_last_part_of_them_is_gone() {
        let budget = MemoryBudget::new(1024);
        let bytes = budget.take(1024).await.hold(vec![1, 2, 3]);
        let part = bytes.slice(2..);
        drop(bytes);
        assert!(tokio::time::timeout(Duration::from_millis(20), budget.take(1)).await.is_err());
        assert_eq!(*part, [3]);
        drop(part);
        let _free = budget.take(1024).await;
    }
}
