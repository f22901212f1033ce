//! Encrypt.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::kms::Plaintext;
use ebs::operation::kms::cryptography::{EncryptReply, EncryptRequest};
use serde::{Deserialize, Serialize};

use super::algorithm::SYMMETRIC_DEFAULT;
use super::body::{Blob, TextMap};
use super::member::{Bounds, check_blob, length, required};
use super::{algorithm, body, context, json_answer, member};
use crate::{ApiError, HttpAnswer};

const PLAINTEXT: Bounds = length!(1, 4096);

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<EncryptRequest, ApiError> {
    let body: Body = body::read(body)?;
    let key_id = member::key_id(body.key_id)?;
    let Blob(plaintext) = required("plaintext", body.plaintext)?;
    check_blob("plaintext", &plaintext, PLAINTEXT)?;
    let context = context::decode("encryptionContext", body.encryption_context)?;
    let grant_tokens = member::grant_tokens(body.grant_tokens)?;
    algorithm::check("encryptionAlgorithm", body.encryption_algorithm)?;
    Ok(EncryptRequest {
        key_id,
        plaintext: Plaintext(plaintext),
        context,
        grant_tokens,
        dry_run: body.dry_run.unwrap_or(false),
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &EncryptReply, request_id: &str) -> HttpAnswer {
    let answer = Answer {
        ciphertext_blob: STANDARD.encode(&reply.ciphertext),
        key_id: reply.key.to_string(),
        encryption_algorithm: SYMMETRIC_DEFAULT,
    };
    json_answer(request_id, &answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
    plaintext: Option<Blob>,
    encryption_context: Option<TextMap>,
    grant_tokens: Option<Vec<String>>,
    encryption_algorithm: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    ciphertext_blob: String,
    key_id: String,
    encryption_algorithm: &'static str,
}
