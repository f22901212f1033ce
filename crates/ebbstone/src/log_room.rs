//! Room in the log for lines that others can cause in any number.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many lines are written at once.
const AT_ONCE_MAX: u32 = 100;
/// So long it takes until one more may be written.
const EACH: Duration = Duration::from_millis(100);

/// Room for 100 lines at once, 10 a second in the long run. What finds none is counted.
#[derive(Debug)]
pub(crate) struct LogRoom(Mutex<Room>);

/// How many lines may be written.
#[derive(Debug)]
struct Room {
    lines: u32,
    counted: Instant,
    left_out: u64,
}

impl LogRoom {
    /// All of the room.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Room::new(Instant::now())))
    }

    /// Takes a line, and gives how many found no room since the last; nothing if there is none now.
    pub(crate) fn take(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
    }
}

impl Room {
    fn new(now: Instant) -> Self {
        Self { lines: AT_ONCE_MAX, counted: now, left_out: 0 }
    }

    /// Takes a line, and gives how many were refused one since the last; nothing if there is none left.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let passed = now.saturating_duration_since(self.counted);
        let more =
            u32::try_from(passed.as_millis() / EACH.as_millis()).unwrap_or(AT_ONCE_MAX).min(AT_ONCE_MAX);
        if more > 0 {
            self.lines = self.lines.saturating_add(more).min(AT_ONCE_MAX);
            self.counted = now;
        }
        match self.lines.checked_sub(1) {
            Some(lines) => {
                self.lines = lines;
                Some(std::mem::take(&mut self.left_out))
            }
            None => {
                self.left_out += 1;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{AT_ONCE_MAX, EACH, Room};

    #[test]
    fn a_flood_is_logged_up_to_its_bound_and_what_is_left_out_is_counted() {
        let begin = Instant::now();
        let mut room = Room::new(begin);
        for _ in 0..AT_ONCE_MAX {
            assert_eq!(room.take(begin), Some(0));
        }
        for _ in 0..7 {
            assert_eq!(room.take(begin + EACH / 2), None);
        }
        assert_eq!(room.take(begin + EACH), Some(7));
        assert_eq!(room.take(begin + EACH), None);
        let later = begin + EACH * 1_000_000;
        assert_eq!(room.take(later), Some(1));
        for _ in 1..AT_ONCE_MAX {
            assert_eq!(room.take(later), Some(0));
        }
        assert_eq!(room.take(later), None, "time that nobody used does not pile up");
        assert_eq!(room.take(begin), None, "a clock that goes back gives nothing");
    }
}
