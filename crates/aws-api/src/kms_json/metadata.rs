//! `KeyMetadata` in answers.

use ebs::{KeyMetadata, KeyState};
use serde::Serialize;

use super::algorithm::SYMMETRIC_DEFAULT;
use crate::ebs_direct::epoch_seconds;

/// What says all there is to say about a key.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata<'a> {
    #[serde(rename = "AWSAccountId")]
    account_id: String,
    key_id: String,
    arn: String,
    creation_date: f64,
    enabled: bool,
    description: &'a str,
    key_usage: &'static str,
    key_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_date: Option<f64>,
    origin: &'static str,
    #[serde(rename = "KeyManager")]
    managed_by: &'static str,
    customer_master_key_spec: &'static str,
    key_spec: &'static str,
    encryption_algorithms: [&'static str; 1],
    multi_region: bool,
    current_key_material_id: String,
}

/// An answer that is a key's metadata and nothing else.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MetadataAnswer<'a> {
    key_metadata: Metadata<'a>,
}

impl<'a> MetadataAnswer<'a> {
    pub(super) fn new(metadata: &'a KeyMetadata) -> Self {
        Self { key_metadata: Metadata::new(metadata) }
    }
}

impl<'a> Metadata<'a> {
    fn new(metadata: &'a KeyMetadata) -> Self {
        Self {
            account_id: metadata.arn.account.to_string(),
            key_id: metadata.arn.key.to_string(),
            arn: metadata.arn.to_string(),
            creation_date: epoch_seconds(metadata.created),
            enabled: metadata.state == KeyState::Enabled,
            description: &metadata.description,
            key_usage: "ENCRYPT_DECRYPT",
            key_state: metadata.state.as_str(),
            deletion_date: metadata.deletion_date.map(epoch_seconds),
            origin: "AWS_KMS",
            managed_by: metadata.managed_by.as_str(),
            customer_master_key_spec: SYMMETRIC_DEFAULT,
            key_spec: SYMMETRIC_DEFAULT,
            encryption_algorithms: [SYMMETRIC_DEFAULT],
            multi_region: false,
            current_key_material_id: metadata.current_material.to_string(),
        }
    }
}
