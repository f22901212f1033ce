use super::{ask, maximal, with};
use crate::ApiError;
use crate::kms_json::KmsAction as A;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::KeyRefusal;
use serde_json::{Value, json};

/// A text of so many characters of two bytes or, for names, of one.
fn text(chars: usize) -> Value {
    json!("x".repeat(chars))
}

fn blob(bytes: usize) -> Value {
    json!(STANDARD.encode(vec![7; bytes]))
}

/// An action, a member, values at its bounds, values beyond them.
type Row = (A, &'static str, Vec<Value>, Vec<Value>);

fn rows() -> Vec<Row> {
    let key_ids = A::ALL.iter().filter(|action| maximal(**action).get("KeyId").is_some());
    let mut rows: Vec<Row> = key_ids
        .map(|action| (*action, "KeyId", vec![text(1), text(2048)], vec![text(0), text(2049)]))
        .collect();
    let limits = A::ALL.iter().filter(|action| maximal(**action).get("Limit").is_some());
    let (least, most) =
        (vec![json!(1), json!(1000)], vec![json!(0), json!(-1), json!(1001), json!(i64::MAX)]);
    rows.extend(limits.map(|action| (*action, "Limit", least.clone(), most.clone())));
    let tokens = A::ALL.iter().filter(|action| maximal(**action).get("GrantTokens").is_some());
    let (few, many) = (json!(vec!["t"; 10]), json!(vec!["t"; 11]));
    rows.extend(tokens.map(|action| {
        (
            *action,
            "GrantTokens",
            vec![json!([]), few.clone(), json!([text(8192)])],
            vec![many.clone(), json!([""]), json!([text(8193)])],
        )
    }));
    rows.extend(of_single_actions());
    rows
}

fn of_single_actions() -> Vec<Row> {
    vec![
        (A::CreateKey, "Description", vec![text(0), text(8192)], vec![text(8193)]),
        (A::CreateKey, "Description", vec![json!("é".repeat(8192))], vec![json!("é".repeat(8193))]),
        (
            A::CreateKey,
            "Policy",
            vec![text(1), text(131_072), json!("\t\n\r ÿ")],
            vec![text(0), text(131_073), json!("\u{b}"), json!("Ā")],
        ),
        (A::CreateKey, "KeyUsage", vec![], vec![json!("encrypt_decrypt"), text(0)]),
        (A::CreateKey, "KeySpec", vec![], vec![json!("AES_256")]),
        (A::CreateKey, "Origin", vec![], vec![json!("AWS")]),
        (A::CreateKey, "Tags.0.TagKey", vec![text(1), text(128)], vec![text(0), text(129)]),
        (A::CreateKey, "Tags.0.TagValue", vec![text(0), text(256)], vec![text(257)]),
        (A::TagResource, "Tags.0.TagKey", vec![text(1), text(128)], vec![text(0), text(129)]),
        (A::TagResource, "Tags.0.TagValue", vec![text(0), text(256)], vec![text(257)]),
        (A::UntagResource, "TagKeys.0", vec![text(1), text(128)], vec![text(0), text(129)]),
        (
            A::ListKeys,
            "ResourceOwners",
            vec![json!(["SELF"])],
            vec![json!([]), json!(["SELF", "SELF", "SELF"]), json!(["self"])],
        ),
        (A::UpdateKeyDescription, "Description", vec![text(0), text(8192)], vec![text(8193)]),
        (
            A::ScheduleKeyDeletion,
            "PendingWindowInDays",
            vec![json!(7), json!(30)],
            vec![json!(6), json!(31), json!(-7)],
        ),
        (A::CreateAlias, "TargetKeyId", vec![text(1), text(2048)], vec![text(0), text(2049)]),
        (A::UpdateAlias, "TargetKeyId", vec![text(1), text(2048)], vec![text(0), text(2049)]),
        (A::GetKeyPolicy, "PolicyName", vec![text(1), text(128)], vec![text(0), text(129), json!("a-b")]),
        (A::PutKeyPolicy, "PolicyName", vec![text(1), text(128)], vec![text(0), text(129), json!("a-b")]),
        (
            A::PutKeyPolicy,
            "Policy",
            vec![text(1), text(131_072)],
            vec![text(0), text(131_073), json!("\u{7}")],
        ),
        (
            A::EnableKeyRotation,
            "RotationPeriodInDays",
            vec![json!(90), json!(2560)],
            vec![json!(89), json!(2561)],
        ),
        (A::ListKeyRotations, "IncludeKeyMaterial", vec![json!("ROTATIONS_ONLY")], vec![json!("ALL")]),
        (
            A::CreateGrant,
            "GranteePrincipal",
            vec![text(1), text(256)],
            vec![text(0), text(257), json!("a b")],
        ),
        (A::CreateGrant, "RetiringPrincipal", vec![text(1), text(256)], vec![text(0), text(257), json!("é")]),
        (
            A::CreateGrant,
            "Operations",
            vec![json!(vec!["Encrypt"; 100])],
            vec![json!([]), json!(vec!["Encrypt"; 101]), json!(["Sign"]), json!(["encrypt"])],
        ),
        (A::CreateGrant, "Name", vec![text(1), text(256)], vec![text(0), text(257), json!("a.b")]),
        (A::ListGrants, "GranteePrincipal", vec![text(1), text(256)], vec![text(0), text(257)]),
        (A::ListRetirableGrants, "RetiringPrincipal", vec![text(1), text(256)], vec![text(0), text(257)]),
        (A::RevokeGrant, "GrantId", vec![], vec![text(0), text(129)]),
        (A::Encrypt, "Plaintext", vec![blob(1), blob(4096)], vec![blob(0), blob(4097)]),
        (A::Encrypt, "EncryptionContext", vec![json!({"n": text(8185)})], vec![json!({"n": text(8186)})]),
        (A::Encrypt, "EncryptionAlgorithm", vec![], vec![json!("AES")]),
        (A::Decrypt, "CiphertextBlob", vec![blob(1), blob(6144)], vec![blob(0), blob(6145)]),
        (A::Decrypt, "DryRunModifiers", vec![json!(["IGNORE_CIPHERTEXT"])], vec![json!(["X"])]),
        (A::ReEncrypt, "CiphertextBlob", vec![blob(1), blob(6144)], vec![blob(0), blob(6145)]),
        (A::ReEncrypt, "SourceKeyId", vec![text(1), text(2048)], vec![text(0), text(2049)]),
        (A::ReEncrypt, "DestinationKeyId", vec![text(1), text(2048)], vec![text(0), text(2049)]),
        (A::GenerateDataKey, "NumberOfBytes", vec![json!(1), json!(1024)], vec![json!(0), json!(1025)]),
        (
            A::GenerateDataKeyWithoutPlaintext,
            "NumberOfBytes",
            vec![json!(1), json!(1024)],
            vec![json!(0), json!(1025)],
        ),
        (A::GenerateRandom, "NumberOfBytes", vec![json!(1), json!(1024)], vec![json!(0), json!(1025)]),
    ]
}

#[test]
fn each_bound_holds_at_and_beyond_it() {
    let mut cells = 0;
    for (action, member, at, beyond) in rows() {
        let body = maximal(action);
        for value in at {
            let asked = ask(action, &with(&body, member, value));
            assert!(asked.is_ok(), "{action:?} {member}: {asked:?}");
            cells += 1;
        }
        for value in beyond {
            let asked = ask(action, &with(&body, member, value));
            let refused = matches!(asked, Err(ApiError::Key(KeyRefusal::Validation { .. })));
            assert!(refused, "{action:?} {member}: {asked:?}");
            cells += 1;
        }
    }
    println!("{cells} values");
    assert!(cells > 200, "{cells}");
}

#[test]
fn what_is_wrong_is_said_in_amazons_sentence_and_no_secret_or_endless_text_with_it() {
    let refused = |action, member: &str, value| match ask(action, &with(&maximal(action), member, value)) {
        Err(error) => crate::error_code::kms::code(&error).message,
        Ok(request) => panic!("{request:?}"),
    };
    assert_eq!(
        refused(A::EnableKey, "KeyId", text(0)),
        "1 validation error detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length \
        greater than or equal to 1"
    );
    assert_eq!(
        refused(A::ListKeys, "Limit", json!(1001)),
        "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: Member must have value \
        less than or equal to 1000"
    );
    assert_eq!(
        refused(A::ListKeyRotations, "IncludeKeyMaterial", json!("X")),
        "1 validation error detected: Value 'X' at 'includeKeyMaterial' failed to satisfy constraint: Member must \
        satisfy enum value set: [ALL_KEY_MATERIAL, ROTATIONS_ONLY]"
    );
    assert_eq!(
        refused(A::Encrypt, "Plaintext", blob(4097)),
        "1 validation error detected: Value '4097 bytes' at 'plaintext' failed to satisfy constraint: Member must \
        have length less than or equal to 4096"
    );
    let long = refused(A::EnableKey, "KeyId", text(100_000));
    assert!(long.ends_with(
        "...' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048"
    ));
}

#[test]
fn names_of_aliases_begin_with_their_prefix_and_reserved_ones_are_left_to_the_operations() {
    let named = |name: Value| ask(A::CreateAlias, &with(&maximal(A::CreateAlias), "AliasName", name));
    for name in ["a", "alias/", "Alias/a", "key/a"] {
        assert_eq!(named(json!(name)), Err(KeyRefusal::AliasNameInvalid.into()), "{name}");
    }
    for name in [json!(""), json!("alias/a b"), json!("alias/é"), json!(format!("alias/{}", "x".repeat(251)))]
    {
        assert!(matches!(named(name), Err(ApiError::Key(KeyRefusal::Validation { .. }))));
    }
    assert!(named(json!(format!("alias/{}", "x".repeat(250)))).is_ok());
    assert!(named(json!("alias/aws/ebs")).is_ok());
    for action in [A::ListGrants, A::RevokeGrant, A::RetireGrant] {
        let asked = ask(action, &with(&maximal(action), "GrantId", text(128)));
        assert_eq!(asked, Err(KeyRefusal::GrantIdInvalid("x".repeat(128)).into()));
    }
}
