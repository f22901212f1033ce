//! Who calls.

use ebs::{AccountId, Tag};

use crate::Context;

/// What kind of caller a principal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The root user of an account: everything in the account is allowed to it, unless a resource's own policy
    /// says otherwise.
    Root,
    /// A user.
    User {
        /// Its name.
        name: String,
    },
    /// Temporary credentials of a role.
    Session {
        /// The ARN of the role, by which policies name all its sessions.
        role_arn: String,
    },
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The account on whose behalf the call is made.
    pub account: AccountId,
    /// The principal's ARN, as GetCallerIdentity and denials show it.
    pub arn: String,
    /// The principal's unique id, as GetCallerIdentity shows it.
    pub user_id: String,
    /// What kind of caller it is.
    pub kind: PrincipalKind,
    /// The tags of the user, or of the role and the session.
    pub tags: Vec<Tag>,
}

impl Principal {
    /// The root user of `account`.
    pub fn root(account: AccountId) -> Self {
        Self {
            account,
            arn: format!("arn:aws:iam::{account}:root"),
            user_id: account.to_string(),
            kind: PrincipalKind::Root,
            tags: Vec::new(),
        }
    }

    /// The user `name` of `account` with the unique id `user_id`; `path` begins and ends with a slash.
    pub fn user(account: AccountId, path: &str, name: &str, user_id: &str, tags: Vec<Tag>) -> Self {
        Self {
            account,
            arn: format!("arn:aws:iam::{account}:user{path}{name}"),
            user_id: user_id.to_owned(),
            kind: PrincipalKind::User { name: name.to_owned() },
            tags,
        }
    }

    /// The session `session` of the role `name` of `account` with the unique id `role_id`; `path` begins and ends with
    /// a slash.
    pub fn session(
        account: AccountId,
        path: &str,
        name: &str,
        role_id: &str,
        session: &str,
        tags: Vec<Tag>,
    ) -> Self {
        Self {
            account,
            arn: format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
            user_id: format!("{role_id}:{session}"),
            kind: PrincipalKind::Session { role_arn: format!("arn:aws:iam::{account}:role{path}{name}") },
            tags,
        }
    }

    /// The condition keys that tell who calls: `aws:PrincipalArn` (of a session, its role's), `aws:PrincipalAccount`,
    /// `aws:PrincipalType`, `aws:userid`, of users `aws:username`, and `aws:PrincipalTag/KEY` for each tag.
    pub fn context(&self) -> Context {
        let (arn, kind, name) = match &self.kind {
            PrincipalKind::Root => (&self.arn, "Account", None),
            PrincipalKind::User { name } => (&self.arn, "User", Some(name)),
            PrincipalKind::Session { role_arn } => (role_arn, "AssumedRole", None),
        };
        let context = Context::default()
            .with("aws:PrincipalArn", arn)
            .with("aws:PrincipalAccount", self.account.to_string())
            .with("aws:PrincipalType", kind)
            .with("aws:userid", &self.user_id)
            .with_all("aws:username", name);
        self.tags
            .iter()
            .fold(context, |context, tag| context.with(&format!("aws:PrincipalTag/{}", tag.key), &tag.value))
    }
}

#[cfg(test)]
mod tests {
    use super::Principal;
    use ebs::{AccountId, Tag};

    fn account() -> AccountId {
        "000000000042".parse().expect("an account id")
    }

    #[test]
    fn a_root_user_is_named_by_its_account() {
        let root = Principal::root(account());
        assert_eq!(root.arn, "arn:aws:iam::000000000042:root");
        assert_eq!(root.user_id, "000000000042");
        assert_eq!(root.context().values("aws:PrincipalType"), ["Account"]);
    }

    #[test]
    fn users_and_sessions_are_named_as_policies_and_conditions_name_them() {
        let tags = vec![Tag { key: "team".to_owned(), value: "ops".to_owned() }];
        let user = Principal::user(account(), "/ops/", "ann", "AIDA1", tags);
        assert_eq!(user.arn, "arn:aws:iam::000000000042:user/ops/ann");
        for (key, value) in [
            ("aws:PrincipalArn", user.arn.as_str()),
            ("aws:username", "ann"),
            ("aws:userid", "AIDA1"),
            ("aws:PrincipalTag/TEAM", "ops"),
            ("aws:PrincipalAccount", "000000000042"),
        ] {
            assert_eq!(user.context().values(key), [value], "{key}");
        }
        let session = Principal::session(account(), "/", "copier", "AROA1", "job", vec![]);
        assert_eq!(session.arn, "arn:aws:sts::000000000042:assumed-role/copier/job");
        assert_eq!(session.user_id, "AROA1:job");
        assert_eq!(session.context().values("aws:PrincipalArn"), ["arn:aws:iam::000000000042:role/copier"]);
        assert_eq!(session.context().values("aws:username"), [""; 0]);
    }
}
