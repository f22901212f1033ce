//! Forms: bodies and query strings of type `application/x-www-form-urlencoded`, with the dotted names by which the
//! Query protocols write lists and structures.
//!
//! Names are case-sensitive. Lists are `Name.1`, `Name.2`, ...; gaps are tolerated and members come in the order of
//! their indexes. A parameter must not occur twice: which of the two counts would be a guess. A parameter without
//! a value has the empty value.

mod decode;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use ebs::Refusal;

use crate::WireError;
use crate::limits::FORM_PARAMETERS_MAX;

/// The parameters of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    parameters: BTreeMap<String, String>,
}

/// The parameters under one prefix: those of the whole form, or of one structure in a list.
#[derive(Clone)]
pub struct Fields<'f> {
    form: &'f Form,
    prefix: String,
}

impl Form {
    /// The parameters that `encoded` holds. Both `+` and `%20` stand for a space.
    ///
    /// # Errors
    /// [`WireError`] if a bound of [`crate::limits`] is passed, if a name or value is no UTF-8 text, or if a
    /// parameter occurs twice.
    pub fn parse(encoded: &[u8]) -> Result<Self, WireError> {
        decode::parameters(encoded).map(|parameters| Self { parameters })
    }

    /// The parameters of both forms.
    ///
    /// # Errors
    /// [`WireError`] if a parameter stands in both, or if they are too many together.
    pub fn join(mut self, other: Self) -> Result<Self, WireError> {
        if self.parameters.len() + other.parameters.len() > FORM_PARAMETERS_MAX {
            return Err(WireError::TooManyParameters { limit: FORM_PARAMETERS_MAX });
        }
        for (name, value) in other.parameters {
            match self.parameters.entry(name) {
                Entry::Vacant(entry) => entry.insert(value),
                Entry::Occupied(entry) => return Err(WireError::DuplicateParameter(entry.key().clone())),
            };
        }
        Ok(self)
    }

    /// All the parameters.
    pub fn fields(&self) -> Fields<'_> {
        Fields { form: self, prefix: String::new() }
    }

    /// The value of the parameter of exactly this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Names of all parameters, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().map(String::as_str)
    }

    /// Parameters whose name begins with `prefix`, each with the rest of its name.
    fn under<'f, 'p>(&'f self, prefix: &'p str) -> impl Iterator<Item = (&'f str, &'f str)> + use<'f, 'p> {
        self.parameters
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .map_while(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

/// Names only: values may be secrets, as presigned URLs are.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl<'f> Fields<'f> {
    /// The value of the parameter `name`.
    pub fn text(&self, name: &str) -> Option<&'f str> {
        self.form.text(&format!("{}{name}", self.prefix))
    }

    /// The value of the parameter `name`, which must be there.
    ///
    /// # Errors
    /// [`Refusal::MissingParameter`].
    pub fn required(&self, name: &'static str) -> Result<&'f str, Refusal> {
        self.text(name).ok_or(Refusal::MissingParameter(name))
    }

    /// The value of the parameter `name` as an owned text.
    pub fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The value of the parameter `name` as a boolean, in letters of any case.
    ///
    /// # Errors
    /// [`Refusal::InvalidParameterValue`] if it is neither `true` nor `false`.
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        let Some(value) = self.text(name) else { return Ok(None) };
        for word in [true, false] {
            if value.eq_ignore_ascii_case(if word { "true" } else { "false" }) {
                return Ok(Some(word));
            }
        }
        Err(Refusal::InvalidParameterValue {
            parameter: name,
            value: value.to_owned(),
            expected: "true or false",
        })
    }

    /// The value of the parameter `name` as a whole number.
    ///
    /// # Errors
    /// [`Refusal::InvalidParameterValue`] if it is none of 64 bits.
    pub fn integer(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.text(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| Refusal::InvalidParameterValue {
            parameter: name,
            value: value.to_owned(),
            expected: "a whole number",
        })
    }

    /// The members of the list `name`, in the order of their indexes.
    pub fn list(&self, name: &str) -> Vec<&'f str> {
        let members: BTreeMap<u32, &str> = self
            .form
            .under(&format!("{}{name}.", self.prefix))
            .filter_map(|(index, value)| Some((list_index(index)?, value)))
            .collect();
        members.into_values().collect()
    }

    /// The members of the list `name` as owned texts.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).into_iter().map(str::to_owned).collect()
    }

    /// The structures that are members of the list `name`, in the order of their indexes.
    pub fn structures(&self, name: &str) -> Vec<Fields<'f>> {
        let prefix = format!("{}{name}.", self.prefix);
        let indexes: BTreeSet<u32> =
            self.form.under(&prefix).filter_map(|(rest, _)| list_index(rest.split_once('.')?.0)).collect();
        indexes
            .into_iter()
            .map(|index| Fields { form: self.form, prefix: format!("{prefix}{index}.") })
            .collect()
    }
}

/// The list index that a part of a name is. The form's names have been checked: digits are a legal index.
pub(crate) fn list_index(part: &str) -> Option<u32> {
    part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()))
}
