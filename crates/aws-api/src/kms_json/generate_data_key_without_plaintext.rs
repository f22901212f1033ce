//! GenerateDataKeyWithoutPlaintext.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::kms::cryptography::{GenerateDataKeyRequest, GenerateDataKeyWithoutPlaintextReply};
use serde::{Deserialize, Serialize};

use super::body::TextMap;
use super::{body, context, data_key, json_answer, member};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<GenerateDataKeyRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    let context = context::decode("encryptionContext", body.encryption_context)?;
    let number_of_bytes = data_key::number_of_bytes(body.number_of_bytes, body.key_spec.as_ref())?;
    let grant_tokens = member::grant_tokens(body.grant_tokens)?;
    let dry_run = body.dry_run.unwrap_or(false);
    Ok(GenerateDataKeyRequest { key_id, number_of_bytes, context, grant_tokens, dry_run })
}

/// The answer that says `reply`.
pub fn encode(reply: &GenerateDataKeyWithoutPlaintextReply, request_id: &str) -> HttpAnswer {
    let answer = Answer {
        ciphertext_blob: STANDARD.encode(&reply.ciphertext),
        key_id: reply.key.to_string(),
        key_material_id: reply.material.to_string(),
    };
    json_answer(request_id, &answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    encryption_context: Option<TextMap>,
    key_spec: Option<String>,
    number_of_bytes: Option<i64>,
    grant_tokens: Option<Vec<String>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    ciphertext_blob: String,
    key_id: String,
    key_material_id: String,
}
