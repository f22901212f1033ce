//! Failures of the EBS direct APIs.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/CommonErrors.html> and the errors of each action.

use ebs::Refusal;
use serde::Serialize;

use super::{ErrorCode, THROTTLED, UNAVAILABLE, auth_message, clipped, sentence};
use crate::ebs_direct::CONTENT_TYPE;
use crate::ebs_direct::list_changed_blocks::FIRST_SNAPSHOT_ID;
use crate::error::Throttle;
use crate::sigv4::AuthError;
use crate::{ApiError, HttpAnswer, WireError};

/// Status, exception and reason.
type Code = (u16, &'static str, Option<&'static str>);

/// How `error` looks to a client.
pub fn code(error: &ApiError) -> ErrorCode {
    let ((status, code, reason), message) = match error {
        ApiError::Refused(refusal) => (refusal_code(refusal), refusal_message(refusal)),
        ApiError::Auth(auth) => (auth_code(auth), auth_message(auth)),
        ApiError::Wire(wire) => (wire_code(wire), wire_message(wire)),
        // What KMS refuses is said to its own clients only.
        ApiError::Internal | ApiError::Key(_) => {
            ((500, "InternalServerException", None), "An internal error has occurred.".to_owned())
        }
        ApiError::Unavailable => ((503, "ServiceUnavailableException", None), UNAVAILABLE.to_owned()),
        ApiError::Throttled(throttle) => (throttle_code(*throttle), THROTTLED.to_owned()),
    };
    ErrorCode { status, code, reason, message }
}

/// The answer that says `error`.
pub fn answer(error: &ApiError, request_id: &str) -> HttpAnswer {
    let ErrorCode { status, code, reason, message } = code(error);
    let body = serde_json::to_vec(&Envelope { message, reason }).expect("two texts always serialize");
    let mut answer = HttpAnswer::new(status, request_id, CONTENT_TYPE, body);
    answer.headers.push(("x-amzn-errortype", code.to_owned()));
    if let ApiError::Wire(WireError::MethodNotAllowed { allowed }) = error {
        answer.headers.push(("allow", (*allowed).to_owned()));
    }
    answer
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

const fn invalid(reason: &'static str) -> Code {
    (400, "ValidationException", Some(reason))
}

const INVALID_PARAMETER_VALUE: Code = invalid("INVALID_PARAMETER_VALUE");
const SNAPSHOT_NOT_FOUND: Code = (404, "ResourceNotFoundException", Some("SNAPSHOT_NOT_FOUND"));

fn refusal_code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::NotAuthorized => (403, "AccessDeniedException", Some("UNAUTHORIZED_ACCOUNT")),
        Refusal::MissingParameter(name) if *name == FIRST_SNAPSHOT_ID => invalid("INVALID_SNAPSHOT_ID"),
        Refusal::SnapshotNotFound(_) | Refusal::SnapshotNotReadable(_) => SNAPSHOT_NOT_FOUND,
        Refusal::CopySourceMalformed
        | Refusal::SnapshotIdMalformed(_)
        | Refusal::ParentNotCompleted(_)
        | Refusal::UploadSealed(_) => invalid("INVALID_SNAPSHOT_ID"),
        Refusal::UnknownResourceType(_)
        | Refusal::ResourceTypeNotTaggable(_)
        | Refusal::ResourceTypeAbsent
        | Refusal::TagSpecificationEmpty
        | Refusal::TagsAbsent
        | Refusal::TagKeyEmpty
        | Refusal::TagKeyTooLong { .. }
        | Refusal::TagKeyReserved(_)
        | Refusal::TagValueTooLong { .. }
        | Refusal::DuplicateTagKey(_)
        | Refusal::TooManyTags { .. } => invalid("INVALID_TAG"),
        Refusal::VolumeSizeInvalid => invalid("INVALID_VOLUME_SIZE"),
        Refusal::ClientTokenReused => (409, "ConflictException", None),
        Refusal::TooManyUploads { .. } => (400, "ConcurrentLimitExceededException", None),
        Refusal::TooManySnapshots { .. } | Refusal::TooManyCopies { .. } => {
            (402, "ServiceQuotaExceededException", Some("DEPENDENCY_SERVICE_QUOTA_EXCEEDED"))
        }
        Refusal::BlockOutsideVolume { .. } | Refusal::BlockLength | Refusal::BlockAbsent { .. } => {
            invalid("INVALID_BLOCK")
        }
        Refusal::BlockChecksum { .. } => (403, "InvalidSignatureException", None),
        Refusal::BlockTokenInvalid(_) => invalid("INVALID_BLOCK_TOKEN"),
        Refusal::PageTokenInvalid => invalid("INVALID_PAGE_TOKEN"),
        Refusal::SnapshotsUnrelated => invalid("UNRELATED_SNAPSHOTS"),
        Refusal::DryRun
        | Refusal::MissingParameter(_)
        | Refusal::InvalidParameterValue { .. }
        | Refusal::DescriptionNotAscii(_)
        | Refusal::DescriptionTooLong { .. }
        | Refusal::ParametersExclude(..)
        | Refusal::ParameterRequires(..)
        | Refusal::Unsupported(_)
        | Refusal::InvalidRegion(_)
        | Refusal::DestinationRegionMismatch { .. }
        | Refusal::PresignedUrlScheme
        | Refusal::PresignedUrlSource { .. }
        | Refusal::PresignedUrlDestination { .. }
        | Refusal::CompletionDuration(_)
        | Refusal::ResourceIdMalformed(_)
        | Refusal::UnknownFilter(_)
        | Refusal::TooManyFilters { .. }
        | Refusal::FilterValueTooLong { .. }
        | Refusal::PageSizeTooSmall(_)
        | Refusal::UnknownRegion(_)
        | Refusal::UnknownZone(_)
        | Refusal::UnknownZoneId(_)
        | Refusal::UserIdMalformed(_)
        | Refusal::ChecksumParametersIncomplete => INVALID_PARAMETER_VALUE,
    }
}

