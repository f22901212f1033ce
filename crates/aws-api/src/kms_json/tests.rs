mod answers;
mod bounds;
mod markers;
mod requests;

use super::{KmsAction, KmsRequest, decode};
use crate::ApiError;
use crate::token::tests::Desk;
use serde_json::{Value, json};

pub(crate) const KEY: &str = "arn:aws:kms:us-east-1:000000000042:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ROOT: &str = "arn:aws:iam::000000000042:root";

fn ask(action: KmsAction, body: &Value) -> Result<KmsRequest, ApiError> {
    decode(action, body.to_string().as_bytes(), &Desk::new().context())
}

/// `body` with `value` as the member at `path`, which has a point between its parts; numbers are places in lists.
fn with(body: &Value, path: &str, value: Value) -> Value {
    let mut body = body.clone();
    let pointer = format!("/{}", path.replace('.', "/"));
    match body.pointer_mut(&pointer) {
        Some(member) => *member = value,
        None => body[path] = value,
    }
    body
}

/// `body` without its member `name`.
fn without(body: &Value, name: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().expect("an object").remove(name);
    body
}

/// A request with every member of Amazon's model that is served and can stand with the others.
fn maximal(action: KmsAction) -> Value {
    let grant = "ab".repeat(32);
    let context = json!({"a": "1", "é": ""});
    match action {
        KmsAction::CreateKey => json!({
            "Policy": "{}", "Description": "é", "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT",
            "Origin": "AWS_KMS", "BypassPolicyLockoutSafetyCheck": true, "MultiRegion": false,
            "Tags": [{"TagKey": "k", "TagValue": ""}],
        }),
        KmsAction::DescribeKey => json!({"KeyId": KEY, "GrantTokens": ["t"]}),
        KmsAction::ListKeys => json!({"Limit": 7, "ResourceOwners": ["SELF", "OTHER_ACCOUNTS_VIA_RAM"]}),
        KmsAction::UpdateKeyDescription => json!({"KeyId": KEY, "Description": ""}),
        KmsAction::EnableKey
        | KmsAction::DisableKey
        | KmsAction::CancelKeyDeletion
        | KmsAction::GetKeyRotationStatus
        | KmsAction::DisableKeyRotation
        | KmsAction::RotateKeyOnDemand => json!({"KeyId": KEY}),
        KmsAction::ScheduleKeyDeletion => json!({"KeyId": KEY, "PendingWindowInDays": 8}),
        KmsAction::CreateAlias | KmsAction::UpdateAlias => {
            json!({"AliasName": "alias/a", "TargetKeyId": KEY})
        }
        KmsAction::DeleteAlias => json!({"AliasName": "alias/aws/ebs"}),
        KmsAction::ListAliases | KmsAction::ListResourceTags | KmsAction::ListKeyPolicies => {
            json!({"KeyId": KEY, "Limit": 7})
        }
        KmsAction::GetKeyPolicy => json!({"KeyId": KEY, "PolicyName": "default"}),
        KmsAction::PutKeyPolicy => json!({
            "KeyId": KEY, "PolicyName": "default", "Policy": "{}", "BypassPolicyLockoutSafetyCheck": true,
        }),
        KmsAction::TagResource => json!({"KeyId": KEY, "Tags": [{"TagKey": "k", "TagValue": "v"}]}),
        KmsAction::UntagResource => json!({"KeyId": KEY, "TagKeys": ["k"]}),
        KmsAction::EnableKeyRotation => json!({"KeyId": KEY, "RotationPeriodInDays": 100}),
        KmsAction::ListKeyRotations => {
            json!({"KeyId": KEY, "IncludeKeyMaterial": "ALL_KEY_MATERIAL", "Limit": 7})
        }
        KmsAction::CreateGrant => json!({
            "KeyId": KEY, "GranteePrincipal": ROOT, "RetiringPrincipal": ROOT, "Operations": ["Encrypt", "Decrypt"],
            "Constraints": {"EncryptionContextSubset": context, "EncryptionContextEquals": context},
            "GrantTokens": ["t"], "Name": "n", "DryRun": true,
        }),
        KmsAction::ListGrants => {
            json!({"KeyId": KEY, "Limit": 7, "GrantId": grant, "GranteePrincipal": ROOT})
        }
        KmsAction::ListRetirableGrants => json!({"Limit": 7, "RetiringPrincipal": ROOT}),
        KmsAction::RetireGrant => json!({"KeyId": KEY, "GrantId": grant, "DryRun": true}),
        KmsAction::RevokeGrant => json!({"KeyId": KEY, "GrantId": grant, "DryRun": true}),
        KmsAction::Encrypt => json!({
            "KeyId": KEY, "Plaintext": "AAE=", "EncryptionContext": context, "GrantTokens": ["t"],
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "DryRun": true,
        }),
        KmsAction::Decrypt => json!({
            "CiphertextBlob": "AAE=", "EncryptionContext": context, "GrantTokens": ["t"], "KeyId": KEY,
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "DryRun": true, "DryRunModifiers": [],
        }),
        KmsAction::ReEncrypt => json!({
            "CiphertextBlob": "AAE=", "SourceEncryptionContext": context, "SourceKeyId": KEY, "DestinationKeyId": KEY,
            "DestinationEncryptionContext": {}, "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT", "GrantTokens": ["t"],
            "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT", "DryRun": true, "DryRunModifiers": [],
        }),
        KmsAction::GenerateDataKey | KmsAction::GenerateDataKeyWithoutPlaintext => json!({
            "KeyId": KEY, "EncryptionContext": context, "NumberOfBytes": 7, "GrantTokens": ["t"], "DryRun": true,
        }),
        KmsAction::GenerateRandom => json!({"NumberOfBytes": 7}),
    }
}
