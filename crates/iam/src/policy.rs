//! Policy documents: read once, strictly, then evaluated without another look at their text.

mod condition;
mod document;
mod error;
mod json;
mod operator;
mod principals;
mod statement;
mod value;

pub use error::{PolicyError, Problem};
pub(crate) use principals::Grade;
pub(crate) use statement::{Request, Statement};

use crate::limits;

/// What a policy is attached to, which decides what may stand in it and how long it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A policy of a user, group or role. It names no principal.
    Identity,
    /// A permissions boundary of a user or role. It names no principal.
    Boundary,
    /// A policy that was given when a session began. It names no principal.
    Session,
    /// A policy of a resource, such as a key. It names principals.
    Resource,
    /// The policy of a role that says who may assume it. It names principals, and no resource.
    Trust,
}

impl PolicyKind {
    /// Whether statements name principals; if not, they may not.
    fn names_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Trust)
    }

    /// Most characters of a document, white space not counted.
    fn chars_max(self) -> usize {
        match self {
            Self::Identity => limits::ROLE_INLINE_CHARS_MAX,
            Self::Boundary => limits::MANAGED_CHARS_MAX,
            Self::Session => limits::SESSION_CHARS_MAX,
            Self::Resource => limits::RESOURCE_CHARS_MAX,
            Self::Trust => limits::TRUST_CHARS_MAX,
        }
    }
}

/// What a statement says of what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is allowed, unless something else is against it.
    Allow,
    /// It is denied, whatever else allows it.
    Deny,
}

/// A policy that was read, and can be evaluated without another look at its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

impl Policy {
    /// Reads a document. Versions are `2012-10-17` and `2008-10-17`, which it is too if it does not say; the older one has
    /// no variables.
    ///
    /// # Errors
    /// Everything that is not understood refuses the policy, with the place where it stands: elements, operators,
    /// principals and values of another form, members that stand twice, and whatever exceeds [`limits`].
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        Ok(Self { statements: document::parse(text, kind)? })
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// How many characters of `text` are not white space: what the quotas of IAM count.
pub fn size_without_white_space(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}