/// The sentence of a refusal: Amazon's where clients match on it, its own otherwise.
fn refusal_message(refusal: &Refusal) -> String {
    clipped(match refusal {
        Refusal::NotAuthorized => "You are not authorized to perform this operation.".to_owned(),
        Refusal::MissingParameter(name) if *name == FIRST_SNAPSHOT_ID => {
            "First snapshot should not be empty or null".to_owned()
        }
        Refusal::ParametersExclude(one, other) => {
            format!("{} and {} cannot be specified together", shown(one), shown(other))
        }
        Refusal::ParameterRequires(one, other) => {
            format!("{} cannot be false when {one} is specified", shown(other))
        }
        Refusal::SnapshotNotFound(id) => format!("The snapshot '{id}' does not exist."),
        Refusal::UploadSealed(_) => "Snapshot is already completed".to_owned(),
        Refusal::ClientTokenReused => {
            "Current request does not match request stored with this token.".to_owned()
        }
        Refusal::BlockChecksum { computed, given } => format!(
            "The value passed in as x-amz-Checksum does not match the computed checksum. Computed checksum: \
            {computed} expected checksum: {given}"
        ),
        Refusal::BlockTokenInvalid(token) => format!("The block token {token} is invalid."),
        Refusal::PageTokenInvalid => {
            "The page token is invalid. List again from the start, or from a block index.".to_owned()
        }
        Refusal::ChecksumParametersIncomplete => "Invalid parameter combination. One of Checksum, \
            ChecksumAlgorithm and ChecksumAggregationMethod is missing."
            .to_owned(),
        other => sentence(other),
    })
}

/// What Amazon's sentences call the parameter `name`.
fn shown(name: &'static str) -> &'static str {
    if name == "Encrypted" { "Encrypt" } else { name }
}

fn auth_code(error: &AuthError) -> Code {
    match error {
        AuthError::Missing => (403, "MissingAuthenticationTokenException", None),
        AuthError::UnknownAccessKey => (403, "UnrecognizedClientException", None),
        AuthError::SignatureMismatch
        | AuthError::PayloadMismatch
        | AuthError::Scope(_)
        | AuthError::Skewed { .. }
        | AuthError::Expired { .. } => (403, "InvalidSignatureException", None),
        AuthError::PayloadUnread => (500, "InternalServerException", None),
        AuthError::BothForms
        | AuthError::UnsupportedAlgorithm
        | AuthError::MissingPart(_)
        | AuthError::Malformed(_)
        | AuthError::UnsignedHeader(_)
        | AuthError::SignedHeaderAbsent(_)
        | AuthError::UnsignedPayload => (400, "IncompleteSignatureException", None),
    }
}

fn wire_code(error: &WireError) -> Code {
    match error {
        WireError::TooLarge { .. } => (413, "RequestEntityTooLargeException", None),
        WireError::Json { .. } => (400, "SerializationException", None),
        WireError::UnknownOperation | WireError::MissingAction | WireError::UnknownAction(_) => {
            (404, "UnknownOperationException", None)
        }
        WireError::MethodNotAllowed { .. } => (405, "UnknownOperationException", None),
        WireError::BodyTooSlow => invalid("WRITE_REQUEST_TIMEOUT"),
        WireError::ContentEncoding => invalid("INVALID_CONTENT_ENCODING"),
        WireError::TooManyParameters { .. }
        | WireError::FormMalformed
        | WireError::InvalidCharacter
        | WireError::ParameterName
        | WireError::ListIndex(_)
        | WireError::DuplicateParameter(_)
        | WireError::UnknownParameter(_)
        | WireError::UnknownVersion(..)
        | WireError::DuplicateHeader(_)
        | WireError::BlockBody
        | WireError::BodyIncomplete => INVALID_PARAMETER_VALUE,
    }
}

fn wire_message(error: &WireError) -> String {
    match error {
        WireError::BlockBody | WireError::BodyIncomplete => "Failed to read block data".to_owned(),
        other => sentence(other),
    }
}

fn throttle_code(throttle: Throttle) -> Code {
    let reason = match throttle {
        Throttle::Account => "ACCOUNT_THROTTLED",
        Throttle::Snapshot => "RESOURCE_LEVEL_THROTTLE",
    };
    (400, "RequestThrottledException", Some(reason))
}
