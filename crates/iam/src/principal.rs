//! Who calls.

use ebs::AccountId;

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The account on whose behalf the call is made.
    pub account: AccountId,
    /// The principal's ARN, as GetCallerIdentity and denials show it.
    pub arn: String,
    /// The principal's unique id, as GetCallerIdentity shows it.
    pub user_id: String,
}

impl Principal {
    /// The root user of `account`: everything in the account is allowed to it.
    pub fn root(account: AccountId) -> Self {
        Self { account, arn: format!("arn:aws:iam::{account}:root"), user_id: account.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::Principal;

    #[test]
    fn a_root_user_is_named_by_its_account() {
        let root = Principal::root("000000000042".parse().expect("an account id"));
        assert_eq!(root.arn, "arn:aws:iam::000000000042:root");
        assert_eq!(root.user_id, "000000000042");
    }
}
