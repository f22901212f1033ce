//! Condition operators and their names.

use super::Problem;

/// An operator: what is compared, and what is made of the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) comparison: Comparison,
    /// It holds where the comparison does not match.
    pub(super) negated: bool,
    /// It holds if the key is absent.
    pub(super) if_exists: bool,
    pub(super) set: Set,
}

/// Which of the values that a request has for a key must satisfy an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// The only one.
    One,
    /// All, if there are any.
    All,
    /// One or more.
    Any,
}

/// How a value of the request is compared with those of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Text,
    TextWithoutCase,
    Pattern,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
    Arn,
    Null,
}

/// What a value of the request must be to one of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(super) fn holds<T: Ord>(self, value: &T, policy: &T) -> bool {
        match self {
            Self::Equal => value == policy,
            Self::Less => value < policy,
            Self::LessOrEqual => value <= policy,
            Self::Greater => value > policy,
            Self::GreaterOrEqual => value >= policy,
        }
    }
}

/// Each operator with its comparison, and whether it is negated.
const OPERATORS: [(&str, Comparison, bool); 27] = [
    ("StringEquals", Comparison::Text, false),
    ("StringNotEquals", Comparison::Text, true),
    ("StringEqualsIgnoreCase", Comparison::TextWithoutCase, false),
    ("StringNotEqualsIgnoreCase", Comparison::TextWithoutCase, true),
    ("StringLike", Comparison::Pattern, false),
    ("StringNotLike", Comparison::Pattern, true),
    ("NumericEquals", Comparison::Number(Order::Equal), false),
    ("NumericNotEquals", Comparison::Number(Order::Equal), true),
    ("NumericLessThan", Comparison::Number(Order::Less), false),
    ("NumericLessThanEquals", Comparison::Number(Order::LessOrEqual), false),
    ("NumericGreaterThan", Comparison::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Comparison::Number(Order::GreaterOrEqual), false),
    ("DateEquals", Comparison::Date(Order::Equal), false),
    ("DateNotEquals", Comparison::Date(Order::Equal), true),
    ("DateLessThan", Comparison::Date(Order::Less), false),
    ("DateLessThanEquals", Comparison::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Comparison::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Comparison::Date(Order::GreaterOrEqual), false),
    ("Bool", Comparison::Bool, false),
    ("BinaryEquals", Comparison::Binary, false),
    ("IpAddress", Comparison::Address, false),
    ("NotIpAddress", Comparison::Address, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnNotLike", Comparison::Arn, true),
    ("Null", Comparison::Null, false),
];

impl Operator {
    /// Reads a name with what may stand around it: `ForAllValues:` or `ForAnyValue:`, and `IfExists`.
    ///
    /// # Errors
    /// [`Problem::Operator`] if there is no such operator; `Null` has nothing around it.
    pub(super) fn parse(name: &str) -> Result<Self, Problem> {
        let unknown = || Problem::Operator(name.to_owned());
        let (set, rest) = match name.split_once(':') {
            None => (Set::One, name),
            Some(("ForAllValues", rest)) => (Set::All, rest),
            Some(("ForAnyValue", rest)) => (Set::Any, rest),
            Some(_) => return Err(unknown()),
        };
        let (plain, if_exists) = match rest.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (rest, false),
        };
        let found = OPERATORS.iter().find(|(name, _, _)| *name == plain);
        let (_, comparison, negated) = *found.ok_or_else(unknown)?;
        if comparison == Comparison::Null && (if_exists || set != Set::One) {
            return Err(unknown());
        }
        Ok(Self { comparison, negated, if_exists, set })
    }
}
