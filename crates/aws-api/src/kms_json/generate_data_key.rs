//! GenerateDataKey.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::kms::cryptography::{GenerateDataKeyReply, GenerateDataKeyRequest};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::body::{Object, TextMap};
use super::recipient::Recipient;
use super::{body, context, data_key, json_answer, member, recipient};
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
    recipient::check(body.recipient.as_ref())?;
    let dry_run = body.dry_run.unwrap_or(false);
    Ok(GenerateDataKeyRequest { key_id, number_of_bytes, context, grant_tokens, dry_run })
}

/// The answer that says `reply`.
pub fn encode(reply: &GenerateDataKeyReply, request_id: &str) -> HttpAnswer {
    let plaintext = Zeroizing::new(STANDARD.encode(&*reply.plaintext.0));
    let answer = Answer {
        ciphertext_blob: STANDARD.encode(&reply.ciphertext),
        plaintext: &plaintext,
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
    number_of_bytes: Option<i64>,
    key_spec: Option<String>,
    grant_tokens: Option<Vec<String>>,
    recipient: Option<Object<Recipient>>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    ciphertext_blob: String,
    plaintext: &'a str,
    key_id: String,
    key_material_id: String,
}
