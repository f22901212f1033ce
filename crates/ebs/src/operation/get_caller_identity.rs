//! GetCallerIdentity.

use crate::AccountId;

/// What GetCallerIdentity answers. It asks for nothing and needs no permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetCallerIdentityReply {
    /// The caller's ARN.
    pub arn: String,
    /// The caller's unique id.
    pub user_id: String,
    /// The caller's account.
    pub account: AccountId,
}
