//! CreateKey.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>.

use ebs::operation::kms::keys::{CreateKeyReply, CreateKeyRequest};
use serde::Deserialize;

use super::algorithm::SYMMETRIC_DEFAULT;
use super::body::Object;
use super::member::{
    Bounds, POLICY, Words, check_absent, check_pattern, check_served, length, optional_text, words,
};
use super::metadata::MetadataAnswer;
use super::tags::BodyTag;
use super::{body, json_answer, tags};
use crate::{ApiError, HttpAnswer};
use ebs::KeyRefusal;

const POLICY_CHARS: Bounds = length!(1, 131072);
const DESCRIPTION: Bounds = length!(0, 8192);
const USAGES: Words = words!(
    "SIGN_VERIFY",
    "ENCRYPT_DECRYPT",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE"
);
const ORIGINS: Words = words!("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE");
const KEY_SPECS: Words = words!(
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SYMMETRIC_DEFAULT",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024"
);

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is not what it
/// must be, and for a key that is not symmetric, of our own making and of one region, and for encryption.
pub fn decode(body: &[u8]) -> Result<CreateKeyRequest, ApiError> {
    let body: Body = body::read(body)?;
    let policy = optional_text("policy", body.policy, POLICY_CHARS)?;
    policy.iter().try_for_each(|policy| check_pattern("policy", policy, POLICY))?;
    let description = optional_text("description", body.description, DESCRIPTION)?.unwrap_or_default();
    let usage = body.key_usage.as_ref();
    check_served("keyUsage", usage, USAGES, "ENCRYPT_DECRYPT", "a KeyUsage other than ENCRYPT_DECRYPT")?;
    check_key_spec(body.customer_master_key_spec.as_ref(), body.key_spec.as_ref())?;
    check_served("origin", body.origin.as_ref(), ORIGINS, "AWS_KMS", "an Origin other than AWS_KMS")?;
    check_absent(body.custom_key_store_id.as_ref(), "the parameter CustomKeyStoreId")?;
    let tags = tags::decode(body.tags.unwrap_or_default())?;
    check_absent(body.multi_region.filter(|multi| *multi).as_ref(), "a multi-Region key")?;
    check_absent(body.xks_key_id.as_ref(), "the parameter XksKeyId")?;
    Ok(CreateKeyRequest {
        description,
        policy,
        bypass_policy_lockout_safety_check: body.bypass_policy_lockout_safety_check.unwrap_or(false),
        tags,
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &CreateKeyReply, request_id: &str) -> HttpAnswer {
    json_answer(request_id, &MetadataAnswer::new(&reply.metadata))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    policy: Option<String>,
    description: Option<String>,
    key_usage: Option<String>,
    customer_master_key_spec: Option<String>,
    key_spec: Option<String>,
    origin: Option<String>,
    custom_key_store_id: Option<String>,
    bypass_policy_lockout_safety_check: Option<bool>,
    tags: Option<Vec<Object<BodyTag>>>,
    multi_region: Option<bool>,
    xks_key_id: Option<String>,
}

/// Refuses kinds of keys that are none or not here. `older` is the name that the member had before.
fn check_key_spec(older: Option<&String>, key_spec: Option<&String>) -> Result<(), KeyRefusal> {
    const UNSUPPORTED: &str = "a KeySpec other than SYMMETRIC_DEFAULT";
    check_served("customerMasterKeySpec", older, KEY_SPECS, SYMMETRIC_DEFAULT, UNSUPPORTED)?;
    check_served("keySpec", key_spec, KEY_SPECS, SYMMETRIC_DEFAULT, UNSUPPORTED)?;
    if older.is_some() && key_spec.is_some() {
        return Err(KeyRefusal::MembersConflict(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
            CustomerMasterKeySpec is deprecated.",
        ));
    }
    Ok(())
}
