//! The log of requests that are refused.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use aws_api::error_code::ErrorCode;

use super::Protocol;

/// So many refusals are logged at once.
const AT_ONCE_MAX: u32 = 100;
/// So long it takes until one more may be logged.
const EACH: Duration = Duration::from_millis(100);
/// Longest access key id that is logged, if it is nobody's.
const KEY_ID_CHARS_MAX: usize = 32;

/// Logs why requests are refused: 100 at once, 10 a second in the long run. What is left out is counted.
pub(super) struct Refusals {
    room: Mutex<Room>,
}

/// A refused request, as the log names it.
pub(super) struct Refused<'a> {
    pub(super) request_id: &'a str,
    pub(super) protocol: Protocol,
    /// The action that was asked for, once the signature was found to be right.
    pub(super) action: Option<&'static str>,
    /// The access key that the request was signed with, or claims to be.
    pub(super) access_key_id: Option<&'a str>,
    pub(super) code: &'a ErrorCode,
}

/// How many lines may be written.
struct Room {
    lines: u32,
    counted: Instant,
    left_out: u64,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { room: Mutex::new(Room::new(Instant::now())) }
    }

    /// Logs a refusal and says so, if there is room for it.
    pub(super) fn log(&self, refused: &Refused<'_>) -> bool {
        let taken = self.room.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
        let Some(left_out) = taken else { return false };
        if left_out > 0 {
            tracing::info!(left_out, "refused requests were left out of the log");
        }
        let ErrorCode { status, code, reason, .. } = refused.code;
        tracing::info!(
            request_id = refused.request_id,
            protocol = refused.protocol.name(),
            action = refused.action,
            access_key_id = refused.access_key_id,
            status,
            code,
            reason,
            "refused"
        );
        true
    }
}

/// An access key id that nobody has, if it can be shown: what has small letters or signs in it may be a secret that was
/// put in the wrong place.
pub(super) fn shown(unknown_access_key_id: &str) -> Option<&str> {
    let is_of_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let shown =
        unknown_access_key_id.len() <= KEY_ID_CHARS_MAX && unknown_access_key_id.bytes().all(is_of_id);
    shown.then_some(unknown_access_key_id)
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

    use super::{AT_ONCE_MAX, EACH, Room, shown};

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

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        assert_eq!(shown("AKIAIOSFODNN7EXAMPLE"), Some("AKIAIOSFODNN7EXAMPLE"));
        for text in ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "minio-secret", "A\nB", &"A".repeat(33)] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
