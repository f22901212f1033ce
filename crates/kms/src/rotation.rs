//! When keys rotate by themselves.

use ebs::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// The next moment after `now` at which a key rotates that was to rotate at `due` and does so every `period_days`:
/// the first that is a whole number of periods later than `due`. A rotation that nobody was there to make is made
/// once, however often it was due.
///
/// A key whose rotation is enabled at `now` is due then, and rotates one period later. A period of 0 days counts as 1.
pub fn next_rotation(due: Timestamp, period_days: u32, now: Timestamp) -> Timestamp {
    let period_ms = i64::from(period_days.max(1)) * DAY_MS;
    let periods = now.ms_since(due).div_euclid(period_ms).max(0).saturating_add(1);
    due.plus_ms(periods.saturating_mul(period_ms))
}

#[cfg(test)]
mod tests {
    use ebs::Timestamp;
    use proptest::prelude::*;

    use super::{DAY_MS, next_rotation};

    #[test]
    fn a_rotation_follows_one_period_after_the_last() {
        let enabled = Timestamp(1_000);
        let first = next_rotation(enabled, 365, enabled);
        assert_eq!(first, Timestamp(1_000 + 365 * DAY_MS));
        assert_eq!(next_rotation(first, 365, first), Timestamp(1_000 + 730 * DAY_MS));
        assert_eq!(next_rotation(first, 365, first.plus_ms(5)), Timestamp(1_000 + 730 * DAY_MS));
    }

    #[test]
    fn rotations_that_nobody_made_are_made_up_for_once() {
        let due = Timestamp(1_000);
        let late = due.plus_ms(3 * 90 * DAY_MS + 7);
        assert_eq!(next_rotation(due, 90, late), due.plus_ms(4 * 90 * DAY_MS));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_bring_a_rotation_forward() {
        let due = Timestamp(100 * DAY_MS);
        assert_eq!(next_rotation(due, 90, Timestamp(0)), Timestamp(190 * DAY_MS));
    }

    proptest! {
        #[test]
        fn the_next_rotation_is_later_than_now_and_within_a_period(
            due in -DAY_MS * 10_000..DAY_MS * 100_000,
            late_ms in 0..DAY_MS * 10_000,
            period_days in 1..3_000_u32,
        ) {
            let (due, now) = (Timestamp(due), Timestamp(due + late_ms));
            let next = next_rotation(due, period_days, now);
            let period_ms = i64::from(period_days) * DAY_MS;
            prop_assert!(next > now && next.ms_since(now) <= period_ms);
            prop_assert_eq!(next.ms_since(due) % period_ms, 0);
        }

        #[test]
        fn no_moment_and_no_period_panics(due in any::<i64>(), now in any::<i64>(), period_days in any::<u32>()) {
            prop_assert!(next_rotation(Timestamp(due), period_days, Timestamp(now)) >= Timestamp(due));
        }
    }
}
