//! Amazon Resource Names and patterns of them.

use crate::Context;
use crate::pattern::{Syntax, Template};
use crate::policy::Problem;

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`
const PARTS: usize = 6;

/// What a pattern means that has fewer parts than an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShortPattern {
    /// The parts that it lacks may be anything.
    MatchesAnyRest,
    /// The same, if it has a wildcard; else it is refused.
    NeedsWildcard,
    /// It is refused.
    Refused,
}

/// Which ARNs are meant: all texts, or those that match part by part. A wildcard does not cross a colon, but in the
/// resource, which is the last part and may have colons of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArnPattern {
    All,
    Parts(Vec<Template>),
}

impl ArnPattern {
    /// Reads `*`, or a pattern that begins with `arn:`.
    ///
    /// # Errors
    /// [`Problem::Arn`] for anything else, [`Problem::Variable`] as [`Template::parse`].
    pub(crate) fn parse(text: &str, variables: bool, short: ShortPattern) -> Result<Self, Problem> {
        if text == "*" {
            return Ok(Self::All);
        }
        let not_an_arn = || Problem::Arn(text.to_owned());
        if !text.starts_with("arn:") {
            return Err(not_an_arn());
        }
        let template = Template::parse(text, Syntax { variables, wildcards: true })?;
        let mut parts = template.split_at_colons(PARTS);
        let whole = match short {
            ShortPattern::MatchesAnyRest => true,
            ShortPattern::NeedsWildcard => parts.len() == PARTS || text.contains('*'),
            ShortPattern::Refused => parts.len() == PARTS,
        };
        if !whole {
            return Err(not_an_arn());
        }
        parts.resize_with(PARTS, Template::anything);
        Ok(Self::Parts(parts))
    }

    /// Whether a variable stands before the resource, where policies may not have one.
    pub(crate) fn has_variables_before_the_resource(&self) -> bool {
        match self {
            Self::All => false,
            Self::Parts(parts) => parts.iter().take(PARTS - 1).any(Template::has_variables),
        }
    }

    /// Whether `text` is meant, with the values that `context` has for variables.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        let Self::Parts(parts) = self else { return true };
        let texts: Vec<&str> = text.splitn(PARTS, ':').collect();
        texts.len() == PARTS && parts.iter().zip(texts).all(|(part, text)| part.matches(text, context))
    }
}

#[cfg(test)]
mod tests {
    use super::{ArnPattern, ShortPattern};
    use crate::Context;

    fn matches(pattern: &str, text: &str) -> bool {
        let pattern = ArnPattern::parse(pattern, true, ShortPattern::MatchesAnyRest).expect("a pattern");
        pattern.matches(text, &Context::default().with("aws:username", "a:b"))
    }

    #[test]
    fn parts_are_matched_one_by_one() {
        let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-1";
        for pattern in [
            "*",
            snapshot,
            "arn:aws:ec2:*:*:snapshot/*",
            "arn:aws:ec2:eu-????-?::snapshot/snap-?",
            "arn:*",
            "arn:aws:ec2",
            "arn:aws:e*",
            "arn:aws:ec2:*:*:*",
        ] {
            assert!(matches(pattern, snapshot), "{pattern}");
        }
        for pattern in [
            "arn:aws:ec2:*snapshot/*",
            "arn:aws:*:snapshot/*",
            "arn:aws:ec2:eu-west-1:*",
            "arn:aws:ec2:eu-west-1:1*:snapshot/*",
            "arn:aws:ec2:EU-west-1::snapshot/snap-1",
            "arn:aws:ec2:eu-west-1::snapshot/SNAP-1",
            "arn:aws:s3",
        ] {
            let expected = pattern == "arn:aws:ec2:eu-west-1:*";
            assert_eq!(matches(pattern, snapshot), expected, "{pattern}");
        }
        assert!(matches("arn:aws:x:::a*d", "arn:aws:x:::a:b:c:d"));
        assert!(matches("arn:aws:x:::u/${aws:username}", "arn:aws:x:::u/a:b"));
        assert!(!matches("arn:aws:x:::*", "*") && !matches("arn:aws:x:::*", "arn:aws:x::"));
    }

    #[test]
    fn short_patterns_are_completed_or_refused() {
        for (pattern, any_rest, needs_wildcard, refused) in [
            ("arn:aws:ec2:::x", true, true, true),
            ("arn:aws:ec2", true, false, false),
            ("arn:aws:ec2:*", true, true, false),
            ("*", true, true, true),
            ("snapshot/*", false, false, false),
            ("", false, false, false),
            ("**", false, false, false),
        ] {
            let accepted = |short| ArnPattern::parse(pattern, true, short).is_ok();
            assert_eq!(accepted(ShortPattern::MatchesAnyRest), any_rest, "{pattern}");
            assert_eq!(accepted(ShortPattern::NeedsWildcard), needs_wildcard, "{pattern}");
            assert_eq!(accepted(ShortPattern::Refused), refused, "{pattern}");
        }
    }
}
