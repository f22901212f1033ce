//! What members of a request must be, and Amazon's sentences for those that are not.
//!
//! Members are judged one by one, in the order of the API's model: the first that is wrong is told.

use ebs::KeyRefusal;

/// Longest part of a value that is shown back, in characters.
const SHOWN_CHARS_MAX: usize = 256;

/// Least and most of a length or a number, with the sentences about what is beyond them.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    least: usize,
    most: usize,
    below: &'static str,
    above: &'static str,
}

/// Bounds of a length: `length!(1, 2048)`.
macro_rules! length {
    ($least:literal, $most:literal) => {
        $crate::kms_json::member::Bounds::new(
            $least,
            $most,
            concat!("Member must have length greater than or equal to ", $least),
            concat!("Member must have length less than or equal to ", $most),
        )
    };
}

/// Bounds of a number: `value!(1, 1000)`.
macro_rules! value {
    ($least:literal, $most:literal) => {
        $crate::kms_json::member::Bounds::new(
            $least,
            $most,
            concat!("Member must have value greater than or equal to ", $least),
            concat!("Member must have value less than or equal to ", $most),
        )
    };
}

/// The words that a text may be: `words!("A", "B")`.
macro_rules! words {
    ($first:literal $(, $rest:literal)*) => {
        $crate::kms_json::member::Words {
            words: &[$first $(, $rest)*],
            constraint: concat!("Member must satisfy enum value set: [", $first $(, ", ", $rest)*, "]"),
        }
    };
}

pub(super) use {length, value, words};

impl Bounds {
    pub(super) const fn new(least: usize, most: usize, below: &'static str, above: &'static str) -> Self {
        assert!(least <= most);
        Self { least, most, below, above }
    }

    /// The sentence about `amount`, if it is beyond these bounds.
    fn broken_by(self, amount: i128) -> Option<&'static str> {
        if amount < self.least as i128 {
            Some(self.below)
        } else if amount > self.most as i128 {
            Some(self.above)
        } else {
            None
        }
    }
}

/// The words that a text may be, and the sentence about others.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) words: &'static [&'static str],
    pub(super) constraint: &'static str,
}

/// The characters that a text may have.
#[derive(Clone, Copy)]
pub(super) struct Pattern {
    pub(super) allows: fn(char) -> bool,
    pub(super) constraint: &'static str,
}

/// `value`, which must be there.
///
/// # Errors
/// [`KeyRefusal::MemberMissing`].
pub(super) fn required<T>(member: &'static str, value: Option<T>) -> Result<T, KeyRefusal> {
    value.ok_or(KeyRefusal::MemberMissing(member))
}

/// `text`, which must be there and within these bounds, in characters.
pub(super) fn required_text(
    member: &'static str,
    text: Option<String>,
    bounds: Bounds,
) -> Result<String, KeyRefusal> {
    required(member, text).and_then(|text| check_text(member, &text, bounds).map(|()| text))
}

/// `text`, which must be within these bounds, in characters, if it is there.
pub(super) fn optional_text(
    member: &'static str,
    text: Option<String>,
    bounds: Bounds,
) -> Result<Option<String>, KeyRefusal> {
    text.map(|text| check_text(member, &text, bounds).map(|()| text)).transpose()
}

/// Refuses `text` if it is not within these bounds, in characters.
pub(super) fn check_text(member: &'static str, text: &str, bounds: Bounds) -> Result<(), KeyRefusal> {
    match bounds.broken_by(text.chars().count() as i128) {
        None => Ok(()),
        Some(constraint) => Err(invalid(member, text, constraint)),
    }
}

/// Refuses `text` if it has characters that the pattern does not allow.
pub(super) fn check_pattern(member: &'static str, text: &str, pattern: Pattern) -> Result<(), KeyRefusal> {
    if text.chars().all(pattern.allows) { Ok(()) } else { Err(invalid(member, text, pattern.constraint)) }
}

/// Refuses `bytes` that are not within these bounds. They are not shown back: they may be a secret.
pub(super) fn check_blob(member: &'static str, bytes: &[u8], bounds: Bounds) -> Result<(), KeyRefusal> {
    match bounds.broken_by(bytes.len() as i128) {
        None => Ok(()),
        Some(constraint) => Err(invalid(member, &format!("{} bytes", bytes.len()), constraint)),
    }
}

