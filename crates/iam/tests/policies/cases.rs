//! Policies and requests drawn at random from a small world, so that they meet often.

use std::sync::Arc;

use ebs::Tag;
use iam::{
    Context, Decision, Layers, NamedPolicy, Policy, PolicyKind, Principal, Question, ResourceSide, decide,
};
use proptest::prelude::{Strategy, any, prop};
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

pub(crate) const ACCOUNT: &str = "111111111111";

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Root,
    User,
    Session,
}

/// A request with all policies that have a say.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) caller: Caller,
    pub(crate) action: &'static str,
    pub(crate) resource: String,
    pub(crate) owner: &'static str,
    pub(crate) context: Context,
    pub(crate) identity: Vec<Value>,
    pub(crate) boundary: Option<Value>,
    pub(crate) session: Option<Value>,
    pub(crate) resource_policy: Option<Value>,
}

impl Case {
    pub(crate) fn principal(&self) -> Principal {
        let account = ACCOUNT.parse().expect("an account id");
        let tags = match self.context.values("test:tagged") {
            [team] => vec![Tag { key: "team".to_owned(), value: team.clone() }],
            _ => vec![],
        };
        match self.caller {
            Caller::Root => Principal::root(account),
            Caller::User => Principal::user(account, "/", "ann", "AIDAANN", tags),
            Caller::Session => Principal::session(account, "/", "copier", "AROACOPIER", "job", tags),
        }
    }

    pub(crate) fn full_context(&self) -> Context {
        self.principal().context().merged(&self.context)
    }

    pub(crate) fn decide(&self) -> Decision {
        let principal = self.principal();
        let context = self.full_context();
        let question = Question {
            principal: &principal,
            action: self.action,
            resource: &self.resource,
            resource_account: self.owner.parse().ok(),
            context: &context,
        };
        let layers = Layers {
            identity: self.identity.iter().map(|it| named(it, PolicyKind::Identity)).collect(),
            boundary: self.boundary.as_ref().map(|it| named(it, PolicyKind::Boundary)),
            session: self.session.as_ref().map(|it| vec![named(it, PolicyKind::Session)]),
        };
        let policy = self.resource_policy.as_ref().map(|it| named(it, PolicyKind::Resource));
        let side = match &policy {
            None => ResourceSide::None,
            Some(policy) if self.action.starts_with("kms:") => {
                ResourceSide::KeyPolicy { policy, grant: false }
            }
            Some(policy) => ResourceSide::Policy(policy),
        };
        decide(&question, &layers, side)
    }
}

fn named(document: &Value, kind: PolicyKind) -> NamedPolicy {
    let policy =
        Policy::parse(&document.to_string(), kind).unwrap_or_else(|error| panic!("{document}: {error}"));
    NamedPolicy { name: format!("{kind:?}"), policy: Arc::new(policy) }
}

const ACTIONS: [&str; 7] =
    ["*", "ec2:*", "kms:*", "ec2:CopySnapshot", "EC2:delete*", "kms:?ecrypt", "kms:Create*"];
const RESOURCES: [&str; 10] = [
    "*",
    "arn:aws:*:*:*:*",
    "arn:aws:ec2:*",
    "arn:aws:ec2:*:*:snapshot/*",
    "arn:aws:ec2:us-east-1::snapshot/snap-1",
    "arn:aws:ec2:us-east-1::snapshot/${aws:username}",
    "arn:aws:ec2:*::snapshot/${aws:PrincipalTag/team, 'snap'}-?",
    "arn:aws:ec2:*::snapshot/${aws:PrincipalTag/team}*",
    "arn:aws:kms:us-*:111111111111:key/*",
    "arn:aws:kms:*:*:key/k?",
];
pub(crate) const PRINCIPALS: [&str; 7] = [
    "111111111111",
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::111111111111:user/ann",
    "arn:aws:iam::111111111111:role/copier",
    "arn:aws:sts::111111111111:assumed-role/copier/job",
    "222222222222",
    "*",
];

/// Operators with keys and values of their type.
const CONDITIONS: [(&[&str], &[&str], &[&str]); 7] = [
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        &["aws:username", "aws:PrincipalTag/team", "aws:requesttag/TEAM", "aws:TagKeys", "ec2:Absent"],
        &[
            "ann",
            "ANN",
            "a*",
            "?ps",
            "ops",
            "*",
            "${*}",
            "${aws:username}",
            "${aws:PrincipalTag/team}",
            "${aws:PrincipalTag/team, 'ops'}",
        ],
    ),
    (
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["ec2:VolumeSize", "ec2:Absent"],
        &["8", "8.0", "100", "-1", "8.5"],
    ),
    (
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["aws:CurrentTime", "ec2:Absent"],
        &["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-02", "2025-06-01T12:00:00Z"],
    ),
    (&["Bool"], &["aws:SecureTransport", "ec2:Absent"], &["true", "false"]),
    (
        &["IpAddress", "NotIpAddress"],
        &["aws:SourceIp"],
        &["203.0.113.0/24", "203.0.113.9/32", "128.0.0.0/1", "2001:db8::/32"],
    ),
    (
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        &["aws:PrincipalArn", "ec2:Absent"],
        &["arn:aws:iam::*:user/*", "arn:aws:iam::111111111111:role/copier", "arn:aws:iam::111111111111:*"],
    ),
    (&["Null"], &["aws:username", "aws:TagKeys", "aws:PrincipalTag/team", "ec2:Absent"], &["true", "false"]),
];

