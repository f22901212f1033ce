//! The rules by which layers become a decision, each against a table that is written out.

use std::sync::Arc;

use super::{Layer, Layers, NamedPolicy, Question, Reason, ResourceSide, decide};
use crate::{Context, Policy, PolicyKind, Principal};

const RESOURCE: &str = "arn:aws:kms:us-east-1:111111111111:key/k";
const ALLOW: &str = r#"{"Statement":{"Sid":"A","Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}}"#;
const OTHER: &str = r#"{"Statement":{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"}}"#;
const DENY: &str = r#"{"Statement":{"Sid":"D","Effect":"Deny","Action":"kms:*","Resource":"*"}}"#;

fn named(kind: PolicyKind, text: &str) -> NamedPolicy {
    NamedPolicy { name: format!("{kind:?}"), policy: Arc::new(Policy::parse(text, kind).expect("a policy")) }
}

fn resource_policy(effect: &str, principal: &str) -> NamedPolicy {
    let text = format!(
        r#"{{"Statement":{{"Effect":"{effect}","Action":"kms:Decrypt","Resource":"*",{principal}}}}}"#
    );
    named(PolicyKind::Resource, &text)
}

fn user() -> Principal {
    Principal::user("111111111111".parse().expect("an account"), "/", "ann", "AIDA", vec![])
}

fn session() -> Principal {
    let account = "111111111111".parse().expect("an account");
    Principal::session(account, "/", "copier", "AROA", "job", vec![])
}

fn root() -> Principal {
    Principal::root("111111111111".parse().expect("an account"))
}

fn reason(principal: &Principal, same_account: bool, layers: &Layers, side: ResourceSide<'_>) -> Reason {
    let owner = if same_account { "111111111111" } else { "222222222222" };
    let context = principal.context();
    let question = Question {
        principal,
        action: "KMS:decrypt",
        resource: RESOURCE,
        resource_account: owner.parse().ok(),
        context: &context,
    };
    let decision = decide(&question, layers, side);
    assert_eq!(decision.allowed, decision.trace.reason == Reason::Allowed);
    decision.trace.reason
}

const NAMES_ACCOUNT: &str = r#""Principal":{"AWS":"arn:aws:iam::111111111111:root"}"#;
const NAMES_ROLE: &str = r#""Principal":{"AWS":"arn:aws:iam::111111111111:role/copier"}"#;
const NAMES_SESSION: &str = r#""Principal":{"AWS":"arn:aws:sts::111111111111:assumed-role/copier/job"}"#;
const NAMES_USER: &str = r#""Principal":{"AWS":"arn:aws:iam::111111111111:user/ann"}"#;
const NAMES_OTHERS: &str = r#""Principal":{"AWS":["222222222222","arn:aws:iam::111111111111:user/ANN"],"Service":"ec2.amazonaws.com"}"#;
const NAMES_ALL: &str = r#""Principal":"*""#;

/// What must allow beside the resource's policy, if that is enough: `Never` is not, `Own` needs identity, boundary and
/// session, `Limits` boundary and session, `Nothing` nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Never,
    Own,
    Limits,
    Nothing,
}

/// Each way to name the caller, for a user and for a session: what else is needed in the same account under a key's policy,
/// under a policy of another resource, and from another account.
const RULES: [(&str, [Needs; 3], [Needs; 3]); 6] = {
    use Needs::{Limits, Never, Nothing, Own};
    [
        (NAMES_OTHERS, [Never, Own, Never], [Never, Own, Never]),
        (NAMES_ACCOUNT, [Own, Own, Own], [Own, Own, Own]),
        (NAMES_ROLE, [Never, Own, Never], [Limits, Limits, Own]),
        (NAMES_USER, [Nothing, Nothing, Own], [Never, Own, Never]),
        (NAMES_SESSION, [Never, Own, Never], [Nothing, Nothing, Own]),
        (NAMES_ALL, [Nothing, Nothing, Own], [Nothing, Nothing, Own]),
    ]
};

/// All of {identity allows} x {no boundary, allows, does not} x {no session policy, allows, does not}.
fn all_layers() -> Vec<(Layers, bool, bool)> {
    let mut all = Vec::new();
    for identity in [None, Some(ALLOW), Some(OTHER)] {
        for boundary in [None, Some(ALLOW), Some(OTHER)] {
            for session in [None, Some(ALLOW), Some(OTHER)] {
                let layers = Layers {
                    identity: identity.map(|text| named(PolicyKind::Identity, text)).into_iter().collect(),
                    boundary: boundary.map(|text| named(PolicyKind::Boundary, text)),
                    session: session.map(|text| vec![named(PolicyKind::Session, text)]),
                };
                let limits = boundary != Some(OTHER) && session != Some(OTHER);
                all.push((layers, identity == Some(ALLOW), limits));
            }
        }
    }
    all
}

