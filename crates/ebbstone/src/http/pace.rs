//! How slowly bytes may move between a client and us.

use std::time::Duration;

use tokio::time::Instant;

/// Least rate at which bytes must move, on average: a block of 512 KiB within 32 seconds and the patience below.
const BYTES_PER_SECOND_MIN: u64 = 16 * 1024;
/// How long nothing at all may move, and how far behind the rate a client may fall.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pace of one body, or of what is written to one connection. Bytes that came early are credit for at most
/// [`PATIENCE`], so that nobody who stands still is waited for longer than that.
pub(super) struct Pace {
    deadline: Instant,
}

impl Pace {
    /// A pace that begins now.
    pub(super) fn begin() -> Self {
        Self { deadline: Instant::now() + PATIENCE }
    }

    /// The moment by which more must have moved.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Notes that `bytes` have moved.
    pub(super) fn moved(&mut self, bytes: usize) {
        let micros = (bytes as u64).saturating_mul(1_000_000) / BYTES_PER_SECOND_MIN;
        let earned = self.deadline.checked_add(Duration::from_micros(micros)).unwrap_or(self.deadline);
        self.deadline = earned.min(Instant::now() + PATIENCE);
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES_PER_SECOND_MIN, PATIENCE, Pace};
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn bytes_earn_time_and_never_more_than_the_patience() {
        let behind = Instant::now() + Duration::from_secs(2);
        let mut pace = Pace { deadline: behind };
        pace.moved(0);
        assert_eq!(pace.deadline(), behind, "nothing earns nothing");
        pace.moved(BYTES_PER_SECOND_MIN as usize);
        assert_eq!(pace.deadline(), behind + Duration::from_secs(1), "a second's worth earns a second");
        pace.moved(usize::MAX);
        assert!(pace.deadline() <= Instant::now() + PATIENCE, "no credit lasts longer than the patience");
    }
}
