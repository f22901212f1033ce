//! What a credential is good for: one day, one region, one service.

use ebs::RegionName;

use super::TERMINATOR;
use super::error::{AuthError, AuthPart, ScopeMismatch};

const ACCESS_KEY_ID_BYTES_MAX: usize = 128;
const SERVICE_BYTES_MAX: usize = 64;

/// The scope of a credential. Its day is that of the request; region and service are what the client says,
/// and are for the caller to compare with what it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The day, `YYYYMMDD`, UTC.
    pub date: String,
    /// The region the request is meant for.
    pub region: RegionName,
    /// The signing name of the service the request is meant for, such as `ec2` or `ebs`.
    pub service: String,
}

impl Scope {
    /// Accepts only this region.
    ///
    /// # Errors
    ///
    /// [`ScopeMismatch::Region`] for any other.
    pub fn require_region(&self, expected: &RegionName) -> Result<(), AuthError> {
        if self.region == *expected {
            return Ok(());
        }
        Err(ScopeMismatch::Region { given: self.region.to_string(), expected: expected.to_string() }.into())
    }

    /// Accepts only this service.
    ///
    /// # Errors
    ///
    /// [`ScopeMismatch::Service`] for any other.
    pub fn require_service(&self, expected: &str) -> Result<(), AuthError> {
        if self.service == expected {
            return Ok(());
        }
        Err(ScopeMismatch::Service { given: self.service.clone(), expected: expected.to_owned() }.into())
    }

    /// The scope as it stands in the string to sign.
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}

/// The access key id and the scope of `AKID/YYYYMMDD/region/service/aws4_request`.
pub(super) fn parse_credential(text: &str) -> Result<(String, Scope), AuthError> {
    let malformed = AuthError::Malformed(AuthPart::Credential);
    let mut pieces = text.splitn(5, '/');
    let (Some(key), Some(date), Some(region), Some(service), Some(terminator)) =
        (pieces.next(), pieces.next(), pieces.next(), pieces.next(), pieces.next())
    else {
        return Err(malformed);
    };
    let legal = is_access_key_id(key) && is_date(date) && is_service(service) && is_service(terminator);
    let (true, Ok(region)) = (legal, region.parse()) else {
        return Err(malformed);
    };
    if terminator != TERMINATOR {
        return Err(ScopeMismatch::Terminator { given: terminator.to_owned() }.into());
    }
    Ok((key.to_owned(), Scope { date: date.to_owned(), region, service: service.to_owned() }))
}

/// Whether `text` can be the id of an access key.
pub(super) fn is_access_key_id(text: &str) -> bool {
    (1..=ACCESS_KEY_ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Whether `text` can be the signing name of a service.
pub(super) fn is_service(text: &str) -> bool {
    (1..=SERVICE_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}
