//! CreateAlias, UpdateAlias, DeleteAlias, ListAliases.

use crate::operation::kms::KeyPage;
use crate::{AliasName, KeyId, Timestamp};

/// A CreateAlias request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAliasRequest {
    /// The new name, which may be one that is reserved.
    pub name: AliasName,
    /// The key that it is to name.
    pub target_key_id: String,
}

/// An UpdateAlias request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAliasRequest {
    /// The name, which may be one that is reserved.
    pub name: AliasName,
    /// The key that it is to name from now on.
    pub target_key_id: String,
}

/// A DeleteAlias request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteAliasRequest {
    /// The name, which may be one that is reserved.
    pub name: AliasName,
}

/// A ListAliases request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAliasesRequest {
    /// The key whose aliases are asked for; without one, those of all keys of the account.
    pub key_id: Option<String>,
    /// Which page.
    pub page: KeyPage<AliasName>,
}

/// An alias as ListAliases shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Its name.
    pub name: AliasName,
    /// Its full name.
    pub arn: String,
    /// The key that it names.
    pub target: KeyId,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last made to name a key.
    pub updated: Timestamp,
}

/// What ListAliases answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAliasesReply {
    /// The aliases, by name.
    pub aliases: Vec<Alias>,
    /// The last of them, if there are more.
    pub next: Option<AliasName>,
}
