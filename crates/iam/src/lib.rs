//! Who calls, and what they may do: principals, policy documents, and the decision with what led to it.
//!
//! Pure: a decision depends on nothing but its arguments. What is not understood in a policy refuses the policy when
//! it is read, so that nothing of it is passed over later.

mod arn;
mod context;
mod decision;
mod denial;
pub mod limits;
mod pattern;
mod policy;
mod principal;
mod variable;

pub use context::Context;
pub use decision::{
    Decision, Layer, Layers, NamedPolicy, Question, Reason, ResourceSide, StatementMatch, Trace, decide,
};
pub use denial::{denial_message, denial_sentence};
pub use policy::{Effect, Policy, PolicyError, PolicyKind, Problem, size_without_white_space};
pub use principal::{Principal, PrincipalKind};
