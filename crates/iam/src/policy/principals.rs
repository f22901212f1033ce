//! Whom a statement names.

use ebs::AccountId;

use super::json::Json;
use super::statement::Request;
use super::{Effect, PolicyError, Problem};
use crate::{Principal, PrincipalKind};

/// How a statement names a caller; each grade gives more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// By its account, which may pass the permission on by policies of its own.
    Account,
    /// By the role that it is a session of.
    Role,
    /// By its own ARN, or as everyone.
    Itself,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principals {
    negated: bool,
    named: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Everyone,
    Account(AccountId),
    Arn(String),
    /// A service or an identity provider: no caller of ours is one.
    Outside,
}

impl Principals {
    /// Reads `"*"`, or an object of `AWS`, `Service` and `Federated`.
    pub(super) fn parse(json: &Json, negated: bool) -> Result<Self, PolicyError> {
        if let Json::Text(text) = json {
            return match text.as_str() {
                "*" => Ok(Self { negated, named: vec![Named::Everyone] }),
                other => Err(Problem::Principal(other.to_owned()).into()),
            };
        }
        let mut named = Vec::new();
        for (kind, value) in json.members()? {
            let read = match kind.as_str() {
                "AWS" => value.one_or_more(|json| aws_principal(json.text()?)),
                "Service" => value.one_or_more(|json| service(json.text()?)),
                "Federated" => value.one_or_more(|json| provider(json.text()?)),
                other => return Err(Problem::PrincipalKind(other.to_owned()).into()),
            };
            named.extend(read.map_err(|error| error.inside(kind))?);
        }
        if named.is_empty() {
            return Err(Problem::Empty.into());
        }
        Ok(Self { negated, named })
    }

    /// How the caller of `request` is named; not at all if it is none of those meant.
    pub(super) fn grade(&self, request: &Request<'_>, effect: Effect) -> Option<Grade> {
        let principal = request.principal;
        match (self.negated, effect) {
            (false, _) => self.named.iter().filter_map(|named| named.grade(principal)).max(),
            // Amazon denies whoever has a boundary, whatever NotPrincipal says.
            (true, Effect::Deny) if request.bounded => Some(Grade::Itself),
            (true, Effect::Deny) => (!self.names_in_full(principal)).then_some(Grade::Itself),
            // Those that are not named get no more than what their own account gives them too.
            (true, Effect::Allow) => {
                let named = self.named.iter().any(|named| named.grade(principal).is_some());
                (!named).then_some(Grade::Account)
            }
        }
    }

    /// Whether the caller is named with all that it is: also by its account, and a session also by its role. Less does
    /// not take it out of a `Deny`.
    fn names_in_full(&self, principal: &Principal) -> bool {
        let has = |grade| self.named.iter().any(|named| named.grade(principal) == Some(grade));
        if self.named.contains(&Named::Everyone) {
            return true;
        }
        match principal.kind {
            PrincipalKind::Root => has(Grade::Itself),
            PrincipalKind::User { .. } => has(Grade::Itself) && has(Grade::Account),
            PrincipalKind::Session { .. } => has(Grade::Itself) && has(Grade::Role) && has(Grade::Account),
        }
    }
}

impl Named {
    fn grade(&self, principal: &Principal) -> Option<Grade> {
        match self {
            Self::Everyone => Some(Grade::Itself),
            Self::Account(account) if *account == principal.account => match principal.kind {
                PrincipalKind::Root => Some(Grade::Itself),
                PrincipalKind::User { .. } | PrincipalKind::Session { .. } => Some(Grade::Account),
            },
            Self::Arn(arn) if *arn == principal.arn => Some(Grade::Itself),
            Self::Arn(arn) => match &principal.kind {
                PrincipalKind::Session { role_arn } if role_arn == arn => Some(Grade::Role),
                _ => None,
            },
            Self::Account(_) | Self::Outside => None,
        }
    }
}

/// An account number, or the ARN of a root user, user, role or session. A wildcard stands only alone.
fn aws_principal(text: &str) -> Result<Named, PolicyError> {
    if text == "*" {
        return Ok(Named::Everyone);
    }
    if let Ok(account) = text.parse() {
        return Ok(Named::Account(account));
    }
    let unnamed = || Problem::Principal(text.to_owned());
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, service, _, account, resource] = parts[..] else { return Err(unnamed().into()) };
    let account: AccountId = account.parse().map_err(|_| unnamed())?;
    if text != format!("arn:aws:{service}::{account}:{resource}") || text.contains(['*', '?']) {
        return Err(unnamed().into());
    }
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    match (service, kind) {
        ("iam", "root") if resource == "root" => Ok(Named::Account(account)),
        ("iam", "user" | "role") if !name.is_empty() && !name.ends_with('/') => {
            Ok(Named::Arn(text.to_owned()))
        }
        ("sts", "assumed-role") => match name.split_once('/') {
            Some((role, session)) if !role.is_empty() && !session.is_empty() && !session.contains('/') => {
                Ok(Named::Arn(text.to_owned()))
            }
            _ => Err(unnamed().into()),
        },
        _ => Err(unnamed().into()),
    }
}

fn service(text: &str) -> Result<Named, PolicyError> {
    let labels = || text.split('.');
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match labels().count() > 1 && labels().all(is_label) {
        true => Ok(Named::Outside),
        false => Err(Problem::Principal(text.to_owned()).into()),
    }
}

fn provider(text: &str) -> Result<Named, PolicyError> {
    match text.is_empty() || text.contains(['*', '?']) {
        true => Err(Problem::Principal(text.to_owned()).into()),
        false => Ok(Named::Outside),
    }
}
