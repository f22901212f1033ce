//! The decision whether a principal may do something, and what it rests on.
//!
//! 1. A matching `Deny` in any policy denies.
//! 2. What the identity's policies allow, its boundary and the policies of its session must allow too.
//! 3. In the same account a resource's policy that names the caller allows by itself; one that names the caller's role
//!    is still limited by boundary and session; one that names the account leaves it to the identity's policies.
//! 4. In another account both sides must allow.

mod layers;
mod trace;

use std::sync::Arc;

use ebs::AccountId;

use crate::policy::Request;
use crate::{Context, Policy, Principal, PrincipalKind};
use layers::Verdicts;
pub use trace::{Layer, Reason, StatementMatch, Trace};

/// A policy with the name by which it is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPolicy {
    /// The name, as the trace shows it.
    pub name: String,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// The policies that a principal has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// Those of the user and its groups, or of the role. A root user needs none: all is allowed to it.
    pub identity: Vec<NamedPolicy>,
    /// The permissions boundary, if there is one: what it does not allow, `identity` does not allow either.
    pub boundary: Option<NamedPolicy>,
    /// The policies that were given when the session began, if there were any: one of them must allow.
    pub session: Option<Vec<NamedPolicy>>,
}

/// Who wants to do what to which resource.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The action, as `ec2:CopySnapshot`.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for actions that have none.
    pub resource: &'a str,
    /// The account that owns the resource, where that matters; none for the caller's own.
    pub resource_account: Option<AccountId>,
    /// All condition keys, those of [`Principal::context`] among them.
    pub context: &'a Context,
}

/// What the resource says of its own.
#[derive(Clone, Copy, Debug)]
pub enum ResourceSide<'a> {
    /// Nothing: resources of its kind have no policies. Whether another account's resource is shared with the caller is
    /// not judged here.
    None,
    /// A policy beside those of the identity: in the same account either side is enough.
    Policy(&'a NamedPolicy),
    /// A key's policy. Policies of identities count only where it allows the account.
    KeyPolicy {
        /// The key's policy.
        policy: &'a NamedPolicy,
        /// Whether a grant gives the caller this operation. It counts as if the policy named the user, or the session's role.
        grant: bool,
    },
    /// The trust policy of a role, which counts as that of a key does.
    TrustPolicy(&'a NamedPolicy),
}

impl<'a> ResourceSide<'a> {
    fn policy(&self) -> Option<&'a NamedPolicy> {
        match self {
            Self::None => None,
            Self::Policy(policy) | Self::KeyPolicy { policy, .. } | Self::TrustPolicy(policy) => Some(policy),
        }
    }
}

/// A decision, with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why.
    pub trace: Trace,
}

/// Whether `question` is allowed by the policies of its principal and the resource's side.
pub fn decide(question: &Question<'_>, layers: &Layers, resource: ResourceSide<'_>) -> Decision {
    let request = Request {
        principal: question.principal,
        bounded: layers.boundary.is_some(),
        action: question.action.to_ascii_lowercase(),
        resource: question.resource,
        context: question.context,
    };
    let mut statements = Vec::new();
    let verdicts = Verdicts::of(&request, layers, resource.policy(), &mut statements);
    let same_account = question.resource_account.is_none_or(|account| account == question.principal.account);
    let reason = verdicts.reason(&question.principal.kind, resource, same_account);
    Decision { allowed: reason == Reason::Allowed, trace: Trace { reason, statements } }
}

#[cfg(test)]
mod tests;
