use super::{KEY, ROOT, ask, maximal, with, without};
use crate::kms_json::{KmsAction, KmsRequest, is_meant};
use crate::{ApiError, WireError};
use ebs::operation::kms::cryptography::{CiphertextSource, DecryptRequest, EncryptRequest};
use ebs::operation::kms::grants::{CreateGrantRequest, RetireGrantRequest, RetiredGrant};
use ebs::operation::kms::keys::CreateKeyRequest;
use ebs::{EncryptionContext, GrantConstraints, GrantOperation, KeyRefusal, Tag};
use serde_json::{Value, json};

#[test]
fn the_header_names_the_action() {
    assert_eq!(KmsAction::ALL.len(), 34);
    for action in KmsAction::ALL {
        let target = format!("TrentService.{}", action.name());
        assert_eq!(KmsAction::of_target(Some(&target)), Ok(*action));
        assert!(is_meant(&target));
        assert_eq!(ask(*action, &maximal(*action)).map(|request| request.action()), Ok(*action));
    }
    for target in [None, Some("")] {
        assert_eq!(KmsAction::of_target(target), Err(WireError::MissingAction));
    }
    for target in ["TrentService.", "TrentService.Sign", "TrentService.encrypt", "Encrypt", "X.Encrypt"] {
        assert_eq!(KmsAction::of_target(Some(target)), Err(WireError::UnknownAction(target.into())));
    }
    assert!(!is_meant("DynamoDB_20120810.ListTables"));
}

#[test]
fn a_member_of_another_type_is_no_json_of_the_action() {
    let others = [json!(true), json!(7), json!(1.5), json!("x"), json!([[]]), json!({"x": []})];
    for action in KmsAction::ALL {
        let body = maximal(*action);
        for (name, value) in body.as_object().expect("an object") {
            for other in &others {
                let same = std::mem::discriminant(other) == std::mem::discriminant(value);
                if same && !matches!(other, Value::Array(_) | Value::Object(_)) && *other != json!(1.5) {
                    continue;
                }
                let asked = ask(*action, &with(&body, name, other.clone()));
                // A structure takes any object, and passes over what it does not know.
                if name == "Constraints" && other.is_object() {
                    continue;
                }
                let refused = matches!(asked, Err(ApiError::Wire(WireError::Json { .. })));
                assert!(refused, "{action:?} {name} {other}: {asked:?}");
            }
        }
        for body in [json!([]), json!([KEY]), json!(null), json!("x"), json!(7)] {
            let asked = ask(*action, &body);
            assert!(matches!(asked, Err(ApiError::Wire(WireError::Json { .. }))), "{action:?} {body}");
        }
    }
}

#[test]
fn null_is_absent_and_unknown_members_are_passed_over() {
    for action in KmsAction::ALL {
        let body = maximal(*action);
        for name in body.as_object().expect("an object").keys() {
            let absent = ask(*action, &without(&body, name));
            assert_eq!(ask(*action, &with(&body, name, Value::Null)), absent, "{action:?} {name}");
        }
        assert_eq!(ask(*action, &with(&body, "New", json!([{"x": null}]))), ask(*action, &body));
    }
}

