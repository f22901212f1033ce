//! Why a policy is refused, and where.

use std::fmt;

/// Why a policy was refused, with the place where it says what it may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The way to the element, as `Statement[1].Condition.StringEquals`; empty for the document itself.
    pub path: String,
    /// What is wrong there.
    pub problem: Problem,
}

impl PolicyError {
    /// The same, one step farther from the top.
    pub(super) fn inside(mut self, step: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{dot}{}", self.path);
        self
    }
}

impl From<Problem> for PolicyError {
    fn from(problem: Problem) -> Self {
        Self { path: String::new(), problem }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => self.problem.fmt(f),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl std::error::Error for PolicyError {}

/// What is wrong with an element of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The document is not JSON.
    #[error("the document is not JSON: {0}")]
    NotJson(String),
    /// The document is too long.
    #[error("the document may have at most {max} {unit}")]
    TooLong {
        /// How many it may have.
        max: usize,
        /// Of what.
        unit: &'static str,
    },
    /// The element has another JSON type.
    #[error("this must be {0}")]
    Type(&'static str),
    /// A member stands twice in its object.
    #[error("{0:?} stands here twice")]
    Twice(String),
    /// There is no such element.
    #[error("there is no element {0:?} here")]
    UnknownElement(String),
    /// A needed element is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Of two elements only one may stand in a statement.
    #[error("{0} and {1} may not stand together")]
    Both(&'static str, &'static str),
    /// The element may not stand in this kind of policy.
    #[error("{0} may not stand in this kind of policy")]
    OutOfPlace(&'static str),
    /// A list has no values.
    #[error("at least one value is needed")]
    Empty,
    /// A list has too many values.
    #[error("at most {0} values may stand here")]
    TooMany(usize),
    /// The version is not one of those that there are.
    #[error("a version is 2012-10-17 or 2008-10-17")]
    Version,
    /// The effect is neither `Allow` nor `Deny`.
    #[error("an effect is Allow or Deny")]
    Effect,
    /// A statement's id has other characters than letters and digits.
    #[error("a Sid has letters and digits only")]
    Sid,
    /// Two statements have one id.
    #[error("the Sid {0:?} stands at another statement too")]
    SidTwice(String),
    /// The text is not an action or a pattern of actions.
    #[error("{0:?} is not an action: SERVICE:NAME or *")]
    Action(String),
    /// The text is not an ARN or a pattern of ARNs.
    #[error("{0:?} is not an ARN, a pattern of ARNs or *")]
    Arn(String),
    /// A variable stands before the resource of an ARN.
    #[error("a variable may stand only behind the fifth colon of a resource")]
    EarlyVariable,
    /// A variable is malformed.
    #[error("{0:?} is not a policy variable")]
    Variable(String),
    /// The text does not name a principal.
    #[error("{0:?} does not name a principal")]
    Principal(String),
    /// There is no such kind of principal.
    #[error("there are no principals of kind {0:?} here")]
    PrincipalKind(String),
    /// There is no such operator.
    #[error("there is no condition operator {0:?}")]
    Operator(String),
    /// The text is not a condition key.
    #[error("{0:?} is not a condition key")]
    Key(String),
    /// The value is not of the operator's type.
    #[error("{value:?} is not {expected}")]
    Value {
        /// What stands there.
        value: String,
        /// What the operator compares.
        expected: &'static str,
    },
}