#[test]
fn every_combination_of_layers_is_decided_as_the_table_says() {
    let mut cases = 0;
    for (names, of_user, of_session) in RULES {
        let policy = resource_policy("Allow", names);
        let key = ResourceSide::KeyPolicy { policy: &policy, grant: false };
        for (principal, needs) in [(user(), of_user), (session(), of_session)] {
            for (layers, identity, limits) in all_layers() {
                for (side, same_account, needs) in [
                    (key, true, needs[0]),
                    (ResourceSide::TrustPolicy(&policy), true, needs[0]),
                    (ResourceSide::Policy(&policy), true, needs[1]),
                    (key, false, needs[2]),
                    (ResourceSide::Policy(&policy), false, needs[2]),
                    (ResourceSide::None, true, Needs::Own),
                    (ResourceSide::None, false, Needs::Own),
                ] {
                    let allowed = match needs {
                        Needs::Never => false,
                        Needs::Own => identity && limits,
                        Needs::Limits => limits,
                        Needs::Nothing => true,
                    };
                    let reason = reason(&principal, same_account, &layers, side);
                    assert_eq!(reason == Reason::Allowed, allowed, "{principal:?} {layers:?} {side:?}");
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 6 * 2 * 27 * 7);
}

#[test]
fn a_deny_in_any_layer_denies_and_is_the_reason() {
    let everything = resource_policy("Allow", NAMES_ALL);
    let full = Layers {
        identity: vec![named(PolicyKind::Identity, ALLOW)],
        boundary: Some(named(PolicyKind::Boundary, ALLOW)),
        session: Some(vec![named(PolicyKind::Session, ALLOW)]),
    };
    let key = ResourceSide::KeyPolicy { policy: &everything, grant: true };
    for principal in [user(), session()] {
        assert_eq!(reason(&principal, true, &full, key), Reason::Allowed);
        let mut denied = full.clone();
        denied.identity.push(named(PolicyKind::Identity, DENY));
        assert_eq!(reason(&principal, true, &denied, key), Reason::ExplicitDeny(Layer::Identity));
        let denied = Layers { boundary: Some(named(PolicyKind::Boundary, DENY)), ..full.clone() };
        assert_eq!(reason(&principal, true, &denied, key), Reason::ExplicitDeny(Layer::Boundary));
        let denied = Layers { session: Some(vec![named(PolicyKind::Session, DENY)]), ..full.clone() };
        assert_eq!(reason(&principal, true, &denied, key), Reason::ExplicitDeny(Layer::Session));
        for names in [NAMES_ALL, NAMES_ACCOUNT] {
            let deny = resource_policy("Deny", names);
            let key = ResourceSide::KeyPolicy { policy: &deny, grant: true };
            assert_eq!(reason(&principal, true, &full, key), Reason::ExplicitDeny(Layer::Resource));
        }
    }
    let deny = resource_policy("Deny", NAMES_ROLE);
    let key = ResourceSide::KeyPolicy { policy: &deny, grant: true };
    assert_eq!(reason(&session(), true, &full, key), Reason::ExplicitDeny(Layer::Resource));
    assert_eq!(reason(&user(), true, &full, key), Reason::Allowed);
}

#[test]
fn a_root_user_may_all_in_its_account_but_what_a_keys_policy_does_not_give() {
    let none = Layers::default();
    assert_eq!(reason(&root(), true, &none, ResourceSide::None), Reason::Allowed);
    let not_named = Reason::NotAllowedBy(Layer::Resource);
    for (names, key, other_account) in [
        (NAMES_OTHERS, not_named, not_named),
        (NAMES_USER, not_named, not_named),
        (NAMES_ACCOUNT, Reason::Allowed, Reason::Allowed),
        (NAMES_ALL, Reason::Allowed, Reason::Allowed),
    ] {
        let policy = resource_policy("Allow", names);
        let side = ResourceSide::KeyPolicy { policy: &policy, grant: false };
        assert_eq!(reason(&root(), true, &none, side), key, "{names}");
        assert_eq!(reason(&root(), false, &none, side), other_account, "{names}");
        assert_eq!(reason(&root(), true, &none, ResourceSide::Policy(&policy)), Reason::Allowed);
    }
}

#[test]
fn a_grant_counts_as_the_keys_policy_does() {
    let nobody = resource_policy("Allow", NAMES_OTHERS);
    let granted = ResourceSide::KeyPolicy { policy: &nobody, grant: true };
    for (layers, identity, limits) in all_layers() {
        let allowed =
            |principal: &Principal, same| reason(principal, same, &layers, granted) == Reason::Allowed;
        assert!(allowed(&user(), true));
        assert_eq!(allowed(&session(), true), limits);
        assert_eq!(allowed(&user(), false), identity && limits);
        assert_eq!(allowed(&session(), false), identity && limits);
    }
}

#[test]
fn not_principal_spares_only_those_that_are_named_in_full() {
    let all = Layers { identity: vec![named(PolicyKind::Identity, ALLOW)], ..Layers::default() };
    let bounded = Layers { boundary: Some(named(PolicyKind::Boundary, ALLOW)), ..all.clone() };
    let account = "arn:aws:iam::111111111111:root";
    let role = "arn:aws:iam::111111111111:role/copier";
    let own = |principal: &Principal| principal.arn.clone();
    let (ann, job) = (own(&user()), own(&session()));
    for (principal, names, spared) in [
        (user(), vec![account, &ann], true),
        (user(), vec!["111111111111", &ann], true),
        (user(), vec![&ann], false),
        (user(), vec![account], false),
        (session(), vec![account, role, &job], true),
        (session(), vec![account, role], false),
        (session(), vec![account, &job], false),
        (session(), vec![role, &job], false),
        (root(), vec![account], true),
        (root(), vec![&ann], false),
        (user(), vec!["*"], true),
    ] {
        let names = serde_json::to_string(&names).expect("JSON");
        let deny = resource_policy("Deny", &format!(r#""NotPrincipal":{{"AWS":{names}}}"#));
        let side = ResourceSide::Policy(&deny);
        let expected = if spared { Reason::Allowed } else { Reason::ExplicitDeny(Layer::Resource) };
        assert_eq!(reason(&principal, true, &all, side), expected, "{principal:?} {names}");
        let always = reason(&principal, true, &bounded, side);
        assert_eq!(always, Reason::ExplicitDeny(Layer::Resource), "a boundary and NotPrincipal: {names}");
    }
}

#[test]
fn not_principal_allows_the_others_no_more_than_their_own_account_does() {
    let all = Layers { identity: vec![named(PolicyKind::Identity, ALLOW)], ..Layers::default() };
    let others = resource_policy("Allow", r#""NotPrincipal":{"AWS":"222222222222"}"#);
    let us = resource_policy("Allow", r#""NotPrincipal":{"AWS":"111111111111"}"#);
    let key = |policy| ResourceSide::KeyPolicy { policy, grant: false };
    let not_resource = Reason::NotAllowedBy(Layer::Resource);
    let not_identity = Reason::NotAllowedBy(Layer::Identity);
    assert_eq!(reason(&user(), true, &all, key(&others)), Reason::Allowed);
    assert_eq!(reason(&user(), true, &Layers::default(), key(&others)), not_identity);
    assert_eq!(reason(&user(), true, &all, key(&us)), not_resource);
}

#[test]
fn the_trace_names_every_statement_that_matches_and_the_first_reason() {
    let principal = user();
    let context = Context::default();
    let resource_account = None;
    let question = Question {
        principal: &principal,
        action: "kms:Decrypt",
        resource: RESOURCE,
        resource_account,
        context: &context,
    };
    let layers = Layers {
        identity: vec![named(PolicyKind::Identity, OTHER), named(PolicyKind::Identity, ALLOW)],
        boundary: Some(named(PolicyKind::Boundary, OTHER)),
        session: Some(vec![named(PolicyKind::Session, DENY)]),
    };
    let trace = decide(&question, &layers, ResourceSide::None).trace;
    assert_eq!(trace.reason, Reason::ExplicitDeny(Layer::Session));
    let matched: Vec<_> =
        trace.statements.iter().map(|it| (it.layer, it.statement, it.sid.as_deref())).collect();
    assert_eq!(matched, [(Layer::Identity, 0, Some("A")), (Layer::Session, 0, Some("D"))]);
    assert_eq!(trace.deciding().map(|it| it.policy.as_str()).collect::<Vec<_>>(), ["Session"]);
    let layers = Layers { session: None, ..layers };
    let trace = decide(&question, &layers, ResourceSide::None).trace;
    assert_eq!(trace.reason, Reason::NotAllowedBy(Layer::Boundary));
}
