//! ReEncrypt.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::kms::cryptography::{CiphertextSource, ReEncryptReply, ReEncryptRequest};
use serde::{Deserialize, Serialize};

use super::algorithm::SYMMETRIC_DEFAULT;
use super::body::{Blob, TextMap};
use super::member::{KEY_ID, optional_text, required, required_text};
use super::{algorithm, body, ciphertext, context, json_answer, member};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<ReEncryptRequest, ApiError> {
    let body: Body = body::read(body)?;
    let dry_run = body.dry_run.unwrap_or(false);
    let ciphertext = ciphertext::decode(body.ciphertext_blob, dry_run, body.dry_run_modifiers)?;
    let context = context::decode("sourceEncryptionContext", body.source_encryption_context)?;
    let mut key_id = optional_text("sourceKeyId", body.source_key_id, KEY_ID)?;
    if ciphertext.is_none() {
        key_id = Some(required("sourceKeyId", key_id)?);
    }
    let destination_key_id = required_text("destinationKeyId", body.destination_key_id, KEY_ID)?;
    let destination_context =
        context::decode("destinationEncryptionContext", body.destination_encryption_context)?;
    algorithm::check("sourceEncryptionAlgorithm", body.source_encryption_algorithm)?;
    algorithm::check("destinationEncryptionAlgorithm", body.destination_encryption_algorithm)?;
    let grant_tokens = member::grant_tokens(body.grant_tokens)?;
    let source = CiphertextSource { key_id, ciphertext, context };
    Ok(ReEncryptRequest { source, destination_key_id, destination_context, grant_tokens, dry_run })
}

/// The answer that says `reply`.
pub fn encode(reply: &ReEncryptReply, request_id: &str) -> HttpAnswer {
    let answer = Answer {
        ciphertext_blob: STANDARD.encode(&reply.ciphertext),
        source_key_id: reply.source_key.to_string(),
        key_id: reply.key.to_string(),
        source_encryption_algorithm: SYMMETRIC_DEFAULT,
        destination_encryption_algorithm: SYMMETRIC_DEFAULT,
        source_key_material_id: reply.source_material.to_string(),
        destination_key_material_id: reply.material.to_string(),
    };
    json_answer(request_id, &answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    ciphertext_blob: Option<Blob>,
    source_encryption_context: Option<TextMap>,
    source_key_id: Option<String>,
    destination_key_id: Option<String>,
    destination_encryption_context: Option<TextMap>,
    source_encryption_algorithm: Option<String>,
    destination_encryption_algorithm: Option<String>,
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
    dry_run_modifiers: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    ciphertext_blob: String,
    source_key_id: String,
    key_id: String,
    source_encryption_algorithm: &'static str,
    destination_encryption_algorithm: &'static str,
    source_key_material_id: String,
    destination_key_material_id: String,
}
