//! Encryption contexts: maps in requests and answers.

use std::collections::BTreeMap;

use ebs::{EncryptionContext, KeyRefusal};

use super::body::TextMap;

/// The context that `map` is; absent, it is empty.
pub(super) fn decode(member: &'static str, map: Option<TextMap>) -> Result<EncryptionContext, KeyRefusal> {
    let Some(TextMap(pairs)) = map else { return Ok(EncryptionContext::default()) };
    EncryptionContext::new(pairs).map_err(|refusal| match refusal {
        KeyRefusal::Validation { value, constraint, .. } => {
            KeyRefusal::Validation { member, value, constraint }
        }
        other => other,
    })
}

/// The map that `context` is.
pub(super) fn encode(context: &EncryptionContext) -> BTreeMap<&str, &str> {
    context.pairs().collect()
}
