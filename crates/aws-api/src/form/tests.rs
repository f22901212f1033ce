use super::Form;
use crate::WireError;
use crate::limits::{FORM_BYTES_MAX, FORM_PARAMETERS_MAX, LIST_INDEX_MAX};
use ebs::Refusal;
use proptest::prelude::*;

fn form(encoded: &str) -> Form {
    Form::parse(encoded.as_bytes()).expect("a legal form")
}

#[test]
fn spaces_empty_values_and_utf8() {
    let form = form("a=b+c%20d&empty=&bare&&e=%c3%A9%2B&E=x&eq=a=b");
    assert_eq!(form.text("a"), Some("b c d"));
    assert_eq!(form.text("empty"), Some(""));
    assert_eq!(form.text("bare"), Some(""));
    assert_eq!(form.text("e"), Some("é+"));
    assert_eq!(form.text("E"), Some("x"), "names are case-sensitive");
    assert_eq!(form.text("eq"), Some("a=b"));
    assert_eq!(form.text("absent"), None);
}

#[test]
fn lists_come_in_the_order_of_numbers_with_gaps() {
    let form = form("L.10=j&L.2=b&L.1=a&L.7=g&L.%2B1=no&L.x=no&L=no&Lx.1=no&L.3.Name=no");
    assert_eq!(form.fields().list("L"), ["a", "b", "g", "j"]);
    assert!(form.fields().list("Absent").is_empty());
}

#[test]
fn structures_nest() {
    let form = form(
        "S.2.Type=b&S.1.Type=a&S.1.Tag.3.Key=k3&S.1.Tag.1.Key=k1&S.1.Tag.1.Value=&S.20.Type=c&S.%2B2.Type=no",
    );
    let structures = form.fields().structures("S");
    let types: Vec<_> = structures.iter().map(|structure| structure.text("Type")).collect();
    assert_eq!(types, [Some("a"), Some("b"), Some("c")]);
    let tags = structures[0].structures("Tag");
    assert_eq!(tags.len(), 2);
    assert_eq!((tags[0].text("Key"), tags[0].text("Value")), (Some("k1"), Some("")));
    assert_eq!((tags[1].text("Key"), tags[1].text("Value")), (Some("k3"), None));
}

#[test]
fn two_forms_are_joined_unless_they_share_a_parameter() {
    let joined = form("a=1&c=3").join(form("b=2"));
    assert_eq!(joined, Ok(form("a=1&b=2&c=3")));
    assert_eq!(form("").join(form("a=1")), Ok(form("a=1")));
    for other in ["a=1", "a=2", "b=2&a="] {
        assert_eq!(form("a=1").join(form(other)), Err(WireError::DuplicateParameter("a".into())));
    }
    let many: String = (0..FORM_PARAMETERS_MAX).map(|n| format!("a{n}&")).collect();
    assert!(form(&many).join(form("")).is_ok());
    let limit = FORM_PARAMETERS_MAX;
    assert_eq!(form(&many).join(form("b=1")), Err(WireError::TooManyParameters { limit }));
}

#[test]
fn booleans_and_numbers_are_whole_words() {
    let form = form("t=true&T=TRUE&f=false&e=&one=1&n=-5&big=9223372036854775808&x=5x");
    let fields = form.fields();
    assert_eq!(fields.boolean("t"), Ok(Some(true)));
    assert_eq!(fields.boolean("T"), Ok(Some(true)));
    assert_eq!(fields.boolean("f"), Ok(Some(false)));
    assert_eq!(fields.boolean("absent"), Ok(None));
    for name in ["e", "one"] {
        assert!(matches!(fields.boolean(name), Err(Refusal::InvalidParameterValue { .. })), "{name}");
    }
    assert_eq!(fields.integer("n"), Ok(Some(-5)));
    assert_eq!(fields.integer("absent"), Ok(None));
    for name in ["big", "x", "e"] {
        assert!(matches!(fields.integer(name), Err(Refusal::InvalidParameterValue { .. })), "{name}");
    }
    assert_eq!(fields.required("absent"), Err(Refusal::MissingParameter("absent")));
}

