//! Conditions of a statement: all of them must hold.

use std::collections::BTreeSet;

use super::document::Rules;
use super::json::Json;
use super::operator::{Operator, Set};
use super::value::Test;
use super::{PolicyError, Problem};
use crate::Context;
use crate::variable::is_condition_key;

/// A key, and what its values are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    key: String,
    operator: Operator,
    test: Test,
}

impl Condition {
    /// Reads the element `Condition`: an object of operators, each an object of keys with one or more values.
    pub(super) fn parse_all(json: &Json, rules: Rules) -> Result<Vec<Self>, PolicyError> {
        let mut conditions = Vec::new();
        for (name, keys) in json.members()? {
            let read = || -> Result<Vec<Self>, PolicyError> {
                let operator = Operator::parse(name)?;
                let mut folded = BTreeSet::new();
                let mut read = Vec::new();
                for (key, values) in keys.members()? {
                    if !folded.insert(key.to_lowercase()) {
                        return Err(Problem::Twice(key.clone()).into());
                    }
                    read.push(Self::parse(key, values, operator, rules).map_err(|error| error.inside(key))?);
                }
                Ok(read)
            };
            conditions.extend(read().map_err(|error| error.inside(name))?);
        }
        Ok(conditions)
    }

    fn parse(key: &str, values: &Json, operator: Operator, rules: Rules) -> Result<Self, PolicyError> {
        if !is_condition_key(key) {
            return Err(Problem::Key(key.to_owned()).into());
        }
        let texts = values.one_or_more(|json| match json {
            Json::Text(text) | Json::Number(text) => Ok(text.clone()),
            Json::Bool(value) => Ok(value.to_string()),
            _ => Err(Problem::Type("a string, a number or a boolean").into()),
        })?;
        let test = Test::parse(operator.comparison, &texts, rules.variables)?;
        Ok(Self { key: key.to_owned(), operator, test })
    }

    /// Whether it holds.
    ///
    /// An absent key does not match, so that a negated operator holds, as do `IfExists` and `ForAllValues`, and `ForAnyValue`
    /// does not. A key with several values does not match without `ForAllValues` or `ForAnyValue`.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let values = context.values(&self.key);
        if let Test::Null(wanted) = &self.test {
            return wanted.contains(&values.is_empty());
        }
        let negated = self.operator.negated;
        let holds = |value: &String| self.test.matches(value, context) != negated;
        match (self.operator.set, values) {
            (Set::All, values) => values.iter().all(holds),
            (Set::Any, values) => values.iter().any(holds),
            (Set::One, []) => negated || self.operator.if_exists,
            (Set::One, [value]) => holds(value),
            (Set::One, _) => negated,
        }
    }
}
