use super::KEY;
use crate::HttpAnswer;
use crate::kms_json::{
    create_grant, create_key, decrypt, encode_done, encrypt, generate_data_key, generate_random,
    get_key_policy, get_key_rotation_status, list_aliases, list_grants, list_key_policies,
    list_key_rotations, list_keys, re_encrypt, schedule_key_deletion,
};
use crate::token::tests::Desk;
use ebs::operation::kms::KeyPage;
use ebs::operation::kms::aliases::{Alias, ListAliasesReply, ListAliasesRequest};
use ebs::operation::kms::cryptography::{
    DecryptReply, EncryptReply, GenerateDataKeyReply, GenerateRandomReply, ReEncryptReply,
};
use ebs::operation::kms::grants::{CreateGrantReply, GrantsReply, ListGrantsRequest};
use ebs::operation::kms::keys::{CreateKeyReply, ListKeysReply, ListKeysRequest, ScheduleKeyDeletionReply};
use ebs::operation::kms::policies::{GetKeyPolicyReply, ListKeyPoliciesReply};
use ebs::operation::kms::rotation::{
    AutomaticRotation, GetKeyRotationStatusReply, ListKeyRotationsReply, ListKeyRotationsRequest,
    ListedMaterial,
};
use ebs::{
    EncryptionContext, Grant, GrantConstraints, GrantId, GrantOperation, KeyArn, KeyMetadata, KeyState,
    ManagedBy, MaterialId, RotationKind, Timestamp,
};
use serde_json::{Value, json};

const UUID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

fn key() -> KeyArn {
    KEY.parse().expect("the name of a key")
}

