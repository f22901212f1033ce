//! Times as filters compare them.

use ebs::Timestamp;

/// `2026-09-25T16:43:33.137Z`, as answers show it; empty for a time outside the years -9999 to 9999.
pub(crate) fn text(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0);
    time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn milliseconds_always_have_three_digits() {
        assert_eq!(super::text(ebs::Timestamp(1_700_000_000_000)), "2023-11-14T22:13:20.000Z");
        assert_eq!(super::text(ebs::Timestamp(i64::MAX)), "");
    }
}
