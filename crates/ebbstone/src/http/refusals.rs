//! The log of requests that are refused.

use aws_api::error_code::ErrorCode;

use super::Protocol;
use crate::log_room::LogRoom;

/// Longest access key id that is logged, if it is nobody's.
const KEY_ID_CHARS_MAX: usize = 32;

/// Logs why requests are refused: 100 at once, 10 a second in the long run. What is left out is counted.
pub(super) struct Refusals {
    room: LogRoom,
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

impl Refusals {
    pub(super) fn new() -> Self {
        Self { room: LogRoom::new() }
    }

    /// Logs a refusal and says so, if there is room for it.
    pub(super) fn log(&self, refused: &Refused<'_>) -> bool {
        let Some(left_out) = self.room.take() else { return false };
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

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        assert_eq!(shown("AKIAIOSFODNN7EXAMPLE"), Some("AKIAIOSFODNN7EXAMPLE"));
        for text in ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "minio-secret", "A\nB", &"A".repeat(33)] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
