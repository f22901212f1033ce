//! Failures of the STS API.
//!
//! Source: <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>.

use ebs::Refusal;

use super::{ErrorCode, THROTTLED, UNAVAILABLE, auth_message, clipped, sentence};
use crate::sigv4::AuthError;
use crate::sts::{CONTENT_TYPE, NAMESPACE};
use crate::xml::Xml;
use crate::{ApiError, HttpAnswer, WireError};

/// How `error` looks to a client.
pub fn code(error: &ApiError) -> ErrorCode {
    let ((status, code), message) = match error {
        ApiError::Refused(refusal) => (refusal_code(refusal), clipped(sentence(refusal))),
        ApiError::Auth(auth) => (auth_code(auth), auth_message(auth)),
        ApiError::Wire(wire) => (wire_code(wire), sentence(wire)),
        // What KMS refuses is said to its own clients only.
        ApiError::Internal | ApiError::Key(_) => {
            ((500, "InternalFailure"), "An internal error has occurred.".to_owned())
        }
        ApiError::Unavailable => ((503, "ServiceUnavailable"), UNAVAILABLE.to_owned()),
        ApiError::Throttled(_) => ((400, "Throttling"), THROTTLED.to_owned()),
    };
    ErrorCode { status, code, reason: None, message }
}

/// The answer that says `error`.
pub fn answer(error: &ApiError, request_id: &str) -> HttpAnswer {
    let ErrorCode { status, code, message, .. } = code(error);
    let body = Xml::document("ErrorResponse", Some(NAMESPACE), |xml| {
        xml.element("Error", |xml| {
            xml.text("Type", if status < 500 { "Sender" } else { "Receiver" });
            xml.text("Code", code);
            xml.text("Message", message);
        });
        xml.text("RequestId", request_id);
    });
    HttpAnswer::new(status, request_id, CONTENT_TYPE, body)
}

fn refusal_code(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::NotAuthorized => (403, "AccessDenied"),
        Refusal::MissingParameter(_) => (400, "MissingParameter"),
        Refusal::ParametersExclude(..) | Refusal::ParameterRequires(..) => {
            (400, "InvalidParameterCombination")
        }
        Refusal::DryRun
        | Refusal::InvalidParameterValue { .. }
        | Refusal::DescriptionNotAscii(_)
        | Refusal::DescriptionTooLong { .. }
        | Refusal::Unsupported(_)
        | Refusal::CopySourceMalformed
        | Refusal::SnapshotIdMalformed(_)
        | Refusal::SnapshotNotFound(_)
        | Refusal::InvalidRegion(_)
        | Refusal::DestinationRegionMismatch { .. }
        | Refusal::PresignedUrlScheme
        | Refusal::PresignedUrlSource { .. }
        | Refusal::PresignedUrlDestination { .. }
        | Refusal::CompletionDuration(_)
        | Refusal::TooManyCopies { .. }
        | Refusal::TooManySnapshots { .. }
        | Refusal::UnknownResourceType(_)
        | Refusal::ResourceTypeNotTaggable(_)
        | Refusal::ResourceTypeAbsent
        | Refusal::TagSpecificationEmpty
        | Refusal::TagsAbsent
        | Refusal::TagKeyEmpty
        | Refusal::TagKeyTooLong { .. }
        | Refusal::TagKeyReserved(_)
        | Refusal::TagValueTooLong { .. }
        | Refusal::DuplicateTagKey(_)
        | Refusal::TooManyTags { .. }
        | Refusal::ResourceIdMalformed(_)
        | Refusal::UnknownFilter(_)
        | Refusal::TooManyFilters { .. }
        | Refusal::FilterValueTooLong { .. }
        | Refusal::PageSizeTooSmall(_)
        | Refusal::UnknownRegion(_)
        | Refusal::UnknownZone(_)
        | Refusal::UnknownZoneId(_)
        | Refusal::PageTokenInvalid
        | Refusal::UserIdMalformed(_)
        | Refusal::VolumeSizeInvalid
        | Refusal::ParentNotCompleted(_)
        | Refusal::ClientTokenReused
        | Refusal::TooManyUploads { .. }
        | Refusal::SnapshotNotReadable(_)
        | Refusal::UploadSealed(_)
        | Refusal::BlockOutsideVolume { .. }
        | Refusal::BlockLength
        | Refusal::BlockChecksum { .. }
        | Refusal::BlockAbsent { .. }
        | Refusal::BlockTokenInvalid(_)
        | Refusal::SnapshotsUnrelated
        | Refusal::ChecksumParametersIncomplete => (400, "ValidationError"),
    }
}

fn auth_code(error: &AuthError) -> (u16, &'static str) {
    match error {
        AuthError::Missing => (403, "MissingAuthenticationToken"),
        AuthError::UnknownAccessKey => (403, "InvalidClientTokenId"),
        AuthError::SignatureMismatch
        | AuthError::PayloadMismatch
        | AuthError::Scope(_)
        | AuthError::Skewed { .. }
        | AuthError::Expired { .. } => (403, "SignatureDoesNotMatch"),
        AuthError::PayloadUnread => (500, "InternalFailure"),
        AuthError::BothForms
        | AuthError::UnsupportedAlgorithm
        | AuthError::MissingPart(_)
        | AuthError::Malformed(_)
        | AuthError::UnsignedHeader(_)
        | AuthError::SignedHeaderAbsent(_)
        | AuthError::UnsignedPayload => (400, "IncompleteSignature"),
    }
}

fn wire_code(error: &WireError) -> (u16, &'static str) {
    match error {
        WireError::TooLarge { .. } => (413, "RequestEntityTooLarge"),
        WireError::MissingAction => (400, "MissingAction"),
        WireError::UnknownAction(_) | WireError::UnknownVersion(..) => (400, "InvalidAction"),
        WireError::UnknownOperation => (404, "InvalidAction"),
        WireError::MethodNotAllowed { .. } => (405, "InvalidAction"),
        WireError::FormMalformed
        | WireError::InvalidCharacter
        | WireError::TooManyParameters { .. }
        | WireError::ParameterName
        | WireError::ListIndex(_)
        | WireError::DuplicateParameter(_)
        | WireError::DuplicateHeader(_)
        | WireError::UnknownParameter(_)
        | WireError::Json { .. }
        | WireError::ContentEncoding
        | WireError::BlockBody => (400, "MalformedQueryString"),
        WireError::BodyIncomplete | WireError::BodyTooSlow => (400, "RequestTimeout"),
    }
}
