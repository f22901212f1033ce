//! Which requests a statement matches: actions, resources, variables, versions.

use std::sync::Arc;

use iam::{Context, Layers, NamedPolicy, Policy, PolicyKind, Principal, Question, ResourceSide, decide};

/// Whether a user may do `action` on `resource` by the identity policy `text`.
pub(crate) fn allows(text: &str, action: &str, resource: &str, context: &Context) -> bool {
    let policy = Policy::parse(text, PolicyKind::Identity).unwrap_or_else(|error| panic!("{text}: {error}"));
    let account = "111111111111".parse().expect("an account id");
    let principal = Principal::user(account, "/", "ann", "AIDAANN", vec![]);
    let context = &principal.context().merged(context);
    let question = Question { principal: &principal, action, resource, resource_account: None, context };
    let identity = vec![NamedPolicy { name: "p".to_owned(), policy: Arc::new(policy) }];
    decide(&question, &Layers { identity, ..Layers::default() }, ResourceSide::None).allowed
}

const SNAPSHOT: &str = "arn:aws:ec2:us-east-1::snapshot/snap-1";

fn allows_with(elements: &str, action: &str, resource: &str) -> bool {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{elements}}}}}"#);
    allows(&text, action, resource, &Context::default())
}

#[test]
fn actions_match_without_regard_to_case_and_not_action_is_the_rest() {
    for (actions, matches) in [
        (r#""Action":"*""#, true),
        (r#""Action":"ec2:*""#, true),
        (r#""Action":"EC2:copysnapshot""#, true),
        (r#""Action":"ec2:Copy*""#, true),
        (r#""Action":"ec2:?opySnapshot""#, true),
        (r#""Action":["ec2:DeleteSnapshot","ec2:CopySnapshot"]"#, true),
        (r#""Action":"ec2:CopySnapshots""#, false),
        (r#""Action":"ec2:Copy""#, false),
        (r#""Action":"ebs:*""#, false),
        (r#""NotAction":"ebs:*""#, true),
        (r#""NotAction":["ebs:*","ec2:*"]"#, false),
        (r#""NotAction":"*""#, false),
    ] {
        let elements = format!(r#"{actions},"Resource":"*""#);
        assert_eq!(allows_with(&elements, "ec2:CopySnapshot", SNAPSHOT), matches, "{actions}");
    }
}

#[test]
fn resources_match_by_their_parts_and_not_resource_is_the_rest() {
    for (resources, one, all) in [
        (r#""Resource":"*""#, true, true),
        (r#""Resource":"arn:aws:ec2:*:*:snapshot/*""#, true, false),
        (r#""Resource":"arn:aws:ec2:*::snapshot/snap-?""#, true, false),
        (r#""Resource":["arn:aws:s3:::x","arn:aws:ec2:us-east-1::snapshot/snap-1"]"#, true, false),
        (r#""Resource":"arn:aws:ec2:us-east-1::snapshot/SNAP-1""#, false, false),
        (r#""Resource":"arn:aws:ec2:eu-west-1::snapshot/*""#, false, false),
        (r#""NotResource":"arn:aws:ec2:*:*:snapshot/snap-2""#, true, true),
        (r#""NotResource":"arn:aws:ec2:*:*:snapshot/*""#, false, true),
        (r#""NotResource":"*""#, false, false),
    ] {
        let elements = format!(r#""Action":"ec2:*",{resources}"#);
        assert_eq!(allows_with(&elements, "ec2:CopySnapshot", SNAPSHOT), one, "{resources}");
        assert_eq!(allows_with(&elements, "ec2:DescribeSnapshots", "*"), all, "{resources}");
    }
}

#[test]
fn what_a_request_calls_itself_is_no_pattern() {
    for hostile in ["*", "arn:aws:ec2:us-east-1::snapshot/*", "arn:aws:ec2:us-east-1::snapshot/?nap-1"] {
        assert!(!allows_with(
            r#""Action":"ec2:*","Resource":"arn:aws:ec2:us-east-1::snapshot/snap-1""#,
            "ec2:X",
            hostile
        ));
    }
}

#[test]
fn variables_stand_for_values_of_the_request() {
    let resource =
        |pattern: &str| format!(r#""Action":"ec2:*","Resource":"arn:aws:ec2:us-east-1::snapshot/{pattern}""#);
    for (pattern, name, matches) in [
        ("${aws:username}", "ann", true),
        ("${AWS:Username}-*", "ann-1", true),
        ("${aws:username}", "bob", false),
        ("${aws:PrincipalTag/team, 'ops'}", "ops", true),
        ("${aws:PrincipalTag/team, '*'}", "ops", false),
        ("${aws:PrincipalTag/team, '*'}", "*", true),
        ("${aws:PrincipalTag/team}", "", false),
        ("${aws:PrincipalTag/team}*", "x", false),
        ("${*}", "*", true),
        ("${*}", "x", false),
        ("${$}{aws:username}", "${aws:username}", true),
    ] {
        let asked = format!("arn:aws:ec2:us-east-1::snapshot/{name}");
        assert_eq!(allows_with(&resource(pattern), "ec2:CopySnapshot", &asked), matches, "{pattern} {name}");
    }
    for version in [r#""Version":"2008-10-17","#, ""] {
        let text =
            format!(r#"{{{version}"Statement":{{"Effect":"Allow",{}}}}}"#, resource("${aws:username}"));
        let asked = |name: &str| {
            let asked = format!("arn:aws:ec2:us-east-1::snapshot/{name}");
            allows(&text, "ec2:CopySnapshot", &asked, &Context::default())
        };
        assert!(asked("${aws:username}") && !asked("ann"), "old documents have no variables");
    }
}

#[test]
fn a_tag_of_the_principal_never_matches_more_than_itself() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*",
        "Condition":{"StringLike":{"ec2:ResourceTag/team":"${aws:PrincipalTag/team}"}}}}"#;
    for hostile in ["*", "?ps", "o*", "${*}", "${aws:PrincipalTag/team}", "o${aws:username}", "\\*"] {
        let with = |team: &str| {
            let context =
                Context::default().with("aws:PrincipalTag/team", hostile).with("ec2:ResourceTag/team", team);
            allows(text, "ec2:CopySnapshot", SNAPSHOT, &context)
        };
        assert!(with(hostile), "{hostile}");
        assert!(!with("ops") && !with("oann") && !with(""), "{hostile}");
    }
}

#[test]
fn a_variable_without_value_matches_nothing_so_that_a_negated_operator_holds() {
    for (operator, holds) in [
        ("StringEquals", false),
        ("StringLike", false),
        ("StringNotEquals", true),
        ("StringNotLike", true),
        ("StringEqualsIgnoreCase", false),
        ("StringNotEqualsIgnoreCase", true),
    ] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*",
               "Condition":{{"{operator}":{{"ec2:ResourceTag/team":"${{aws:PrincipalTag/team}}"}}}}}}}}"#
        );
        for team in ["", "ops", "${aws:PrincipalTag/team}"] {
            let context = Context::default().with("ec2:ResourceTag/team", team);
            assert_eq!(allows(&text, "ec2:CopySnapshot", SNAPSHOT, &context), holds, "{operator} {team:?}");
        }
    }
}
