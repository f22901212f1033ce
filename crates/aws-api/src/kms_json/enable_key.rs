//! EnableKey.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html>.

use ebs::operation::kms::keys::EnableKeyRequest;

use super::key_only;
use crate::ApiError;

/// The request that `body` makes.
///
/// # Errors
/// [`ApiError::Wire`] if it is not the JSON of this action, [`ApiError::Key`] for the first member that is missing or
/// not what it must be.
pub fn decode(body: &[u8]) -> Result<EnableKeyRequest, ApiError> {
    Ok(EnableKeyRequest { key_id: key_only::decode(body)? })
}
