//! Sentences and messages of denials.

use std::sync::Arc;

use serde_json::Value;

use super::{denial_message, denial_sentence};
use crate::limits::DENIAL_MESSAGE_CHARS_MAX;
use crate::{
    Context, Decision, Layers, NamedPolicy, Policy, PolicyKind, Principal, Question, ResourceSide, decide,
};

fn named(name: &str, kind: PolicyKind, text: &str) -> NamedPolicy {
    NamedPolicy { name: name.to_owned(), policy: Arc::new(Policy::parse(text, kind).expect("a policy")) }
}

fn denied(layers: &Layers, resource: ResourceSide<'_>, context: &Context) -> (String, Value, usize) {
    let account = "111111111111".parse().expect("an account id");
    let principal = Principal::user(account, "/", "ann", "AIDAANN", vec![]);
    let question = Question {
        principal: &principal,
        action: "ec2:CopySnapshot",
        resource: "arn:aws:ec2:us-east-1::snapshot/*",
        resource_account: None,
        context,
    };
    let decision: Decision = decide(&question, layers, resource);
    let message = denial_message(&question, &decision);
    let sentence = denial_sentence(&question, &decision).expect("it is denied");
    (sentence, serde_json::from_str(&message).expect("JSON"), message.chars().count())
}

const ALLOW: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const DENY: &str =
    r#"{"Statement":[{"Sid":"NoCopies","Effect":"Deny","Action":"ec2:Copy*","Resource":"*"}]}"#;
const NOTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;

#[test]
fn the_sentence_names_the_layer_that_is_the_reason() {
    let who = "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: ec2:CopySnapshot \
               on resource: arn:aws:ec2:us-east-1::snapshot/* ";
    let identity = |text| vec![named("p", PolicyKind::Identity, text)];
    let key = named(
        "default",
        PolicyKind::Resource,
        r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#,
    );
    let none = ResourceSide::None;
    for (layers, side, because) in [
        (Layers::default(), none, "because no identity-based policy allows the ec2:CopySnapshot action"),
        (
            Layers {
                identity: identity(ALLOW),
                boundary: Some(named("b", PolicyKind::Boundary, NOTHING)),
                session: None,
            },
            none,
            "because no permissions boundary allows the ec2:CopySnapshot action",
        ),
        (
            Layers { identity: identity(ALLOW), boundary: None, session: Some(vec![]) },
            none,
            "because no session policy allows the ec2:CopySnapshot action",
        ),
        (
            Layers { identity: identity(DENY), ..Layers::default() },
            none,
            "with an explicit deny in an identity-based policy",
        ),
        (
            Layers { identity: identity(ALLOW), ..Layers::default() },
            ResourceSide::KeyPolicy { policy: &key, grant: true },
            "with an explicit deny in a resource-based policy",
        ),
    ] {
        assert_eq!(denied(&layers, side, &Context::default()).0, format!("{who}{because}"));
    }
}

#[test]
fn the_message_has_the_statements_that_match_and_the_whole_request() {
    let layers = Layers {
        identity: vec![
            named("copies", PolicyKind::Identity, DENY),
            named("all", PolicyKind::Identity, ALLOW),
        ],
        ..Layers::default()
    };
    let context = Context::default().with_all("aws:TagKeys", ["a", "b"]);
    let (_, message, _) = denied(&layers, ResourceSide::None, &context);
    assert_eq!(message["allowed"], false);
    assert_eq!(message["explicitDeny"], true);
    let items = &message["matchedStatements"]["items"];
    assert_eq!((&items[0]["statementId"], &items[0]["effect"]), (&"NoCopies".into(), &"DENY".into()));
    assert_eq!((&items[1]["policy"], &items[1]["effect"]), (&"all".into(), &"ALLOW".into()));
    let told = &message["context"];
    assert_eq!(told["principal"]["id"], "AIDAANN");
    assert_eq!(told["principal"]["name"], "ann");
    assert_eq!(told["action"], "ec2:CopySnapshot");
    assert_eq!(told["conditions"]["items"][0]["key"], "aws:TagKeys");
    assert_eq!(told["conditions"]["items"][0]["values"]["items"][1]["value"], "b");
    assert_eq!(message.get("truncated"), None);
}

#[test]
fn a_long_message_is_cut_and_says_so() {
    let keys = (0..50).map(|n| (format!("aws:RequestTag/{n:02}"), "é\"".repeat(256)));
    let context = keys.fold(Context::default(), |context, (key, value)| context.with(&key, value));
    let (_, message, chars) = denied(&Layers::default(), ResourceSide::None, &context);
    assert!(chars <= DENIAL_MESSAGE_CHARS_MAX, "{chars}");
    assert!(chars > DENIAL_MESSAGE_CHARS_MAX / 2, "{chars}");
    assert_eq!(message["truncated"], true);
    assert_eq!(message["context"]["conditions"]["items"][0]["key"], "aws:RequestTag/00");
}
