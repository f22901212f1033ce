//! The two forms in which requests write moments, both of whole seconds.

use ebs::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The moment that `YYYYMMDDTHHMMSSZ` (ISO 8601, basic) names, or `None` if `text` is not of exactly that
/// form or names no moment. There are no leap seconds.
pub fn from_iso_basic(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    moment([
        digits(&bytes[0..4])?,
        digits(&bytes[4..6])?,
        digits(&bytes[6..8])?,
        digits(&bytes[9..11])?,
        digits(&bytes[11..13])?,
        digits(&bytes[13..15])?,
    ])
}

/// `at` as `YYYYMMDDTHHMMSSZ`, cut to the second, or `None` before the year 0 and after the year 9999.
pub fn to_iso_basic(at: Timestamp) -> Option<String> {
    let time = civil(at)?;
    Some(format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    ))
}

/// The moment that `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 5.6.7) names, or `None` if `text`
/// is not of exactly that form, names no moment, or names the wrong day of the week. The two obsolete forms
/// are not read: no signer writes them.
pub fn from_http_date(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let separators = [(3, b','), (4, b' '), (7, b' '), (11, b' '), (16, b' '), (19, b':'), (22, b':')];
    let framed = bytes.len() == 29
        && separators.iter().all(|&(at, separator)| bytes[at] == separator)
        && bytes.ends_with(b" GMT");
    if !framed {
        return None;
    }
    let month = MONTHS.iter().zip(1i16..).find(|(name, _)| name.as_bytes() == &bytes[8..11])?.1;
    let at = moment([
        digits(&bytes[12..16])?,
        month,
        digits(&bytes[5..7])?,
        digits(&bytes[17..19])?,
        digits(&bytes[20..22])?,
        digits(&bytes[23..25])?,
    ])?;
    (weekday(civil(at)?).as_bytes() == &bytes[0..3]).then_some(at)
}

/// `at` as `Sun, 06 Nov 1994 08:49:37 GMT`, cut to the second, or `None` before the year 0 and after the year
/// 9999.
pub fn to_http_date(at: Timestamp) -> Option<String> {
    let time = civil(at)?;
    let month = MONTHS[usize::from(time.month().unsigned_abs()) - 1];
    Some(format!(
        "{}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
        weekday(time),
        time.day(),
        time.year(),
        time.hour(),
        time.minute(),
        time.second()
    ))
}

fn digits(bytes: &[u8]) -> Option<i16> {
    bytes
        .iter()
        .try_fold(0i16, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0')))
}

/// The moment of `[year, month, day, hour, minute, second]`, each of at most four digits.
fn moment(fields: [i16; 6]) -> Option<Timestamp> {
    let [year, month, day, hour, minute, second] = fields;
    let small = |field: i16| i8::try_from(field).ok();
    let time =
        DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, 0)
            .ok()?;
    Some(Timestamp(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

fn civil(at: Timestamp) -> Option<DateTime> {
    let time = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(TimeZone::UTC).datetime();
    (time.year() >= 0).then_some(time)
}

fn weekday(time: DateTime) -> &'static str {
    WEEKDAYS[usize::from(time.weekday().to_monday_zero_offset().unsigned_abs())]
}

#[cfg(test)]
mod tests {
    use super::{from_http_date, from_iso_basic, to_http_date, to_iso_basic};
    use ebs::Timestamp;
    use proptest::prelude::{prop_assert_eq, proptest};

    #[test]
    fn reads_and_writes_known_moments() {
        let at = Timestamp(784_111_777_000);
        assert_eq!(from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(at));
        assert_eq!(from_iso_basic("19941106T084937Z"), Some(at));
        assert_eq!(to_iso_basic(at.plus_ms(999)).as_deref(), Some("19941106T084937Z"));
        assert_eq!(from_iso_basic("20240229T000000Z"), Some(Timestamp(1_709_164_800_000)));
        assert_eq!(to_iso_basic(Timestamp(-1)).as_deref(), Some("19691231T235959Z"));
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for text in [
            "",
            "19941106T084937",
            "19941106t084937z",
            "1994110 T084937Z",
            "+9941106T084937Z",
            "19941306T084937Z",
            "20230229T000000Z",
            "19941106T240000Z",
            "19941106T084960Z",
            "1994-11-06T08:49Z",
            "１9941106T084937Z",
        ] {
            assert_eq!(from_iso_basic(text), None, "{text:?}");
        }
        for text in [
            "",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(from_http_date(text), None, "{text:?}");
        }
        assert_eq!(to_iso_basic(Timestamp(i64::MAX)), None);
        assert_eq!(to_http_date(Timestamp(i64::MIN)), None);
        assert_eq!(to_iso_basic(Timestamp(-62_167_219_200_001)), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seconds in -62_167_219_200i64..253_402_300_800 - 86_400) {
            let at = Timestamp(seconds * 1000);
            prop_assert_eq!(to_iso_basic(at).and_then(|text| from_iso_basic(&text)), Some(at));
            prop_assert_eq!(to_http_date(at).and_then(|text| from_http_date(&text)), Some(at));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = from_iso_basic(&text);
            let _ = from_http_date(&text);
        }
    }
}
