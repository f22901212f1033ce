//! Requests that name a key and nothing else.

use serde::Deserialize;

use super::{body, member};
use crate::ApiError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    key_id: Option<String>,
}

/// The key that `body` names.
pub(super) fn decode(body: &[u8]) -> Result<String, ApiError> {
    let body: Body = body::read(body)?;
    Ok(member::key_id(body.key_id)?)
}
