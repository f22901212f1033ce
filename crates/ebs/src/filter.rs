//! Filters of Describe calls, with their wildcards.

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
    let pattern = parse(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Piece::Any) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(Piece::One) => (p, t) = (p + 1, t + 1),
            Some(Piece::Literal(c)) if *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                (p, t) = (star + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|piece| matches!(piece, Piece::Any))
}

enum Piece {
    Any,
    One,
    Literal(char),
}

fn parse(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '*' => Piece::Any,
            '?' => Piece::One,
            '\\' => Piece::Literal(characters.next().unwrap_or('\\')),
            literal => Piece::Literal(literal),
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
