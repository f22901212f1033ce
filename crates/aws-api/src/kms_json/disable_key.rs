//! DisableKey.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html>.

use ebs::operation::kms::keys::DisableKeyRequest;

use super::key_only;
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<DisableKeyRequest, ApiError> {
    Ok(DisableKeyRequest { key_id: key_only::decode(body)? })
}