/// `number`, which must be within these bounds, if it is there.
pub(super) fn optional_number(
    member: &'static str,
    number: Option<i64>,
    bounds: Bounds,
) -> Result<Option<u32>, KeyRefusal> {
    let Some(number) = number else { return Ok(None) };
    match (bounds.broken_by(number.into()), u32::try_from(number)) {
        (None, Ok(number)) => Ok(Some(number)),
        (constraint, _) => Err(invalid(member, &number.to_string(), constraint.unwrap_or(bounds.above))),
    }
}

/// Refuses a list of another length.
pub(super) fn check_count<T>(member: &'static str, list: &[T], bounds: Bounds) -> Result<(), KeyRefusal> {
    match bounds.broken_by(list.len() as i128) {
        None => Ok(()),
        Some(constraint) => Err(invalid(member, &format!("{} members", list.len()), constraint)),
    }
}

/// Refuses `word` if it is none of these.
pub(super) fn check_word(member: &'static str, word: &str, words: Words) -> Result<(), KeyRefusal> {
    if words.words.contains(&word) { Ok(()) } else { Err(invalid(member, word, words.constraint)) }
}

/// Refuses `word` if it is none of `words`, and all but `served` as unsupported.
pub(super) fn check_served(
    member: &'static str,
    word: Option<&String>,
    words: Words,
    served: &str,
    unsupported: &'static str,
) -> Result<(), KeyRefusal> {
    let Some(word) = word else { return Ok(()) };
    check_word(member, word, words)?;
    if word == served { Ok(()) } else { Err(KeyRefusal::Unsupported(unsupported)) }
}

/// Refuses a parameter that no value makes supported, if it is there.
pub(super) fn check_absent<T>(value: Option<&T>, unsupported: &'static str) -> Result<(), KeyRefusal> {
    if value.is_none() { Ok(()) } else { Err(KeyRefusal::Unsupported(unsupported)) }
}

/// The refusal of `value`.
pub(super) fn invalid(member: &'static str, value: &str, constraint: &'static str) -> KeyRefusal {
    let value = match value.char_indices().nth(SHOWN_CHARS_MAX) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}...", &value[..end]),
    };
    KeyRefusal::Validation { member, value, constraint }
}

/// Letters, digits, and what else may stand in names of aliases and grants.
pub(super) const NAME: Pattern = Pattern {
    allows: |character| character.is_ascii_alphanumeric() || ":/_-".contains(character),
    constraint: "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
};
/// What may stand in ARNs of principals.
pub(super) const PRINCIPAL: Pattern = Pattern {
    allows: |character| character.is_ascii_alphanumeric() || "_+=,.@:/-".contains(character),
    constraint: "Member must satisfy regular expression pattern: ^[\\w+=,.@:/-]+$",
};
/// What may stand in policies.
pub(super) const POLICY: Pattern = Pattern {
    allows: |character| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}'),
    constraint: "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
};
/// What may stand in names of policies.
pub(super) const WORD: Pattern = Pattern {
    allows: |character| character.is_ascii_alphanumeric() || character == '_',
    constraint: "Member must satisfy regular expression pattern: [\\w]+",
};

/// Amazon's bounds of what names a key.
pub(super) const KEY_ID: Bounds = length!(1, 2048);
/// Amazon's bounds of a list of grant tokens.
const GRANT_TOKENS: Bounds = length!(0, 10);
/// Amazon's bounds of a grant token.
pub(super) const GRANT_TOKEN: Bounds = length!(1, 8192);

/// The key that `text` names, which must be there.
pub(super) fn key_id(text: Option<String>) -> Result<String, KeyRefusal> {
    required_text("keyId", text, KEY_ID)
}

/// The tokens of grants.
pub(super) fn grant_tokens(tokens: Option<Vec<String>>) -> Result<Vec<String>, KeyRefusal> {
    let tokens = tokens.unwrap_or_default();
    check_count("grantTokens", &tokens, GRANT_TOKENS)?;
    tokens.iter().try_for_each(|token| check_text("grantTokens", token, GRANT_TOKEN))?;
    Ok(tokens)
}
