//! What holds for all policies and requests.

use iam::{Policy, PolicyKind};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::cases::{Case, case, policy, statement};

/// All policies of a case: those of the identity, the boundary, that of the session, that of the resource.
fn policies(case: &mut Case) -> Vec<&mut Value> {
    let limits = [&mut case.boundary, &mut case.session, &mut case.resource_policy];
    case.identity.iter_mut().chain(limits.into_iter().flatten()).collect()
}

fn statements(policy: &mut Value) -> &mut Vec<Value> {
    policy["Statement"].as_array_mut().expect("a list of statements")
}

/// `statement` with this effect.
fn with_effect(mut statement: Value, effect: &str) -> Value {
    statement["Effect"] = json!(effect);
    statement
}

fn changed(text: &str, changes: &[(Index, u8, char)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (index, kind, character) in changes {
        let at = index.index(characters.len() + 1);
        match kind {
            0 => characters.insert(at, *character),
            1 => characters.truncate(at),
            2 => characters.extend_from_within(at..),
            _ if at < characters.len() => characters[at] = *character,
            _ => {}
        }
    }
    characters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn adding_a_deny_never_allows(case in case(true), of_identity in statement(false, true),
        of_resource in statement(true, true), at in any::<Index>(), front in any::<bool>()
    ) {
        let before = case.decide().allowed;
        let mut with_deny = case;
        let has_resource_policy = with_deny.resource_policy.is_some();
        let mut policies = policies(&mut with_deny);
        if !policies.is_empty() {
            let at = at.index(policies.len());
            let deny = if has_resource_policy && at + 1 == policies.len() { of_resource } else { of_identity };
            let statements = statements(policies[at]);
            statements.insert(if front { 0 } else { statements.len() }, with_effect(deny, "Deny"));
            prop_assert!(before || !with_deny.decide().allowed, "{with_deny:?}");
        }
    }

    #[test]
    fn adding_an_allow_never_denies(case in case(true), of_identity in statement(false, true),
        of_resource in statement(true, true), at in any::<Index>()
    ) {
        let before = case.decide().allowed;
        let mut with_allow = case;
        let has_resource_policy = with_allow.resource_policy.is_some();
        let mut policies = policies(&mut with_allow);
        if !policies.is_empty() {
            let at = at.index(policies.len());
            let allow = if has_resource_policy && at + 1 == policies.len() { of_resource } else { of_identity };
            statements(policies[at]).push(with_effect(allow, "Allow"));
            prop_assert!(!before || with_allow.decide().allowed, "{with_allow:?}");
        }
    }

    #[test]
    fn a_boundary_or_a_session_policy_never_allows_more(case in case(true), limit in policy(false, true)) {
        let (mut unbounded, mut unlimited) = (case.clone(), case.clone());
        unbounded.boundary = None;
        unlimited.session = None;
        prop_assert!(!case.decide().allowed || unbounded.decide().allowed);
        prop_assert!(!case.decide().allowed || unlimited.decide().allowed);
        let mut limited = case.clone();
        limited.session = Some(case.session.clone().unwrap_or(limit.clone()));
        limited.boundary = Some(case.boundary.clone().unwrap_or(limit));
        prop_assert!(!limited.decide().allowed || case.decide().allowed);
    }

    #[test]
    fn the_order_of_statements_and_policies_does_not_matter(case in case(true)) {
        let mut reversed = case.clone();
        reversed.identity.reverse();
        for policy in policies(&mut reversed) {
            statements(policy).reverse();
        }
        prop_assert_eq!(case.decide().trace.reason, reversed.decide().trace.reason);
    }

    #[test]
    fn whoever_is_in_another_account_needs_both_sides(case in case(true)) {
        let mut foreign = case;
        foreign.owner = "222222222222";
        if foreign.resource_policy.is_some() && foreign.decide().allowed {
            let mut own_side = foreign.clone();
            own_side.resource_policy = None;
            prop_assert!(own_side.decide().allowed, "the caller's own policies allow too");
        }
    }

    #[test]
    fn changed_documents_are_read_or_refused_and_never_panic(
        document in policy(true, true),
        changes in prop::collection::vec((any::<Index>(), 0_u8..6, character()), 1..6),
    ) {
        let text = changed(&document.to_string(), &changes);
        for kind in [PolicyKind::Identity, PolicyKind::Boundary, PolicyKind::Session, PolicyKind::Resource, PolicyKind::Trust] {
            if let Err(error) = Policy::parse(&text, kind) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}

fn character() -> impl Strategy<Value = char> {
    let telling: Vec<char> = "\"{}[]:,\\$*?/'0aé\u{0}".chars().collect();
    select(telling)
}
