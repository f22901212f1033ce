//! What a decision rests on.

use std::fmt;

use crate::Effect;

/// The kinds of policies that have a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Policies of users, groups and roles.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Policies of the session.
    Session,
    /// The resource's own policy.
    Resource,
}

impl fmt::Display for Layer {
    /// As denials name it: "identity-based policy".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
        })
    }
}

/// Why a decision is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is allowed.
    Allowed,
    /// A statement denies it.
    ExplicitDeny(Layer),
    /// No statement denies it, but none of this layer allows it, where one would have to.
    NotAllowedBy(Layer),
}

/// A statement that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementMatch {
    /// Where it stands.
    pub layer: Layer,
    /// The name of its policy.
    pub policy: String,
    /// Its place in the policy, from 0.
    pub statement: usize,
    /// Its id, if it has one.
    pub sid: Option<String>,
    /// What it says.
    pub effect: Effect,
}

/// What a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Why it is what it is; of several reasons the first in the order explicit deny, session, boundary, resource, identity.
    pub reason: Reason,
    /// All statements that match, layer by layer, in the order of their policies.
    pub statements: Vec<StatementMatch>,
}

impl Trace {
    /// The statements that decided: those that deny if one does, else those that allow.
    pub fn deciding(&self) -> impl Iterator<Item = &StatementMatch> {
        let effect = match self.reason {
            Reason::ExplicitDeny(_) => Effect::Deny,
            Reason::Allowed | Reason::NotAllowedBy(_) => Effect::Allow,
        };
        self.statements.iter().filter(move |statement| statement.effect == effect)
    }
}
