//! KMS: JSON 1.1 in and out, the action named by a header.
//!
//! Source: AWS Key Management Service API reference, version 2014-11-01.

mod algorithm;
mod alias_name;
mod body;
pub mod cancel_key_deletion;
mod ciphertext;
mod context;
pub mod create_alias;
pub mod create_grant;
pub mod create_key;
mod data_key;
pub mod decrypt;
pub mod delete_alias;
pub mod describe_key;
pub mod disable_key;
pub mod disable_key_rotation;
pub mod enable_key;
pub mod enable_key_rotation;
pub mod encrypt;
pub mod generate_data_key;
pub mod generate_data_key_without_plaintext;
pub mod generate_random;
pub mod get_key_policy;
pub mod get_key_rotation_status;
mod grants;
mod key_only;
pub mod list_aliases;
pub mod list_grants;
pub mod list_key_policies;
pub mod list_key_rotations;
pub mod list_keys;
pub mod list_resource_tags;
pub mod list_retirable_grants;
mod member;
mod metadata;
mod page;
mod policy_name;
pub mod put_key_policy;
pub mod re_encrypt;
mod recipient;
pub mod retire_grant;
pub mod revoke_grant;
pub mod rotate_key_on_demand;
pub mod schedule_key_deletion;
pub mod tag_resource;
mod tags;
#[cfg(test)]
mod tests;
pub mod untag_resource;
pub mod update_alias;
pub mod update_key_description;

use ebs::operation::kms::{
    aliases, cryptography, grants as granting, keys, policies, rotation, tags as tagging,
};
use serde::Serialize;

use crate::token::TokenContext;
use crate::{ApiError, HttpAnswer, WireError};

/// The header that names the action.
pub const TARGET_HEADER: &str = "x-amz-target";

/// Content type of answers, errors included.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// How the header's value begins, for every action of KMS.
const TARGET_PREFIX: &str = "TrentService.";

/// Declares the actions, each with its request.
macro_rules! actions {
    ($($action:ident($request:ty),)*) => {
        /// An action of KMS.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the variants are the names of Amazon's actions")]
        pub enum KmsAction {
            $($action,)*
        }

        /// A decoded request.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the variants are the names of Amazon's actions")]
        pub enum KmsRequest {
            $($action($request),)*
        }

        impl KmsAction {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$action,)*];

            /// The action's name, as it stands after `kms:` in policies.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$action => stringify!($action),)*
                }
            }
        }

        impl KmsRequest {
            /// The action that is asked for.
            pub fn action(&self) -> KmsAction {
                match self {
                    $(Self::$action(_) => KmsAction::$action,)*
                }
            }
        }
    };
}

actions! {
    CancelKeyDeletion(keys::CancelKeyDeletionRequest),
    CreateAlias(aliases::CreateAliasRequest),
    CreateGrant(granting::CreateGrantRequest),
    CreateKey(keys::CreateKeyRequest),
    Decrypt(cryptography::DecryptRequest),
    DeleteAlias(aliases::DeleteAliasRequest),
    DescribeKey(keys::DescribeKeyRequest),
    DisableKey(keys::DisableKeyRequest),
    DisableKeyRotation(rotation::DisableKeyRotationRequest),
    EnableKey(keys::EnableKeyRequest),
    EnableKeyRotation(rotation::EnableKeyRotationRequest),
    Encrypt(cryptography::EncryptRequest),
    GenerateDataKey(cryptography::GenerateDataKeyRequest),
    GenerateDataKeyWithoutPlaintext(cryptography::GenerateDataKeyRequest),
    GenerateRandom(cryptography::GenerateRandomRequest),
    GetKeyPolicy(policies::GetKeyPolicyRequest),
    GetKeyRotationStatus(rotation::GetKeyRotationStatusRequest),
    ListAliases(aliases::ListAliasesRequest),
    ListGrants(granting::ListGrantsRequest),
    ListKeyPolicies(policies::ListKeyPoliciesRequest),
    ListKeyRotations(rotation::ListKeyRotationsRequest),
    ListKeys(keys::ListKeysRequest),
    ListResourceTags(tagging::ListResourceTagsRequest),
    ListRetirableGrants(granting::ListRetirableGrantsRequest),
    PutKeyPolicy(policies::PutKeyPolicyRequest),
    ReEncrypt(cryptography::ReEncryptRequest),
    RetireGrant(granting::RetireGrantRequest),
    RevokeGrant(granting::RevokeGrantRequest),
    RotateKeyOnDemand(rotation::RotateKeyOnDemandRequest),
    ScheduleKeyDeletion(keys::ScheduleKeyDeletionRequest),
    TagResource(tagging::TagResourceRequest),
    UntagResource(tagging::UntagResourceRequest),
    UpdateAlias(aliases::UpdateAliasRequest),
    UpdateKeyDescription(keys::UpdateKeyDescriptionRequest),
}

