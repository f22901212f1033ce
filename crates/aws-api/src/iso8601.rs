//! Moments as ISO-8601 text.

use ebs::Timestamp;

/// `moment` in UTC with milliseconds: `2026-09-25T16:43:33.137Z`. Moments before the year -9999 or after the year
/// 9999 show as that year's end.
pub fn format(moment: Timestamp) -> String {
    let end = if moment.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let moment = jiff::Timestamp::from_millisecond(moment.0).unwrap_or(end);
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use super::format;
    use ebs::Timestamp;

    #[test]
    fn milliseconds_always_show_and_no_number_panics() {
        for (moment, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_790_354_613_137, "2026-09-25T16:43:33.137Z"),
            (1_790_354_613_000, "2026-09-25T16:43:33.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(format(Timestamp(moment)), text);
        }
        assert!(format(Timestamp(i64::MAX)).starts_with("9999-12-"));
        assert!(format(Timestamp(i64::MIN)).starts_with("-009999-01-"));
    }
}
