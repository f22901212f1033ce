//! Values by type: what is read, and what is not.

use super::{Network, boolean, date, number};

#[test]
fn numbers_are_exact_and_bounded() {
    for (text, billionths) in [
        ("0", Some(0)),
        ("-0.5", Some(-500_000_000)),
        ("+7", Some(7_000_000_000)),
        ("0.000000001", Some(1)),
        ("9007199254740993", Some(9_007_199_254_740_993_000_000_000)),
        ("999999999999999999.999999999", Some(999_999_999_999_999_999_999_999_999)),
    ] {
        assert_eq!(number(text), billionths, "{text}");
    }
    for text in [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "1e3",
        "0x1",
        "1,5",
        "NaN",
        "1234567890123456789",
        "0.1234567891",
        "--1",
        "１",
    ] {
        assert_eq!(number(text), None, "{text}");
    }
}

#[test]
fn moments_are_seconds_or_iso_8601() {
    let seconds = |text: &str| date(text).map(|moment| moment.as_second());
    for (text, expected) in [
        ("0", 0),
        ("-1", -1),
        ("1700000000", 1_700_000_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000),
        ("2023-11-14T23:13:20.999+01:00", 1_700_000_000),
        ("2023-11-14T22:13Z", 1_699_999_980),
        ("2023-11-14", 1_699_920_000),
        ("2023-11", 1_698_796_800),
    ] {
        assert_eq!(seconds(text), Some(expected), "{text}");
    }
    for text in
        ["", "now", "2023-13-01", "2023-02-30", "2023-11-14T22:13:20", "14.11.2023", "99999999999999999999"]
    {
        assert_eq!(seconds(text), None, "{text}");
    }
}

#[test]
fn networks_are_of_one_family_and_masked() {
    for (network, inside, outside) in [
        ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
        ("203.0.113.77/24", "203.0.113.0", "203.0.112.255"),
        ("203.0.113.7", "203.0.113.7", "203.0.113.6"),
        ("0.0.0.0/0", "255.255.255.255", "::1"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("2001:db8::7", "2001:DB8:0:0:0:0:0:7", "2001:db8::8"),
        ("::/0", "2001:db8::1", "203.0.113.1"),
        ("203.0.113.0/24", "::ffff:203.0.113.9", "::ffff:203.0.114.9"),
        ("::ffff:203.0.113.0/120", "203.0.113.9", "203.0.114.9"),
    ] {
        let parsed = Network::parse(network).expect("a network");
        assert!(parsed.contains(inside.parse().expect("an address")), "{network} {inside}");
        assert!(!parsed.contains(outside.parse().expect("an address")), "{network} {outside}");
    }
    for text in
        ["", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+8", "1.2.3.4/8/8", "::/129", "1.2.3.*", "a/8"]
    {
        assert_eq!(Network::parse(text), None, "{text}");
    }
}

#[test]
fn booleans_are_words_in_any_case() {
    assert_eq!((boolean("true"), boolean("FALSE")), (Some(true), Some(false)));
    assert_eq!((boolean("1"), boolean("")), (None, None));
}
