//! Forms of the Query protocols.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
pub(in crate::client) const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A form, percent-encoded, its parameters in the order they were added.
#[derive(Clone, Debug)]
pub(in crate::client) struct Form(String);

impl Form {
    /// The form of this action of this API version.
    pub(in crate::client) fn new(action: &str, version: &str) -> Self {
        Self(format!("Action={action}&Version={version}"))
    }

    /// Adds a parameter. `name` has only unreserved characters.
    pub(in crate::client) fn add(&mut self, name: &str, value: &str) {
        self.0.push('&');
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, RESERVED));
    }

    /// Adds a parameter, if there is one.
    pub(in crate::client) fn add_optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds a list: `name.1`, `name.2`, ...
    pub(in crate::client) fn add_list(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = impl AsRef<str>>,
    ) {
        for (number, value) in (1..).zip(values) {
            self.add(&format!("{name}.{number}"), value.as_ref());
        }
    }

    /// The form as it is sent.
    pub(in crate::client) fn as_text(&self) -> &str {
        &self.0
    }

    /// The form as it is sent.
    pub(in crate::client) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn values_are_escaped_and_lists_numbered() {
        let mut form = Form::new("DescribeSnapshots", "2016-11-15");
        form.add("Description", "a b&c=d/\u{e9}");
        form.add_optional("NextToken", None);
        form.add_list("Owner", ["self", "*"]);
        assert_eq!(
            form.into_text(),
            "Action=DescribeSnapshots&Version=2016-11-15&Description=a%20b%26c%3Dd%2F%C3%A9&Owner.1=self&Owner.2=%2A"
        );
    }
}
