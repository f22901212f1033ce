//! GenerateRandom.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::kms::cryptography::{GenerateRandomReply, GenerateRandomRequest};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::body::Object;
use super::data_key::NUMBER_OF_BYTES;
use super::member::{check_absent, optional_number, required};
use super::recipient::Recipient;
use super::{body, json_answer, recipient};
use crate::{ApiError, HttpAnswer};

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<GenerateRandomRequest, ApiError> {
    let body: Body = body::read(body)?;
    let number_of_bytes = optional_number("numberOfBytes", body.number_of_bytes, NUMBER_OF_BYTES)?;
    let number_of_bytes = required("numberOfBytes", number_of_bytes)? as usize;
    check_absent(body.custom_key_store_id.as_ref(), "the parameter CustomKeyStoreId")?;
    recipient::check(body.recipient.as_ref())?;
    Ok(GenerateRandomRequest { number_of_bytes })
}

/// The answer that says `reply`.
pub fn encode(reply: &GenerateRandomReply, request_id: &str) -> HttpAnswer {
    let plaintext = Zeroizing::new(STANDARD.encode(&*reply.plaintext.0));
    json_answer(request_id, &Answer { plaintext: &plaintext })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    number_of_bytes: Option<i64>,
    custom_key_store_id: Option<String>,
    recipient: Option<Object<Recipient>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    plaintext: &'a str,
}
