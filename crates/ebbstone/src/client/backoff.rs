//! How long to wait before a request is tried again.

use std::time::Duration;

use ebs::Randomness;

const FIRST_MS: u64 = 100;
const LONGEST_MS: u64 = 10_000;

/// The pause before the attempt after `failures` failed ones: random up to a bound that doubles with each failure,
/// from 100 ms to 10 s, so that clients that failed together do not come back together.
pub(crate) fn pause(failures: u32, randomness: &dyn Randomness) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let bound = (FIRST_MS << doublings).min(LONGEST_MS);
    Duration::from_millis(randomness.next_u64() % (bound + 1))
}

#[cfg(test)]
mod tests {
    use super::pause;
    use ebs::Randomness;

    struct Ones;

    impl Randomness for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn pauses_stay_within_their_bound() {
        for (failures, bound) in [(0, 100), (1, 100), (2, 200), (5, 1_600), (8, 10_000), (u32::MAX, 10_000)] {
            assert!(pause(failures, &Ones).as_millis() <= bound, "{failures}");
        }
    }
}
