//! CreateKey, DescribeKey, ListKeys, UpdateKeyDescription, EnableKey, DisableKey, ScheduleKeyDeletion,
//! CancelKeyDeletion.

use crate::operation::kms::KeyPage;
use crate::{KeyArn, KeyId, KeyMetadata, Tag, Timestamp};

/// A CreateKey request. The key is symmetric, of our own making and of one region, and encrypts and decrypts: others
/// are refused before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateKeyRequest {
    /// What the key is for, in the client's words.
    pub description: String,
    /// The key's policy; without one it has the default policy.
    pub policy: Option<String>,
    /// Whether the policy may be one under which the caller could not change it again.
    pub bypass_policy_lockout_safety_check: bool,
    /// The key's tags.
    pub tags: Vec<Tag>,
}

/// What CreateKey answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateKeyReply {
    /// The key that was made.
    pub metadata: KeyMetadata,
}

/// A DescribeKey request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeKeyRequest {
    /// The key, by any of its names.
    pub key_id: String,
    /// Tokens of grants.
    pub grant_tokens: Vec<String>,
}

/// What DescribeKey answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeKeyReply {
    /// The key.
    pub metadata: KeyMetadata,
}

/// A ListKeys request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeysRequest {
    /// Whether the account's own keys are asked for. There are no others to list.
    pub own: bool,
    /// Which page.
    pub page: KeyPage<KeyId>,
}

/// What ListKeys answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeysReply {
    /// The keys, by id.
    pub keys: Vec<KeyArn>,
    /// The last of them, if there are more.
    pub next: Option<KeyId>,
}

/// An UpdateKeyDescription request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateKeyDescriptionRequest {
    /// The key.
    pub key_id: String,
    /// The new description.
    pub description: String,
}

/// An EnableKey request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableKeyRequest {
    /// The key.
    pub key_id: String,
}

/// A DisableKey request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisableKeyRequest {
    /// The key.
    pub key_id: String,
}

/// A ScheduleKeyDeletion request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleKeyDeletionRequest {
    /// The key.
    pub key_id: String,
    /// How many days the key waits, if the client says: 7 to 30.
    pub pending_window_days: Option<u32>,
}

/// What ScheduleKeyDeletion answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleKeyDeletionReply {
    /// The key, which is now pending deletion.
    pub key: KeyArn,
    /// When it will be deleted.
    pub deletion_date: Timestamp,
    /// How many days it waits.
    pub pending_window_days: u32,
}

/// A CancelKeyDeletion request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelKeyDeletionRequest {
    /// The key.
    pub key_id: String,
}

/// What CancelKeyDeletion answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelKeyDeletionReply {
    /// The key, which is now disabled.
    pub key: KeyArn,
}