fn body(answer: &HttpAnswer) -> Value {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-amz-json-1.1")));
    assert_eq!(answer.header("x-amzn-requestid"), Some("r-1"));
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[test]
fn what_is_only_done_has_no_body() {
    let answer = encode_done("r-1");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-amz-json-1.1")));
    assert!(answer.body.is_empty());
}

#[test]
fn a_key_is_shown_whole_and_its_times_are_seconds_with_a_fraction() {
    let metadata = KeyMetadata {
        arn: key(),
        managed_by: ManagedBy::Customer,
        state: KeyState::PendingDeletion,
        description: "é".into(),
        created: Timestamp(1_500),
        deletion_date: Some(Timestamp(2_000)),
        current_material: MaterialId([0xab; 32]),
    };
    let shown = create_key::encode(&CreateKeyReply { metadata: metadata.clone() }, "r-1");
    assert!(String::from_utf8_lossy(&shown.body).contains(r#""DeletionDate":2.0,"#), "a float, always");
    assert_eq!(
        body(&shown),
        json!({"KeyMetadata": {
            "AWSAccountId": "000000000042", "KeyId": UUID, "Arn": KEY, "CreationDate": 1.5, "Enabled": false,
            "Description": "é", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "PendingDeletion", "DeletionDate": 2.0,
            "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "KeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false,
            "CurrentKeyMaterialId": "ab".repeat(32),
        }})
    );
    let enabled = KeyMetadata { state: KeyState::Enabled, deletion_date: None, ..metadata };
    let shown = body(&create_key::encode(&CreateKeyReply { metadata: enabled }, "r-1"));
    assert_eq!(shown["KeyMetadata"]["Enabled"], json!(true));
    assert_eq!(shown["KeyMetadata"].get("DeletionDate"), None);
}

#[test]
fn listings_say_whether_they_are_whole() {
    let desk = Desk::new();
    let context = desk.context();
    let request = ListKeysRequest { own: true, page: KeyPage { limit: 1, after: None } };
    let shown =
        list_keys::encode(&request, &ListKeysReply { keys: vec![key()], next: None }, "r-1", &context);
    assert_eq!(body(&shown), json!({"Keys": [{"KeyId": UUID, "KeyArn": KEY}], "Truncated": false}));

    let alias = Alias {
        name: "alias/a".parse().expect("a name"),
        arn: "arn:a".into(),
        target: key().key,
        created: Timestamp(1_000),
        updated: Timestamp(2_000),
    };
    let request = ListAliasesRequest { key_id: None, page: KeyPage { limit: 1, after: None } };
    let reply = ListAliasesReply { aliases: vec![alias], next: None };
    assert_eq!(
        body(&list_aliases::encode(&request, &reply, "r-1", &context)),
        json!({"Truncated": false, "Aliases": [{
            "AliasName": "alias/a", "AliasArn": "arn:a", "TargetKeyId": UUID, "CreationDate": 1.0,
            "LastUpdatedDate": 2.0,
        }]})
    );
    let reply = ListKeyPoliciesReply { policy_names: vec!["default".into()] };
    assert_eq!(
        body(&list_key_policies::encode(&reply, "r-1")),
        json!({"PolicyNames": ["default"], "Truncated": false})
    );
}

#[test]
fn rotations_are_shown_with_what_made_them() {
    let desk = Desk::new();
    let request = ListKeyRotationsRequest {
        key_id: KEY.into(),
        all_material: true,
        page: KeyPage { limit: 9, after: None },
    };
    let material = |byte, rotation: Option<(Timestamp, RotationKind)>| ListedMaterial {
        id: MaterialId([byte; 32]),
        is_current: rotation.is_some(),
        rotation,
    };
    let turned = Some((Timestamp(1_000), RotationKind::OnDemand));
    let reply = ListKeyRotationsReply {
        key: key(),
        materials: vec![material(1, None), material(2, turned)],
        next: None,
    };
    assert_eq!(
        body(&list_key_rotations::encode(&request, &reply, "r-1", &desk.context())),
        json!({"Truncated": false, "Rotations": [
            {"KeyId": KEY, "KeyMaterialId": "01".repeat(32), "KeyMaterialState": "NON_CURRENT"},
            {"KeyId": KEY, "KeyMaterialId": "02".repeat(32), "KeyMaterialState": "CURRENT", "RotationDate": 1.0,
             "RotationType": "ON_DEMAND"},
        ]})
    );
    let automatic = Some(AutomaticRotation { period_days: 365, next: Some(Timestamp(3_000)) });
    assert_eq!(
        body(&get_key_rotation_status::encode(&GetKeyRotationStatusReply { key: key(), automatic }, "r-1")),
        json!({"KeyId": KEY, "KeyRotationEnabled": true, "RotationPeriodInDays": 365, "NextRotationDate": 3.0})
    );
    let reply = GetKeyRotationStatusReply { key: key(), automatic: None };
    assert_eq!(
        body(&get_key_rotation_status::encode(&reply, "r-1")),
        json!({"KeyId": KEY, "KeyRotationEnabled": false})
    );
}

#[test]
fn grants_are_shown_with_their_constraints() {
    let desk = Desk::new();
    let context = EncryptionContext::new([("a".into(), "1".into())].into()).expect("short");
    let grant = Grant {
        id: GrantId([0xcd; 32]),
        key: key(),
        name: Some("n".into()),
        grantee: "G".into(),
        retiring: None,
        issuer: "I".into(),
        operations: [GrantOperation::Encrypt, GrantOperation::Decrypt].into(),
        constraints: GrantConstraints { equals: None, subset: Some(context) },
        created: Timestamp(1_000),
    };
    let page = KeyPage { limit: 1, after: None };
    let request = ListGrantsRequest { key_id: KEY.into(), grant: None, grantee: None, page };
    let reply = GrantsReply { grants: vec![grant], next: None };
    assert_eq!(
        body(&list_grants::encode(&request, &reply, "r-1", &desk.context())),
        json!({"Truncated": false, "Grants": [{
            "KeyId": KEY, "GrantId": "cd".repeat(32), "Name": "n", "CreationDate": 1.0, "GranteePrincipal": "G",
            "IssuingAccount": "I", "Operations": ["Decrypt", "Encrypt"],
            "Constraints": {"EncryptionContextSubset": {"a": "1"}},
        }]})
    );
    let reply = CreateGrantReply { grant: GrantId([0xcd; 32]), token: "t".into() };
    assert_eq!(
        body(&create_grant::encode(&reply, "r-1")),
        json!({"GrantToken": "t", "GrantId": "cd".repeat(32)})
    );
}

#[test]
fn bytes_are_base64_and_keys_are_named_in_full() {
    let (one, two) = (MaterialId([1; 32]), MaterialId([2; 32]));
    let algorithm = "SYMMETRIC_DEFAULT";
    let reply = EncryptReply { ciphertext: vec![0xfb, 0xff], key: key() };
    assert_eq!(
        body(&encrypt::encode(&reply, "r-1")),
        json!({"CiphertextBlob": "+/8=", "KeyId": KEY, "EncryptionAlgorithm": algorithm})
    );
    let reply = DecryptReply { key: key(), material: one, plaintext: vec![0].into() };
    assert_eq!(
        body(&decrypt::encode(&reply, "r-1")),
        json!({"KeyId": KEY, "Plaintext": "AA==", "EncryptionAlgorithm": algorithm, "KeyMaterialId": "01".repeat(32)})
    );
    let reply = ReEncryptReply {
        ciphertext: vec![0],
        source_key: key(),
        source_material: one,
        key: key(),
        material: two,
    };
    assert_eq!(
        body(&re_encrypt::encode(&reply, "r-1")),
        json!({
            "CiphertextBlob": "AA==", "SourceKeyId": KEY, "KeyId": KEY, "SourceEncryptionAlgorithm": algorithm,
            "DestinationEncryptionAlgorithm": algorithm, "SourceKeyMaterialId": "01".repeat(32),
            "DestinationKeyMaterialId": "02".repeat(32),
        })
    );
    let reply =
        GenerateDataKeyReply { plaintext: vec![1].into(), ciphertext: vec![0], key: key(), material: one };
    assert_eq!(
        body(&generate_data_key::encode(&reply, "r-1")),
        json!({"CiphertextBlob": "AA==", "Plaintext": "AQ==", "KeyId": KEY, "KeyMaterialId": "01".repeat(32)})
    );
    let reply = GenerateRandomReply { plaintext: vec![1].into() };
    assert_eq!(body(&generate_random::encode(&reply, "r-1")), json!({"Plaintext": "AQ=="}));
    let reply = GetKeyPolicyReply { policy: "{}".into(), policy_name: "default".into() };
    assert_eq!(
        body(&get_key_policy::encode(&reply, "r-1")),
        json!({"Policy": "{}", "PolicyName": "default"})
    );
    let reply =
        ScheduleKeyDeletionReply { key: key(), deletion_date: Timestamp(1_000), pending_window_days: 7 };
    assert_eq!(
        body(&schedule_key_deletion::encode(&reply, "r-1")),
        json!({"KeyId": KEY, "DeletionDate": 1.0, "KeyState": "PendingDeletion", "PendingWindowInDays": 7})
    );
}