#[test]
fn hostile_forms_are_refused() {
    let deep = "a.".repeat(8) + "b=1";
    let long = "n".repeat(257) + "=1";
    for (encoded, error) in [
        (&b"a=%ff"[..], WireError::InvalidCharacter),
        (b"%c3%28=1", WireError::InvalidCharacter),
        (b"a=\xff", WireError::InvalidCharacter),
        (b"a=%00", WireError::InvalidCharacter),
        (b"a\0=1", WireError::InvalidCharacter),
        (b"a=%ed%a0%80", WireError::InvalidCharacter),
        (b"a=%c0%80", WireError::InvalidCharacter),
        (b"a=%", WireError::FormMalformed),
        (b"a=%4", WireError::FormMalformed),
        (b"a=%zz", WireError::FormMalformed),
        (b"a=%+1", WireError::FormMalformed),
        (b"=x", WireError::FormMalformed),
        (b"a=1&a=1", WireError::DuplicateParameter("a".into())),
        (b"a=1&%61=2", WireError::DuplicateParameter("a".into())),
        (b"Filter.2147483648.Name=x", WireError::ListIndex("Filter.2147483648.Name".into())),
        (b"Filter.100001.Name=x", WireError::ListIndex("Filter.100001.Name".into())),
        (
            b"Filter.99999999999999999999.Name=x",
            WireError::ListIndex("Filter.99999999999999999999.Name".into()),
        ),
        (b"Owner.01=x", WireError::ListIndex("Owner.01".into())),
        (b"Owner.0=x", WireError::ListIndex("Owner.0".into())),
        (deep.as_bytes(), WireError::ParameterName),
        (long.as_bytes(), WireError::ParameterName),
    ] {
        assert_eq!(Form::parse(encoded).err(), Some(error), "{}", String::from_utf8_lossy(encoded));
    }
    assert_eq!(form(&format!("L.{LIST_INDEX_MAX}=x")).fields().list("L"), ["x"]);
}

#[test]
fn bounds_hold_at_the_bound_and_one_above() {
    let parameters = |count: usize| (0..count).map(|n| format!("p{n}=&")).collect::<String>();
    assert_eq!(form(&parameters(FORM_PARAMETERS_MAX)).names().count(), FORM_PARAMETERS_MAX);
    let many = Err(WireError::TooManyParameters { limit: FORM_PARAMETERS_MAX });
    assert_eq!(Form::parse(parameters(FORM_PARAMETERS_MAX + 1).as_bytes()), many);

    let million = "a=&".repeat(1_000_000);
    assert_eq!(Form::parse(million.as_bytes()), Err(WireError::TooLarge { bytes_max: FORM_BYTES_MAX }));

    let exact = format!("v={}", "x".repeat(FORM_BYTES_MAX - 2));
    assert!(Form::parse(exact.as_bytes()).is_ok());
    assert!(Form::parse((exact + "x").as_bytes()).is_err());
}

#[test]
fn debug_output_shows_no_values() {
    let shown = format!("{:?}", form("PresignedUrl=secret&Action=x"));
    assert!(shown.contains("PresignedUrl") && !shown.contains("secret"), "{shown}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        if let Ok(form) = Form::parse(&bytes) {
            for name in form.names() {
                let first = name.split('.').next().unwrap_or_default();
                let _ = form.fields().list(first);
                let _ = form.fields().structures(first);
            }
        }
    }

    #[test]
    fn what_is_encoded_is_read_back(
        pairs in proptest::collection::btree_map("[A-Za-z]{1,9}", "[^\u{0}]{0,20}", 0..20)
    ) {
        let encoded: String = pairs.iter().map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}&")
        }).collect();
        let form = form(&encoded);
        prop_assert_eq!(form.names().count(), pairs.len());
        for (name, value) in &pairs {
            prop_assert_eq!(form.text(name), Some(value.as_str()));
        }
    }
}
