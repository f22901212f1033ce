//! Every condition operator, with absent, single and several values, plain and with everything that may stand around it.

use iam::Context;

use super::statements::allows;

/// Each operator, a value of a policy, and values of a request that are and are not what the operator's positive form means;
/// the name of its negated form, if it has one.
const OPERATORS: [(&str, Option<&str>, &str, &str, &str); 18] = [
    ("StringEquals", Some("StringNotEquals"), "ops", "ops", "Ops"),
    ("StringEquals", Some("StringNotEquals"), "o*", "o*", "ops"),
    ("StringEqualsIgnoreCase", Some("StringNotEqualsIgnoreCase"), "öPS", "ÖPs", "ops2"),
    ("StringLike", Some("StringNotLike"), "o?s*", "ops-1", "Ops-1"),
    ("NumericEquals", Some("NumericNotEquals"), "10", "10.0", "1"),
    ("NumericLessThan", None, "10", "9", "10"),
    ("NumericLessThanEquals", None, "10", "10", "10.5"),
    ("NumericGreaterThan", None, "-1", "0", "-1"),
    ("NumericGreaterThanEquals", None, "10", "10", "9"),
    ("DateEquals", Some("DateNotEquals"), "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-02"),
    ("DateLessThan", None, "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
    ("DateLessThanEquals", None, "1767225600", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
    ("DateGreaterThan", None, "2026-01-01T00:00:00Z", "1767225601", "1767225600"),
    ("DateGreaterThanEquals", None, "2026-01-01", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"),
    ("Bool", None, "true", "True", "false"),
    ("BinaryEquals", None, "YWJj", "YWJj", "YWJk"),
    ("IpAddress", Some("NotIpAddress"), "203.0.113.0/24", "203.0.113.9", "203.0.114.9"),
    (
        "ArnEquals",
        Some("ArnNotEquals"),
        "arn:aws:iam::*:role/copy-*",
        "arn:aws:iam::111111111111:role/copy-1",
        "arn:aws:iam::111111111111:user/copy-1",
    ),
];

/// What holds for {absent, matching, other, both}, as the documentation has it for each way to write an operator.
const POSITIVE: [(&str, &str, [bool; 4]); 6] = [
    ("", "", [false, true, false, false]),
    ("", "IfExists", [true, true, false, false]),
    ("ForAllValues:", "", [true, true, false, false]),
    ("ForAnyValue:", "", [false, true, false, true]),
    ("ForAllValues:", "IfExists", [true, true, false, false]),
    ("ForAnyValue:", "IfExists", [false, true, false, true]),
];
const NEGATED: [(&str, &str, [bool; 4]); 6] = [
    ("", "", [true, false, true, true]),
    ("", "IfExists", [true, false, true, true]),
    ("ForAllValues:", "", [true, false, true, false]),
    ("ForAnyValue:", "", [false, false, true, true]),
    ("ForAllValues:", "IfExists", [true, false, true, false]),
    ("ForAnyValue:", "IfExists", [false, false, true, true]),
];

fn holds(operator: &str, policy_values: &str, values: &[&str]) -> bool {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*",
           "Condition":{{"{operator}":{{"TEST:key":{policy_values}}}}}}}}}"#
    );
    let context = Context::default().with_all("test:KEY", values.iter().copied());
    allows(&text, "ec2:CopySnapshot", "*", &context)
}

#[test]
fn every_operator_in_every_form_means_what_is_documented() {
    let mut cases = 0;
    for (positive, negated, policy, matching, other) in OPERATORS {
        for (name, forms) in [(Some(positive), POSITIVE), (negated, NEGATED)] {
            let Some(name) = name else { continue };
            for (set, if_exists, expected) in forms {
                let operator = format!("{set}{name}{if_exists}");
                let quoted = format!("\"{policy}\"");
                for (values, expected) in
                    [&[][..], &[matching], &[other], &[matching, other]].into_iter().zip(expected)
                {
                    assert_eq!(holds(&operator, &quoted, values), expected, "{operator} {quoted} {values:?}");
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, (18 + 8) * 6 * 4);
}

#[test]
fn arn_like_is_arn_equals() {
    for (name, expected) in [("ArnLike", true), ("ArnNotLike", false)] {
        let values = ["arn:aws:iam::111111111111:role/copy-1"];
        assert_eq!(holds(name, r#""arn:aws:iam::*:role/copy-?""#, &values), expected);
        let parts_apart = holds(name, r#""arn:aws:*:a:b:c""#, &["arn:aws:x:r:a:b:c"]);
        assert_eq!(parts_apart, !expected, "a wildcard does not cross a colon");
    }
}

#[test]
fn null_is_about_the_presence_of_the_key() {
    for (wanted, absent, present) in [
        (r#""true""#, true, false),
        ("true", true, false),
        (r#""false""#, false, true),
        (r#"["true","false"]"#, true, true),
    ] {
        assert_eq!(holds("Null", wanted, &[]), absent, "{wanted}");
        assert_eq!(holds("Null", wanted, &["x"]), present, "{wanted}");
        assert_eq!(holds("Null", wanted, &["x", "y"]), present, "{wanted}");
    }
}

#[test]
fn several_values_of_a_policy_are_alternatives_and_exceptions_of_the_negated() {
    assert!(holds("StringEquals", r#"["a","b"]"#, &["b"]) && !holds("StringEquals", r#"["a","b"]"#, &["c"]));
    assert!(
        !holds("StringNotEquals", r#"["a","b"]"#, &["b"]) && holds("StringNotEquals", r#"["a","b"]"#, &["c"])
    );
    assert!(holds("ForAllValues:StringEquals", r#"["a","b"]"#, &["b", "a", "a"]));
    assert!(!holds("ForAllValues:StringNotEquals", r#"["a","b"]"#, &["c", "a"]));
}

#[test]
fn values_that_are_no_such_type_match_nothing() {
    for (positive, negated, policy, values) in [
        ("NumericEquals", Some("NumericNotEquals"), "0", ["", "x"]),
        ("NumericLessThan", None, "10", ["", "x"]),
        ("DateEquals", Some("DateNotEquals"), r#""1970-01-01""#, ["", "x"]),
        ("DateLessThan", None, r#""2026-01-01""#, ["", "x"]),
        ("Bool", None, "false", ["", "0"]),
        ("IpAddress", Some("NotIpAddress"), r#""0.0.0.0/0""#, ["", "1.2.3"]),
        ("ArnLike", Some("ArnNotLike"), r#""arn:*:*:*:*:*""#, ["", "arn:aws"]),
        ("BinaryEquals", None, r#""""#, ["x", "!"]),
    ] {
        for value in values {
            assert!(!holds(positive, policy, &[value]), "{positive} {value:?}");
            assert!(negated.is_none_or(|name| holds(name, policy, &[value])), "{negated:?} {value:?}");
        }
    }
}

#[test]
fn all_conditions_of_a_statement_must_hold() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{
        "StringEquals":{"a:x":"1","a:y":"2"},"Bool":{"a:z":"true"}}}}"#;
    let context = |x: &str, y: &str, z: &str| Context::default().with("a:x", x).with("a:y", y).with("a:z", z);
    assert!(allows(text, "ec2:X", "*", &context("1", "2", "true")));
    for (x, y, z) in [("0", "2", "true"), ("1", "0", "true"), ("1", "2", "false")] {
        assert!(!allows(text, "ec2:X", "*", &context(x, y, z)));
    }
}
