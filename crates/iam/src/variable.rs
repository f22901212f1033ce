//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`.

use crate::Context;
use crate::policy::Problem;

/// A place in a policy where a value of the request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    key: String,
    default: Option<String>,
}

impl Variable {
    /// Reads what stands between `${` and `}`.
    ///
    /// # Errors
    /// [`Problem::Variable`] if there is no condition key, or if what follows its comma is not in single quotes.
    pub(crate) fn parse(inside: &str) -> Result<Self, Problem> {
        let malformed = || Problem::Variable(inside.to_owned());
        let (key, default) = match inside.split_once(',') {
            None => (inside, None),
            Some((key, rest)) => {
                let quoted = rest.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                (key, Some(quoted.ok_or_else(malformed)?.to_owned()))
            }
        };
        let key = key.trim();
        if !is_condition_key(key) {
            return Err(malformed());
        }
        Ok(Self { key: key.to_owned(), default })
    }

    /// The value that the request has for it: none if the key has several, the default if the key is absent.
    pub(crate) fn value<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        match context.values(&self.key) {
            [] => self.default.as_deref(),
            [value] => Some(value),
            _ => None,
        }
    }
}

/// Whether `key` has the form of a condition key: a service, a colon and a name.
pub(crate) fn is_condition_key(key: &str) -> bool {
    key.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty()
            && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !name.trim().is_empty()
            && !name.contains(['{', '}', '\0'])
    })
}

#[cfg(test)]
mod tests {
    use super::Variable;
    use crate::Context;

    #[test]
    fn a_value_comes_from_the_request_or_from_the_default_of_an_absent_key() {
        let context = Context::default().with("aws:username", "ann").with_all("aws:TagKeys", ["a", "b"]);
        for (inside, value) in [
            ("aws:username", Some("ann")),
            ("AWS:UserName", Some("ann")),
            (" aws:username ", Some("ann")),
            ("aws:username, 'x'", Some("ann")),
            ("aws:PrincipalTag/team", None),
            ("aws:PrincipalTag/team, 'a, b'", Some("a, b")),
            ("aws:PrincipalTag/team, ''", Some("")),
            ("aws:TagKeys", None),
            ("aws:TagKeys, 'x'", None),
        ] {
            let variable = Variable::parse(inside).expect("a variable");
            assert_eq!(variable.value(&context), value, "{inside}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        for inside in ["", " ", "username", ":x", "aws:", "aws:username, x", "aws:username,'x", "a b:c", "**"]
        {
            assert!(Variable::parse(inside).is_err(), "{inside:?}");
        }
    }
}