fn condition() -> impl Strategy<Value = Value> {
    let forms =
        select(vec![("", ""), ("", ""), ("", "IfExists"), ("ForAllValues:", ""), ("ForAnyValue:", "")]);
    (select(&CONDITIONS[..]), forms).prop_flat_map(|((operators, keys, values), (set, if_exists))| {
        (select(operators), select(keys), subsequence(values, 1..=2)).prop_map(
            move |(operator, key, values)| {
                let name = match operator {
                    "Null" => operator.to_owned(),
                    _ => format!("{set}{operator}{if_exists}"),
                };
                json!({ name: { key: values } })
            },
        )
    })
}

/// A statement; it names principals if it is for a resource's policy.
pub(crate) fn statement(resource_policy: bool, not_principal: bool) -> impl Strategy<Value = Value> {
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    let negations = (prop::bool::weighted(0.2), prop::bool::weighted(0.15), prop::bool::weighted(0.2));
    let lists = (
        subsequence(&ACTIONS[..], 1..=3),
        subsequence(&RESOURCES[..], 1..=3),
        subsequence(&PRINCIPALS[..], 1..=3),
    );
    let conditions = prop::option::weighted(0.4, condition());
    (effect, negations, lists, conditions).prop_map(move |(effect, negations, lists, condition)| {
        let mut statement = Map::new();
        let name = |negated, name: &str| if negated { format!("Not{name}") } else { name.to_owned() };
        statement.insert("Effect".to_owned(), json!(effect));
        statement.insert(name(negations.0, "Action"), json!(lists.0));
        statement.insert(name(negations.1, "Resource"), json!(lists.1));
        if resource_policy {
            statement.insert(name(not_principal && negations.2, "Principal"), json!({ "AWS": lists.2 }));
        }
        if let Some(condition) = condition {
            statement.insert("Condition".to_owned(), condition);
        }
        Value::Object(statement)
    })
}

pub(crate) fn policy(resource_policy: bool, not_principal: bool) -> impl Strategy<Value = Value> {
    let version = select(vec!["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]);
    let statements = prop::collection::vec(statement(resource_policy, not_principal), 1..=3);
    (version, statements)
        .prop_map(|(version, statements)| json!({ "Version": version, "Statement": statements }))
}

fn context() -> impl Strategy<Value = Context> {
    let maybe = |values: &'static [&'static str]| prop::option::of(select(values));
    (
        maybe(&["ops", "snap", "*", "a"]),
        maybe(&["ops", "Ops", "ann"]),
        subsequence(&["team", "ops", "ann"][..], 0..=3),
        maybe(&["8", "100", "8.5"]),
        maybe(&["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2020-02-29T23:59:59Z"]),
        maybe(&["true", "false"]),
        maybe(&["203.0.113.9", "198.51.100.1", "2001:db8::1"]),
    )
        .prop_map(|(tagged, request_tag, tag_keys, size, now, secure, source)| {
            Context::default()
                .with_all("test:tagged", tagged)
                .with_all("aws:RequestTag/team", request_tag)
                .with_all("aws:TagKeys", tag_keys)
                .with_all("ec2:VolumeSize", size)
                .with_all("aws:CurrentTime", now)
                .with_all("aws:SecureTransport", secure)
                .with_all("aws:SourceIp", source)
        })
}

/// A request with policies; `NotPrincipal` is among them if `not_principal` says so.
pub(crate) fn case(not_principal: bool) -> impl Strategy<Value = Case> {
    let caller = select(vec![Caller::Root, Caller::User, Caller::User, Caller::Session, Caller::Session]);
    let action = select(vec!["ec2:CopySnapshot", "ec2:DeleteSnapshot", "kms:Decrypt", "kms:CreateGrant"]);
    let owner = select(vec![ACCOUNT, ACCOUNT, "222222222222"]);
    let names = select(vec!["snap-1", "snap-2", "ann", "ops-1", "k1"]);
    let layers = (
        prop::collection::vec(policy(false, not_principal), 0..=2),
        prop::option::weighted(0.3, policy(false, not_principal)),
        prop::option::weighted(0.3, policy(false, not_principal)),
        policy(true, not_principal),
        any::<bool>(),
    );
    (caller, action, owner, names, context(), layers).prop_map(
        |(caller, action, owner, name, context, layers)| {
            let of_a_key = action.starts_with("kms:");
            let resource = match of_a_key {
                true => format!("arn:aws:kms:us-east-1:{owner}:key/{name}"),
                false => format!("arn:aws:ec2:us-east-1::snapshot/{name}"),
            };
            let (identity, boundary, session, resource_policy, has_policy) = layers;
            let has_policy = has_policy || of_a_key || owner != ACCOUNT;
            Case {
                caller,
                action,
                resource,
                owner,
                context,
                identity: if caller == Caller::Root { vec![] } else { identity },
                boundary: boundary.filter(|_| caller != Caller::Root),
                session: session.filter(|_| caller == Caller::Session),
                resource_policy: has_policy.then_some(resource_policy),
            }
        },
    )
}
