//! Why KMS refuses a request.
//!
//! Data like [`Refusal`](crate::Refusal), and apart from it: KMS has its own exceptions, and no other protocol
//! answers with them. Keys and aliases are named as the answer shows them.

use crate::{GrantId, KeyArn};

/// Which request or value was wrong, and how. A refused request has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "the variants and their fields say what they are; the text gives the sentence"
)]
pub enum KeyRefusal {
    // the request as a whole
    #[error("the request would have succeeded, but the DryRun option is set")]
    DryRun,
    #[error("value ({value}) at {member} failed to satisfy a constraint: {constraint}")]
    Validation { member: &'static str, value: String, constraint: &'static str },
    #[error("the member {0} must be given")]
    MemberMissing(&'static str),
    #[error("{0}")]
    MembersConflict(&'static str),
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    #[error(transparent)]
    AccessDenied(KeyDenial),
    #[error("there can be at most {limit} {what}")]
    LimitExceeded { what: &'static str, limit: u32 },
    #[error("the marker cannot be used here")]
    MarkerInvalid,

    // what is named
    #[error("the key {0} does not exist")]
    KeyNotFound(String),
    #[error("the alias {0} does not exist")]
    AliasNotFound(String),
    #[error("`{0}` names no key")]
    KeyIdInvalid(String),
    #[error("`{0}` is not the ARN of a key or an alias")]
    ArnInvalid(String),
    #[error("the ARN names something of the region {0}, which is not this one")]
    ArnOfOtherRegion(String),

    // states
    #[error("the key {0} is disabled")]
    Disabled(KeyArn),
    #[error("the key {0} is pending deletion")]
    PendingDeletion(KeyArn),
    #[error("the key {0} is not pending deletion")]
    NotPendingDeletion(KeyArn),

    // aliases
    #[error("an alias with the name {0} already exists")]
    AliasExists(String),
    #[error("the name of an alias must begin with alias/")]
    AliasNameInvalid,
    #[error("names that begin with alias/aws/ are reserved")]
    AliasReserved,

    // cryptography
    #[error("the ciphertext does not open under this key and encryption context")]
    CiphertextInvalid,
    #[error("the ciphertext was not made under the key that the request names")]
    IncorrectKey,
    #[error("the key does not know the algorithm {0}")]
    KeyUsageInvalid(String),

    // grants, policies, tags
    #[error("the grant {0} does not exist")]
    GrantNotFound(GrantId),
    #[error("`{0}` is not the id of a grant")]
    GrantIdInvalid(String),
    #[error("the grant token cannot be used here")]
    GrantTokenInvalid,
    #[error("a key has no policy named `{0}`")]
    PolicyNotFound(String),
    #[error("the policy is malformed: {0}")]
    PolicyMalformed(String),
    #[error("under the new policy the caller could not change it again")]
    PolicyLocksOut,
    #[error("the tags cannot be set: {0}")]
    TagInvalid(String),
}

/// Who may not do what to what, and why: the parts of the sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{principal} is not authorized to perform {action} on {resource}: {reason}")]
pub struct KeyDenial {
    /// The ARN of the caller.
    pub principal: String,
    /// The action with its `kms:`.
    pub action: &'static str,
    /// The ARN of what it was to be done to, as the caller may know it.
    pub resource: String,
    /// What decided.
    pub reason: DenialReason,
}

/// Which layer of policies decided that a caller may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DenialReason {
    /// No policy of the caller's allows it.
    #[error("no identity-based policy allows it")]
    NoIdentityPolicy,
    /// The key's policy does not allow it, nor does a grant.
    #[error("no resource-based policy allows it")]
    NoResourcePolicy,
    /// The caller's permissions boundary does not allow it.
    #[error("no permissions boundary allows it")]
    NoBoundary,
    /// The policy of the caller's session does not allow it.
    #[error("no session policy allows it")]
    NoSessionPolicy,
    /// A policy of the caller's denies it.
    #[error("an identity-based policy denies it")]
    DeniedByIdentity,
    /// The key's policy denies it.
    #[error("a resource-based policy denies it")]
    DeniedByResource,
    /// The caller's permissions boundary denies it.
    #[error("a permissions boundary denies it")]
    DeniedByBoundary,
    /// The policy of the caller's session denies it.
    #[error("a session policy denies it")]
    DeniedBySession,
}
