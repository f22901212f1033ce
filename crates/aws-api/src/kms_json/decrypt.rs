//! Decrypt.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::kms::cryptography::{CiphertextSource, DecryptReply, DecryptRequest};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::algorithm::SYMMETRIC_DEFAULT;
use super::body::{Blob, Object, TextMap};
use super::member::{KEY_ID, optional_text, required};
use super::recipient::Recipient;
use super::{algorithm, body, ciphertext, context, json_answer, member, recipient};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<DecryptRequest, ApiError> {
    let body: Body = body::read(body)?;
    let dry_run = body.dry_run.unwrap_or(false);
    let ciphertext = ciphertext::decode(body.ciphertext_blob, dry_run, body.dry_run_modifiers)?;
    let context = context::decode("encryptionContext", body.encryption_context)?;
    let grant_tokens = member::grant_tokens(body.grant_tokens)?;
    let mut key_id = optional_text("keyId", body.key_id, KEY_ID)?;
    if ciphertext.is_none() {
        key_id = Some(required("keyId", key_id)?);
    }
    algorithm::check("encryptionAlgorithm", body.encryption_algorithm)?;
    recipient::check(body.recipient.as_ref())?;
    Ok(DecryptRequest { source: CiphertextSource { key_id, ciphertext, context }, grant_tokens, dry_run })
}

/// The answer that says `reply`.
pub fn encode(reply: &DecryptReply, request_id: &str) -> HttpAnswer {
    let plaintext = Zeroizing::new(STANDARD.encode(&*reply.plaintext.0));
    let answer = Answer {
        key_id: reply.key.to_string(),
        plaintext: &plaintext,
        encryption_algorithm: SYMMETRIC_DEFAULT,
        key_material_id: reply.material.to_string(),
    };
    json_answer(request_id, &answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    ciphertext_blob: Option<Blob>,
    encryption_context: Option<TextMap>,
    grant_tokens: Option<Vec<String>>,
    key_id: Option<String>,
    encryption_algorithm: Option<String>,
    recipient: Option<Object<Recipient>>,
    dry_run: Option<bool>,
    dry_run_modifiers: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    key_id: String,
    plaintext: &'a str,
    encryption_algorithm: &'static str,
    key_material_id: String,
}
