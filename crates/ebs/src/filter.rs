//! Filters of Describe calls, with their wildcards.

use crate::wildcard::{self, Wildcard};

/// A filter: a name and the values of which one must match. Names and values are case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Which property of the resource is looked at.
    pub name: String,
    /// Patterns, of which one must match; none match if there are none.
    pub values: Vec<String>,
}

impl Filter {
    /// Whether one of the values matches `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.values.iter().any(|pattern| wildcard_match(pattern, text))
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters, `?` for one, and `\` makes the
/// character after it stand for itself.
///
/// Time is at most in proportion to pattern length x text length, whatever the pattern.
pub fn wildcard_match(pattern: &str, text: &str) -> bool {
    wildcard::matches(&parse(pattern), |piece| Some(*piece), text).0
}

fn parse(pattern: &str) -> Vec<Wildcard> {
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '*' => Wildcard::Any,
            '?' => Wildcard::One,
            '\\' => Wildcard::Literal(characters.next().unwrap_or('\\')),
            literal => Wildcard::Literal(literal),
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::wildcard_match;

    #[test]
    fn stars_question_marks_and_escapes() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("a*c", "abbbc"),
            ("a?c", "aéc"),
            ("*b*", "abc"),
            ("a\\*c", "a*c"),
            ("a\\", "a\\"),
            ("*ab", "aab"),
            ("**a**", "a"),
        ] {
            assert!(wildcard_match(pattern, text), "{pattern:?} should match {text:?}");
        }
        for (pattern, text) in
            [("", "a"), ("?", ""), ("a", "A"), ("a\\*c", "abc"), ("a*c", "abcd"), ("abc", "ab")]
        {
            assert!(!wildcard_match(pattern, text), "{pattern:?} should not match {text:?}");
        }
    }

    #[test]
    fn many_stars_do_not_blow_up() {
        assert!(!wildcard_match(&"*a".repeat(500), &"a".repeat(400)));
    }
}