#[test]
fn members_that_must_be_there_are_told() {
    use KmsAction as A;
    for (action, member, shown) in [
        (A::CreateAlias, "AliasName", "aliasName"),
        (A::CreateAlias, "TargetKeyId", "targetKeyId"),
        (A::UpdateAlias, "TargetKeyId", "targetKeyId"),
        (A::DeleteAlias, "AliasName", "aliasName"),
        (A::UpdateKeyDescription, "Description", "description"),
        (A::PutKeyPolicy, "Policy", "policy"),
        (A::TagResource, "Tags", "tags"),
        (A::UntagResource, "TagKeys", "tagKeys"),
        (A::CreateGrant, "GranteePrincipal", "granteePrincipal"),
        (A::CreateGrant, "Operations", "operations"),
        (A::ListRetirableGrants, "RetiringPrincipal", "retiringPrincipal"),
        (A::RevokeGrant, "GrantId", "grantId"),
        (A::Encrypt, "Plaintext", "plaintext"),
        (A::Decrypt, "CiphertextBlob", "ciphertextBlob"),
        (A::ReEncrypt, "DestinationKeyId", "destinationKeyId"),
        (A::GenerateRandom, "NumberOfBytes", "numberOfBytes"),
    ] {
        let asked = ask(action, &without(&maximal(action), member));
        assert_eq!(asked, Err(KeyRefusal::MemberMissing(shown).into()), "{action:?} {member}");
    }
    let free = [A::CreateKey, A::ListKeys, A::ListAliases, A::Decrypt, A::RetireGrant, A::GenerateRandom];
    let other = [A::CreateAlias, A::UpdateAlias, A::DeleteAlias, A::ListRetirableGrants, A::ReEncrypt];
    for action in KmsAction::ALL.iter().filter(|action| !free.contains(action) && !other.contains(action)) {
        let asked = ask(*action, &without(&maximal(*action), "KeyId"));
        assert_eq!(asked, Err(KeyRefusal::MemberMissing("keyId").into()), "{action:?}");
    }
    for body in [json!({"KeyId": KEY, "Tags": [{"TagValue": "v"}]}), json!({"KeyId": KEY, "Tags": [{}]})] {
        let missing = KeyRefusal::MemberMissing("tags.member.tagKey");
        assert_eq!(ask(A::TagResource, &body), Err(missing.into()));
    }
}

#[test]
fn every_member_of_a_new_key_and_a_grant_is_read() {
    let key = CreateKeyRequest {
        description: "é".into(),
        policy: Some("{}".into()),
        bypass_policy_lockout_safety_check: true,
        tags: vec![Tag { key: "k".into(), value: String::new() }],
    };
    assert_eq!(ask(KmsAction::CreateKey, &maximal(KmsAction::CreateKey)), Ok(KmsRequest::CreateKey(key)));
    let least = KmsRequest::CreateKey(CreateKeyRequest::default());
    assert_eq!(ask(KmsAction::CreateKey, &json!({})), Ok(least));

    let context = EncryptionContext::new([("a".into(), "1".into()), ("é".into(), String::new())].into());
    let context = context.expect("short");
    let grant = CreateGrantRequest {
        key_id: KEY.into(),
        grantee: ROOT.into(),
        retiring: Some(ROOT.into()),
        operations: [GrantOperation::Decrypt, GrantOperation::Encrypt].into(),
        constraints: GrantConstraints { equals: Some(context.clone()), subset: Some(context.clone()) },
        grant_tokens: vec!["t".into()],
        name: Some("n".into()),
        dry_run: true,
    };
    let asked = ask(KmsAction::CreateGrant, &maximal(KmsAction::CreateGrant));
    assert_eq!(asked, Ok(KmsRequest::CreateGrant(grant)));

    let encrypt = EncryptRequest {
        key_id: KEY.into(),
        plaintext: vec![0, 1].into(),
        context: context.clone(),
        grant_tokens: vec!["t".into()],
        dry_run: true,
    };
    let asked = ask(KmsAction::Encrypt, &maximal(KmsAction::Encrypt));
    assert_eq!(asked, Ok(KmsRequest::Encrypt(encrypt)));
    let source = CiphertextSource { key_id: None, ciphertext: Some(vec![0, 1]), context: Default::default() };
    let least = DecryptRequest { source, grant_tokens: vec![], dry_run: false };
    assert_eq!(ask(KmsAction::Decrypt, &json!({"CiphertextBlob": "AAE="})), Ok(KmsRequest::Decrypt(least)));
}

