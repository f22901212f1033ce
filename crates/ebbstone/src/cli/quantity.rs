//! Quantities as people write and read them.

use std::time::Duration;

/// `bytes` in the largest binary unit of which there is at least one.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (bytes.max(1).ilog2() / 10).min(4) as usize;
    let tenths = (u128::from(bytes) * 10) >> (10 * power);
    let whole_bytes = power == 0 || tenths.is_multiple_of(10);
    let number =
        if whole_bytes { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) };
    format!("{number} {}", UNITS[power])
}

/// What a text is not that should be a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a length of time is a whole number of s, m, h or d: 90, 90s, 15m, 2h, 1d")]
pub(super) struct NotADuration;

/// The length of time that `text` says, in seconds unless it has another unit.
///
/// # Errors
///
/// [`NotADuration`] if it says none, or one of more than 100 years.
pub(super) fn parse_duration(text: &str) -> Result<Duration, NotADuration> {
    const SECONDS_MAX: u64 = 100 * 366 * 86_400;
    let digits = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let seconds_each = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(NotADuration),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(NotADuration);
    }
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds_each));
    seconds.filter(|seconds| *seconds <= SECONDS_MAX).map(Duration::from_secs).ok_or(NotADuration)
}

#[cfg(test)]
mod tests {
    use super::{bytes, parse_duration};

    #[test]
    fn bytes_have_a_fitting_unit() {
        for (number, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1 KiB"),
            (524_288, "512 KiB"),
            (1_572_864, "1.5 MiB"),
            (1 << 30, "1 GiB"),
            (64 << 40, "64 TiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, seconds) in
            [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("2h", 7_200), ("1d", 86_400)]
        {
            assert_eq!(parse_duration(text).map(|length| length.as_secs()), Ok(seconds), "{text}");
        }
        for text in
            ["", "s", "-1", "+1", "1.5h", "1w", "1 h", "99999999999999999999", "99999999999d", "1\u{e9}"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