impl KmsAction {
    /// The action that the value of the header [`TARGET_HEADER`] names, if there is the header.
    ///
    /// # Errors
    /// [`WireError::MissingAction`] and [`WireError::UnknownAction`].
    pub fn of_target(target: Option<&str>) -> Result<Self, WireError> {
        let target = target.filter(|target| !target.is_empty()).ok_or(WireError::MissingAction)?;
        let name = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
        let action = Self::ALL.iter().copied().find(|action| action.name() == name);
        action.ok_or_else(|| WireError::UnknownAction(target.to_owned()))
    }
}

/// Whether the value of the header [`TARGET_HEADER`] is meant for KMS, also if it names no action of it: then the
/// answer has the form of KMS.
pub fn is_meant(target: &str) -> bool {
    target.starts_with(TARGET_PREFIX)
}

/// The request for `action` that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if the body is too long or not the JSON of the action; [`ApiError::Key`] for the first member,
/// in the order of Amazon's model, that is missing or not what it must be, for what is not supported, and for a
/// marker that cannot be used here.
pub fn decode(action: KmsAction, body: &[u8], context: &TokenContext<'_>) -> Result<KmsRequest, ApiError> {
    use KmsAction as A;
    use KmsRequest as R;
    Ok(match action {
        A::CancelKeyDeletion => R::CancelKeyDeletion(cancel_key_deletion::decode(body)?),
        A::CreateAlias => R::CreateAlias(create_alias::decode(body)?),
        A::CreateGrant => R::CreateGrant(create_grant::decode(body)?),
        A::CreateKey => R::CreateKey(create_key::decode(body)?),
        A::Decrypt => R::Decrypt(decrypt::decode(body)?),
        A::DeleteAlias => R::DeleteAlias(delete_alias::decode(body)?),
        A::DescribeKey => R::DescribeKey(describe_key::decode(body)?),
        A::DisableKey => R::DisableKey(disable_key::decode(body)?),
        A::DisableKeyRotation => R::DisableKeyRotation(disable_key_rotation::decode(body)?),
        A::EnableKey => R::EnableKey(enable_key::decode(body)?),
        A::EnableKeyRotation => R::EnableKeyRotation(enable_key_rotation::decode(body)?),
        A::Encrypt => R::Encrypt(encrypt::decode(body)?),
        A::GenerateDataKey => R::GenerateDataKey(generate_data_key::decode(body)?),
        A::GenerateDataKeyWithoutPlaintext => {
            R::GenerateDataKeyWithoutPlaintext(generate_data_key_without_plaintext::decode(body)?)
        }
        A::GenerateRandom => R::GenerateRandom(generate_random::decode(body)?),
        A::GetKeyPolicy => R::GetKeyPolicy(get_key_policy::decode(body)?),
        A::GetKeyRotationStatus => R::GetKeyRotationStatus(get_key_rotation_status::decode(body)?),
        A::ListAliases => R::ListAliases(list_aliases::decode(body, context)?),
        A::ListGrants => R::ListGrants(list_grants::decode(body, context)?),
        A::ListKeyPolicies => R::ListKeyPolicies(list_key_policies::decode(body)?),
        A::ListKeyRotations => R::ListKeyRotations(list_key_rotations::decode(body, context)?),
        A::ListKeys => R::ListKeys(list_keys::decode(body, context)?),
        A::ListResourceTags => R::ListResourceTags(list_resource_tags::decode(body, context)?),
        A::ListRetirableGrants => R::ListRetirableGrants(list_retirable_grants::decode(body, context)?),
        A::PutKeyPolicy => R::PutKeyPolicy(put_key_policy::decode(body)?),
        A::ReEncrypt => R::ReEncrypt(re_encrypt::decode(body)?),
        A::RetireGrant => R::RetireGrant(retire_grant::decode(body)?),
        A::RevokeGrant => R::RevokeGrant(revoke_grant::decode(body)?),
        A::RotateKeyOnDemand => R::RotateKeyOnDemand(rotate_key_on_demand::decode(body)?),
        A::ScheduleKeyDeletion => R::ScheduleKeyDeletion(schedule_key_deletion::decode(body)?),
        A::TagResource => R::TagResource(tag_resource::decode(body)?),
        A::UntagResource => R::UntagResource(untag_resource::decode(body)?),
        A::UpdateAlias => R::UpdateAlias(update_alias::decode(body)?),
        A::UpdateKeyDescription => R::UpdateKeyDescription(update_key_description::decode(body)?),
    })
}

/// The answer of actions that say no more than that they are done: without a body.
pub fn encode_done(request_id: &str) -> HttpAnswer {
    HttpAnswer::new(200, request_id, CONTENT_TYPE, Vec::new())
}

/// An answer whose body is `body` as JSON.
fn json_answer(request_id: &str, body: &impl Serialize) -> HttpAnswer {
    let json = serde_json::to_vec(body).expect("plain structures with text keys always serialize");
    HttpAnswer::new(200, request_id, CONTENT_TYPE, json)
}