#[test]
fn what_is_not_served_is_said_to_be_unsupported() {
    use KmsAction as A;
    for (action, member, value) in [
        (A::CreateKey, "KeyUsage", json!("SIGN_VERIFY")),
        (A::CreateKey, "KeySpec", json!("RSA_2048")),
        (A::CreateKey, "Origin", json!("EXTERNAL")),
        (A::CreateKey, "CustomKeyStoreId", json!("x")),
        (A::CreateKey, "XksKeyId", json!("x")),
        (A::CreateKey, "MultiRegion", json!(true)),
        (A::CreateGrant, "GranteeServicePrincipal", json!("ec2.amazonaws.com")),
        (A::CreateGrant, "RetiringServicePrincipal", json!("ec2.amazonaws.com")),
        (A::CreateGrant, "Constraints", json!({"SourceArn": "arn:x"})),
        (A::ListGrants, "GranteeServicePrincipal", json!("ec2.amazonaws.com")),
        (A::ListRetirableGrants, "RetiringServicePrincipal", json!("ec2.amazonaws.com")),
        (A::Decrypt, "Recipient", json!({})),
        (A::GenerateDataKey, "Recipient", json!({})),
        (A::GenerateRandom, "Recipient", json!({})),
        (A::GenerateRandom, "CustomKeyStoreId", json!("x")),
    ] {
        let asked = ask(action, &with(&maximal(action), member, value));
        assert!(matches!(asked, Err(ApiError::Key(KeyRefusal::Unsupported(_)))), "{action:?} {member}");
    }
    for (action, member) in [
        (A::Encrypt, "EncryptionAlgorithm"),
        (A::Decrypt, "EncryptionAlgorithm"),
        (A::ReEncrypt, "SourceEncryptionAlgorithm"),
        (A::ReEncrypt, "DestinationEncryptionAlgorithm"),
    ] {
        let asked = ask(action, &with(&maximal(action), member, json!("SM2PKE")));
        assert_eq!(asked, Err(KeyRefusal::KeyUsageInvalid("SM2PKE".into()).into()));
    }
}

#[test]
fn members_that_contradict_each_other_are_refused() {
    use KmsAction as A;
    let data_key = |body: &Value| without(body, "NumberOfBytes");
    let retire = maximal(A::RetireGrant);
    for (action, body) in [
        (A::CreateKey, with(&maximal(A::CreateKey), "CustomerMasterKeySpec", json!("SYMMETRIC_DEFAULT"))),
        (A::GenerateDataKey, data_key(&maximal(A::GenerateDataKey))),
        (A::GenerateDataKey, with(&maximal(A::GenerateDataKey), "KeySpec", json!("AES_256"))),
        (A::GenerateDataKeyWithoutPlaintext, data_key(&maximal(A::GenerateDataKey))),
        (A::RetireGrant, json!({})),
        (A::RetireGrant, with(&retire, "GrantToken", json!("t"))),
        (A::RetireGrant, without(&retire, "KeyId")),
        (A::RetireGrant, without(&retire, "GrantId")),
        (A::Decrypt, json!({"KeyId": KEY, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]})),
    ] {
        let asked = ask(action, &body);
        assert!(matches!(asked, Err(ApiError::Key(KeyRefusal::MembersConflict(_)))), "{action:?} {asked:?}");
    }
    let token = RetireGrantRequest { grant: RetiredGrant::Token("t".into()), dry_run: false };
    let asked = ask(A::RetireGrant, &json!({"GrantToken": "t"}));
    assert_eq!(asked, Ok(KmsRequest::RetireGrant(token)));
    for (spec, bytes) in [("AES_128", 16), ("AES_256", 32)] {
        let asked = ask(A::GenerateDataKey, &json!({"KeyId": KEY, "KeySpec": spec}));
        let Ok(KmsRequest::GenerateDataKey(request)) = asked else { panic!("{asked:?}") };
        assert_eq!(request.number_of_bytes, bytes);
    }
}

#[test]
fn a_dry_run_may_go_without_a_ciphertext_and_then_names_its_key() {
    let body = json!({"KeyId": KEY, "DryRun": true, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]});
    let asked = ask(KmsAction::Decrypt, &body);
    let Ok(KmsRequest::Decrypt(request)) = asked else { panic!("{asked:?}") };
    assert_eq!((request.source.ciphertext, request.source.key_id.as_deref()), (None, Some(KEY)));
    let asked = ask(KmsAction::Decrypt, &without(&body, "KeyId"));
    assert_eq!(asked, Err(KeyRefusal::MemberMissing("keyId").into()));
}
