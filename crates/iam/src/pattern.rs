//! Text of a policy with wildcards and variables, and matching against it.
//!
//! The value of a variable is put in as literal text: a principal whose name or tag is `*` matches that character and
//! nothing more.

use std::borrow::Cow;

use ebs::wildcard::{self, Wildcard};

use crate::Context;
use crate::policy::Problem;
use crate::variable::Variable;

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Any characters, or none.
    Any,
    /// Any one character.
    One,
    /// This character.
    Literal(char),
    /// What the request has for it.
    Variable(Box<Variable>),
}

impl Piece {
    /// What it stands for, unless that is for the request to say.
    fn wildcard(&self) -> Option<Wildcard> {
        match self {
            Self::Any => Some(Wildcard::Any),
            Self::One => Some(Wildcard::One),
            Self::Literal(character) => Some(Wildcard::Literal(*character)),
            Self::Variable(_) => None,
        }
    }
}

/// Which pieces a text may have beside literal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// `${..}` is a variable or an escaped character, as it is since version 2012-10-17.
    pub(crate) variables: bool,
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
}

/// A pattern, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads `text`. `${*}`, `${?}` and `${$}` stand for those characters themselves.
    ///
    /// # Errors
    /// [`Problem::Variable`] if a `${` has no end, or encloses no variable.
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<Self, Problem> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if syntax.variables
                && let Some(after) = rest.strip_prefix("${")
            {
                let (inside, after) =
                    after.split_once('}').ok_or_else(|| Problem::Variable(after.to_owned()))?;
                pieces.push(match inside {
                    "*" => Piece::Literal('*'),
                    "?" => Piece::Literal('?'),
                    "$" => Piece::Literal('$'),
                    variable => Piece::Variable(Box::new(Variable::parse(variable)?)),
                });
                rest = after;
                continue;
            }
            pieces.push(match character {
                '*' if syntax.wildcards => Piece::Any,
                '?' if syntax.wildcards => Piece::One,
                literal => Piece::Literal(literal),
            });
            rest = &rest[character.len_utf8()..];
        }
        Ok(Self { pieces })
    }

    /// A pattern that everything matches.
    pub(crate) fn anything() -> Self {
        Self { pieces: vec![Piece::Any] }
    }

    /// Whether a variable is part of it.
    pub(crate) fn has_variables(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)))
    }

    /// Whether `text` matches, with the values that `context` has; never if it lacks one.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        self.resolve(context).is_some_and(|pieces| matches_counted(&pieces, text).0)
    }

    /// The text that it is with the values that `context` has; none if it lacks one, or has wildcards.
    pub(crate) fn literal(&self, context: &Context) -> Option<String> {
        let pieces = self.resolve(context)?;
        let characters = pieces.iter().map(|piece| match piece {
            Piece::Literal(character) => Some(*character),
            Piece::Any | Piece::One | Piece::Variable(_) => None,
        });
        characters.collect()
    }

    /// Its at most `parts` parts between colons; a colon in the value of a variable divides nothing, and the last part
    /// keeps those that it has.
    pub(crate) fn split_at_colons(self, parts: usize) -> Vec<Self> {
        let mut split = vec![Self { pieces: Vec::new() }];
        for piece in self.pieces {
            if piece == Piece::Literal(':') && split.len() < parts {
                split.push(Self { pieces: Vec::new() });
            } else if let Some(last) = split.last_mut() {
                last.pieces.push(piece);
            }
        }
        split
    }

    fn resolve(&self, context: &Context) -> Option<Cow<'_, [Piece]>> {
        if !self.has_variables() {
            return Some(Cow::Borrowed(&self.pieces));
        }
        let mut resolved = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Variable(variable) => {
                    resolved.extend(variable.value(context)?.chars().map(Piece::Literal));
                }
                other => resolved.push(other.clone()),
            }
        }
        Some(Cow::Owned(resolved))
    }
}

/// Whether `text` matches `pattern`, in which every variable has its value, and in how many steps.
fn matches_counted(pattern: &[Piece], text: &str) -> (bool, usize) {
    wildcard::matches(pattern, Piece::wildcard, text)
}

#[cfg(test)]
mod tests {
    use super::{Piece, Syntax, Template, matches_counted};
    use crate::Context;
    use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

