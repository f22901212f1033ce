//! What a document may say, and that everything else refuses it.

use iam::limits::{DOCUMENT_BYTES_MAX, ROLE_INLINE_CHARS_MAX, STATEMENTS_MAX, VALUES_MAX};
use iam::{Policy, PolicyKind, Problem};

/// A document with this one statement.
fn document(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
}

/// A statement with `more` in it; `more` begins with a comma.
fn allow(more: &str) -> String {
    document(&format!(r#"{{"Effect":"Allow","Action":"ec2:*","Resource":"*"{more}}}"#))
}

fn condition(condition: &str) -> String {
    allow(&format!(r#","Condition":{condition}"#))
}

/// Where and why `text` is refused.
fn refused(text: &str, kind: PolicyKind) -> (String, Problem) {
    let error = Policy::parse(text, kind).expect_err(text);
    (error.path, error.problem)
}

#[test]
fn whatever_is_not_understood_refuses_the_policy_and_says_where() {
    use Problem::{
        Action, Arn, Both, EarlyVariable, Effect, Empty, Key, Missing, Operator, OutOfPlace, Sid, SidTwice,
        Twice, Type, UnknownElement, Variable, Version,
    };
    let own = str::to_owned;
    for (text, path, problem) in [
        (own("[]"), "", Type("an object")),
        (own("{}"), "", Missing("Statement")),
        (own(r#"{"Statement":[]}"#), "Statement", Empty),
        (own(r#"{"Statement":"x"}"#), "Statement", Type("an object")),
        (own(r#"{"statement":[]}"#), "", UnknownElement(own("statement"))),
        (own(r#"{"Version":"2012-10-18","Statement":[]}"#), "Version", Version),
        (own(r#"{"Version":2012,"Statement":[]}"#), "Version", Type("a string")),
        (own(r#"{"Id":1,"Statement":[]}"#), "Id", Type("a string")),
        (own(r#"{"Statement":[],"Statement":[]}"#), "", Twice(own("Statement"))),
        (document("{}"), "Statement[0]", Missing("Effect")),
        (document(r#"{"Effect":"allow"}"#), "Statement[0].Effect", Effect),
        (document(r#"{"Effect":"Allow","Resource":"*"}"#), "Statement[0]", Missing("Action")),
        (document(r#"{"Effect":"Allow","Action":"*"}"#), "Statement[0]", Missing("Resource")),
        (allow(r#","Sid":"a b""#), "Statement[0].Sid", Sid),
        (allow(r#","Effect":"Allow""#), "Statement[0]", Twice(own("Effect"))),
        (allow(r#","Conditions":{}"#), "Statement[0]", UnknownElement(own("Conditions"))),
        (allow(r#","NotAction":"*""#), "Statement[0]", Both("Action", "NotAction")),
        (allow(r#","NotResource":"*""#), "Statement[0]", Both("Resource", "NotResource")),
        (allow(r#","Principal":"*""#), "Statement[0]", OutOfPlace("Principal")),
        (allow(r#","NotPrincipal":"*""#), "Statement[0]", OutOfPlace("Principal")),
        (
            condition(r#"{"StringEqual":{}}"#),
            "Statement[0].Condition.StringEqual",
            Operator(own("StringEqual")),
        ),
        (
            condition(r#"{"stringequals":{}}"#),
            "Statement[0].Condition.stringequals",
            Operator(own("stringequals")),
        ),
        (
            condition(r#"{"NullIfExists":{}}"#),
            "Statement[0].Condition.NullIfExists",
            Operator(own("NullIfExists")),
        ),
        (
            condition(r#"{"ForAnyValues:Bool":{}}"#),
            "Statement[0].Condition.ForAnyValues:Bool",
            Operator(own("ForAnyValues:Bool")),
        ),
        (condition(r#"{"Bool":{"x":"true"}}"#), "Statement[0].Condition.Bool.x", Key(own("x"))),
        (condition(r#"{"Bool":{"a:x":[]}}"#), "Statement[0].Condition.Bool.a:x", Empty),
        (
            condition(r#"{"Bool":{"a:x":"true","A:X":"true"}}"#),
            "Statement[0].Condition.Bool",
            Twice(own("A:X")),
        ),
        (
            condition(r#"{"StringLike":{"a:x":["y","${z"]}}"#),
            "Statement[0].Condition.StringLike.a:x",
            Variable(own("z")),
        ),
        (
            document(r#"{"Effect":"Allow","Action":["ec2:*","copy"],"Resource":"*"}"#),
            "Statement[0].Action[1]",
            Action(own("copy")),
        ),
        (
            document(r#"{"Effect":"Allow","Action":"ec2:*","Resource":["*","snapshot/*"]}"#),
            "Statement[0].Resource[1]",
            Arn(own("snapshot/*")),
        ),
        (
            document(r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:ec2:${aws:x}::snapshot/*"}"#),
            "Statement[0].Resource",
            EarlyVariable,
        ),
        (
            own(r#"{"Statement":[{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},
                                 {"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}"#),
            "Statement[1].Sid",
            SidTwice(own("a")),
        ),
    ] {
        assert_eq!(refused(&text, PolicyKind::Identity), (own(path), problem), "{text}");
    }
}

#[test]
fn values_of_another_type_than_the_operators_are_refused() {
    let mut cases = 0;
    for (operator, values) in [
        ("NumericEquals", vec![r#""""#, r#""x""#, r#""1e3""#, r#""${aws:x}""#, "{}", "null", "[[1]]"]),
        ("DateGreaterThan", vec![r#""yesterday""#, r#""2023-11-14T22:13:20""#, r#""${aws:CurrentTime}""#]),
        ("Bool", vec![r#""yes""#, "1", r#""${aws:x}""#]),
        ("Null", vec![r#""""#, r#""x""#]),
        ("BinaryEquals", vec![r#""not base64!""#, r#""YQ""#]),
        ("IpAddress", vec![r#""1.2.3""#, r#""1.2.3.4/40""#, r#""*""#]),
        ("ArnLike", vec![r#""snapshot/*""#, r#""arn:aws:ec2:*""#, r#""""#]),
    ] {
        for value in values {
            let text = condition(&format!(r#"{{"{operator}":{{"aws:x":{value}}}}}"#));
            let (path, _) = refused(&text, PolicyKind::Identity);
            assert!(path.starts_with(&format!("Statement[0].Condition.{operator}.aws:x")), "{text}: {path}");
            cases += 1;
        }
    }
    assert_eq!(cases, 23);
}

#[test]
fn who_may_be_named_and_where() {
    let statement = |principal: &str| {
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":"kms:*","Resource":"*",{principal}}}}}"#)
    };
    for accepted in [
        r#""Principal":"*""#,
        r#""Principal":{"AWS":"*"}"#,
        r#""Principal":{"AWS":["111111111111","arn:aws:iam::111111111111:root"]}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111111111111:user/a/b/ann"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111111111111:role/copier"}"#,
        r#""Principal":{"AWS":"arn:aws:sts::111111111111:assumed-role/copier/job"}"#,
        r#""Principal":{"Service":["ec2.amazonaws.com"],"Federated":"accounts.google.com"}"#,
        r#""NotPrincipal":{"AWS":"111111111111"}"#,
    ] {
        let text = statement(accepted);
        assert!(Policy::parse(&text, PolicyKind::Resource).is_ok(), "{text}");
        for kind in [PolicyKind::Identity, PolicyKind::Boundary, PolicyKind::Session] {
            assert_eq!(refused(&text, kind).1, Problem::OutOfPlace("Principal"), "{text}");
        }
    }
    for bad in [
        r#""Principal":"111111111111""#,
        r#""Principal":{}"#,
        r#""Principal":{"AWS":[]}"#,
        r#""Principal":{"AWS":"ann"}"#,
        r#""Principal":{"AWS":"11111111111"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111111111111:*"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::*:root"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111111111111:user/*"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111111111111:user/"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111111111111:group/g"}"#,
        r#""Principal":{"AWS":"arn:aws:iam:us-east-1:111111111111:root"}"#,
        r#""Principal":{"AWS":"arn:aws:sts::111111111111:assumed-role/copier"}"#,
        r#""Principal":{"AWS":"${aws:PrincipalArn}"}"#,
        r#""Principal":{"CanonicalUser":"79a5"}"#,
        r#""Principal":{"Service":"*"}"#,
        r#""Principal":{"Federated":"*"}"#,
        r#""Principal":{"AWS":"*","AWS":"*"}"#,
        r#""Principal":"*","NotPrincipal":"*""#,
        r#""Sid":"nobody""#,
    ] {
        let text = statement(bad);
        assert!(Policy::parse(&text, PolicyKind::Resource).is_err(), "{text}");
    }
}

#[test]
fn trust_policies_have_principals_and_no_resource() {
    let trust =
        r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"111111111111"}}}"#;
    assert!(Policy::parse(trust, PolicyKind::Trust).is_ok());
    assert_eq!(refused(trust, PolicyKind::Resource).1, Problem::Missing("Resource"));
    let with_resource = trust.replace(r#""Action""#, r#""Resource":"*","Action""#);
    assert_eq!(refused(&with_resource, PolicyKind::Trust).1, Problem::OutOfPlace("Resource"));
    let without = trust.replace("Principal", "NotPrincipal");
    assert_eq!(refused(&without, PolicyKind::Trust).1, Problem::OutOfPlace("NotPrincipal"));
}

#[test]
fn documents_have_bounds() {
    let statement = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
    let many = |count: usize| format!(r#"{{"Statement":[{}]}}"#, vec![statement; count].join(","));
    let with_principal = |count| many(count).replace(r#""Action""#, r#""Principal":"*","Action""#);
    let too_many = refused(&with_principal(STATEMENTS_MAX + 1), PolicyKind::Resource);
    assert_eq!(too_many, ("Statement".to_owned(), Problem::TooMany(STATEMENTS_MAX)));
    assert!(Policy::parse(&with_principal(STATEMENTS_MAX), PolicyKind::Resource).is_ok());

    let values = |count: usize| {
        let values = vec!["1"; count].join(",");
        condition(&format!(r#"{{"NumericEquals":{{"a:b":[{values}]}}}}"#))
    };
    assert!(Policy::parse(&values(VALUES_MAX), PolicyKind::Identity).is_ok());
    assert_eq!(refused(&values(VALUES_MAX + 1), PolicyKind::Identity).1, Problem::TooMany(VALUES_MAX));

    let plain = many(1);
    let sized = |chars: usize| {
        let id = "x".repeat(chars - plain.len() - r#""Id":"","#.len());
        plain.replacen('{', &format!(r#"{{"Id":"{id}","#), 1)
    };
    assert!(Policy::parse(&sized(ROLE_INLINE_CHARS_MAX), PolicyKind::Identity).is_ok());
    let too_long = refused(&sized(ROLE_INLINE_CHARS_MAX + 1), PolicyKind::Identity).1;
    assert!(matches!(too_long, Problem::TooLong { max: ROLE_INLINE_CHARS_MAX, .. }), "{too_long:?}");

    let padded = |bytes: usize| format!("{plain}{}", " ".repeat(bytes - plain.len()));
    assert!(Policy::parse(&padded(DOCUMENT_BYTES_MAX), PolicyKind::Identity).is_ok());
    let too_long = refused(&padded(DOCUMENT_BYTES_MAX + 1), PolicyKind::Identity).1;
    assert!(matches!(too_long, Problem::TooLong { max: DOCUMENT_BYTES_MAX, .. }), "{too_long:?}");

    for (opening, closing) in [("[", "]"), (r#"{"Statement":["#, "]}"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", opening.repeat(1_500), closing.repeat(1_500));
        assert!(matches!(refused(&deep, PolicyKind::Resource).1, Problem::NotJson(_)));
    }
}
