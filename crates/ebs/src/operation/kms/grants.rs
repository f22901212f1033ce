//! CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant.

use std::collections::BTreeSet;

use crate::operation::kms::KeyPage;
use crate::{Grant, GrantConstraints, GrantId, GrantOperation};

/// A CreateGrant request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGrantRequest {
    /// The key.
    pub key_id: String,
    /// The ARN of who may do what the grant allows.
    pub grantee: String,
    /// The ARN of who may end it.
    pub retiring: Option<String>,
    /// What it allows: at least one.
    pub operations: BTreeSet<GrantOperation>,
    /// In which encryption contexts.
    pub constraints: GrantConstraints,
    /// Tokens of grants under which the caller acts.
    pub grant_tokens: Vec<String>,
    /// The name under which a repeated request finds the grant again.
    pub name: Option<String>,
    /// Whether only the right to do it is checked.
    pub dry_run: bool,
}

/// What CreateGrant answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGrantReply {
    /// The grant.
    pub grant: GrantId,
    /// A token of it.
    pub token: String,
}

/// A ListGrants request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListGrantsRequest {
    /// The key.
    pub key_id: String,
    /// Only this grant.
    pub grant: Option<GrantId>,
    /// Only grants to this ARN.
    pub grantee: Option<String>,
    /// Which page.
    pub page: KeyPage<GrantId>,
}

/// A ListRetirableGrants request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRetirableGrantsRequest {
    /// The ARN of the retiring principal.
    pub retiring: String,
    /// Which page.
    pub page: KeyPage<GrantId>,
}

/// What ListGrants and ListRetirableGrants answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantsReply {
    /// The grants, by id.
    pub grants: Vec<Grant>,
    /// The last of them, if there are more.
    pub next: Option<GrantId>,
}

/// A RetireGrant request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetireGrantRequest {
    /// The grant.
    pub grant: RetiredGrant,
    /// Whether only the right to do it is checked.
    pub dry_run: bool,
}

/// How RetireGrant names a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetiredGrant {
    /// By its token.
    Token(String),
    /// By its key and id.
    Id {
        /// The full name of the key.
        key_id: String,
        /// The grant.
        grant: GrantId,
    },
}

/// A RevokeGrant request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeGrantRequest {
    /// The key.
    pub key_id: String,
    /// The grant.
    pub grant: GrantId,
    /// Whether only the right to do it is checked.
    pub dry_run: bool,
}
