//! What is known of a request beside principal, action and resource: the values of condition keys.

use std::collections::BTreeMap;

/// Values by condition key. Keys are compared without regard to case. A key without values is an absent one.
///
/// A key that is given twice has the values of both, whatever their case: two tags `team` and `Team` make
/// `aws:RequestTag/team` a key with several values, which a condition on one value does not match. Neither hides the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Values>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Values {
    /// The key as it was first given.
    key: String,
    values: Vec<String>,
}

impl Context {
    /// This context with `value` for `key`, beside those that it has already.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value])
    }

    /// This context with all of `values` for `key`, beside those that it has already.
    #[must_use]
    pub fn with_all<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.add(key, values.into_iter().map(Into::into));
        self
    }

    /// This context with the values of `other` beside its own.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        for (key, values) in other.iter() {
            self.add(key, values.iter().cloned());
        }
        self
    }

    /// The values of `key`, none if it is absent.
    pub fn values(&self, key: &str) -> &[String] {
        self.keys.get(&fold(key)).map_or(&[], |found| &found.values)
    }

    /// All keys, as they were first written, with their values, in the order of the folded keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.keys.values().map(|found| (found.key.as_str(), found.values.as_slice()))
    }

    fn add(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let mut values = values.peekable();
        if values.peek().is_some() {
            let entry = self.keys.entry(fold(key));
            entry.or_insert_with(|| Values { key: key.to_owned(), values: Vec::new() }).values.extend(values);
        }
    }
}

fn fold(key: &str) -> String {
    key.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::Context;

    #[test]
    fn case_does_not_tell_keys_apart_and_neither_value_hides_the_other() {
        let context = Context::default().with("aws:RequestTag/team", "a").with("aws:requesttag/Team", "b");
        assert_eq!(context.values("AWS:RequestTag/TEAM"), ["a", "b"]);
        assert_eq!(context.iter().count(), 1);
        let merged = Context::default().with("aws:requesttag/TEAM", "c").merged(&context);
        assert_eq!(merged.values("aws:RequestTag/team"), ["c", "a", "b"]);
    }

    #[test]
    fn a_key_without_values_is_absent() {
        let context = Context::default().with_all("aws:TagKeys", [""; 0]);
        assert_eq!(context, Context::default());
        assert_eq!(context.values("aws:TagKeys"), [""; 0]);
    }
}