    const FULL: Syntax = Syntax { variables: true, wildcards: true };

    fn matches(pattern: &str, text: &str, context: &Context) -> bool {
        Template::parse(pattern, FULL).expect("a pattern").matches(text, context)
    }

    #[test]
    fn wildcards_and_escapes() {
        let none = Context::default();
        for (pattern, text) in
            [("", ""), ("*", ""), ("a*c", "abbbc"), ("a?c", "aéc"), ("*b*", "abc"), ("a${*}c", "a*c")]
        {
            assert!(matches(pattern, text, &none), "{pattern:?} should match {text:?}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("?", ""),
            ("a", "A"),
            ("a${*}c", "abc"),
            ("a${?}c", "abc"),
            ("a*c", "abcd"),
            ("abc", "ab"),
        ] {
            assert!(!matches(pattern, text, &none), "{pattern:?} should not match {text:?}");
        }
        assert!(matches("${$}{aws:username}", "${aws:username}", &none));
    }

    #[test]
    fn the_value_of_a_variable_is_literal() {
        for hostile in ["*", "?", "a*", "${*}", "${aws:userid}", "\\*", "a:b", "${"] {
            let context = Context::default().with("aws:username", hostile).with("aws:userid", "ID");
            assert!(matches("volume/${aws:username}", &format!("volume/{hostile}"), &context));
            for other in ["volume/x", "volume/ID", "volume/", "volume/*x", "volume/ab"] {
                assert!(!matches("volume/${aws:username}", other, &context), "{hostile:?} matches {other:?}");
            }
        }
    }

    #[test]
    fn variables_of_old_versions_and_wildcards_of_equality_are_plain_text() {
        let context = Context::default().with("aws:username", "ann");
        let old = Syntax { variables: false, wildcards: true };
        let template = Template::parse("${aws:username}", old).expect("a pattern");
        assert!(template.matches("${aws:username}", &context) && !template.matches("ann", &context));
        let plain = Syntax { variables: true, wildcards: false };
        let template = Template::parse("*${aws:username}?${*}", plain).expect("a pattern");
        assert_eq!(template.literal(&context).as_deref(), Some("*ann?*"));
        assert_eq!(template.literal(&Context::default()), None);
    }

    fn piece() -> impl Strategy<Value = Piece> {
        (0..5).prop_map(|choice| match choice {
            0 | 1 => Piece::Any,
            2 => Piece::One,
            3 => Piece::Literal('a'),
            _ => Piece::Literal('b'),
        })
    }

    /// What the words say, at exponential cost.
    fn by_definition(pattern: &[Piece], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(Piece::Any), None) => by_definition(&pattern[1..], text),
            (Some(Piece::Any), Some(_)) => {
                by_definition(&pattern[1..], text) || by_definition(pattern, &text[1..])
            }
            (Some(Piece::One), Some(_)) => by_definition(&pattern[1..], &text[1..]),
            (Some(Piece::Literal(a)), Some(b)) => a == b && by_definition(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_is_what_the_words_say(pattern in prop::collection::vec(piece(), 0..8), text in "[ab]{0,8}") {
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches_counted(&pattern, &text).0, by_definition(&pattern, &characters));
        }

        #[test]
        fn matching_takes_steps_in_proportion_to_pattern_and_text(
            pattern in prop::collection::vec(piece(), 0..200), text in "a{0,400}"
        ) {
            let steps = matches_counted(&pattern, &text).1;
            prop_assert!(steps <= (pattern.len() + 1) * (text.len() + 1));
        }

        #[test]
        fn no_text_panics(text in any::<String>(), variables in any::<bool>(), wildcards in any::<bool>()) {
            if let Ok(template) = Template::parse(&text, Syntax { variables, wildcards }) {
                template.matches(&text, &Context::default());
            }
        }
    }

    #[test]
    fn many_stars_do_not_blow_up() {
        let pattern = Template::parse(&"*a".repeat(500), FULL).expect("a pattern");
        let (matched, steps) = matches_counted(&pattern.pieces, &"a".repeat(499));
        assert!(!matched && steps <= 1001 * 500, "{steps} steps");
    }
}
