//! Failures of the EC2 API.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>.

mod message;

use ebs::Refusal;

use super::{ErrorCode, THROTTLED, UNAVAILABLE};
use crate::ec2_query::{Ec2Action, envelope};
use crate::sigv4::AuthError;
use crate::xml::Xml;
use crate::{ApiError, HttpAnswer, WireError};

/// How `error` looks to a client of `action`, or of none if the request named none.
pub fn code(error: &ApiError, action: Option<Ec2Action>) -> ErrorCode {
    let ((status, code), message) = match error {
        ApiError::Refused(refusal) => (refusal_code(refusal), message::of_refusal(refusal, action)),
        ApiError::Auth(auth) => (auth_code(auth), message::of_auth(auth)),
        ApiError::Wire(wire) => (wire_code(wire), message::of_wire(wire)),
        // What KMS refuses is said to its own clients only.
        ApiError::Internal | ApiError::Key(_) => {
            ((500, "InternalError"), "An internal error has occurred".to_owned())
        }
        ApiError::Unavailable => ((503, "Unavailable"), UNAVAILABLE.to_owned()),
        ApiError::Throttled(_) => ((503, "RequestLimitExceeded"), THROTTLED.to_owned()),
    };
    ErrorCode { status, code, reason: None, message }
}

/// The answer that says `error` to a client of `action`, or of none if the request named none.
pub fn answer(error: &ApiError, action: Option<Ec2Action>, request_id: &str) -> HttpAnswer {
    let ErrorCode { status, code, message, .. } = code(error, action);
    let body = Xml::document("Response", None, |xml| {
        xml.element("Errors", |xml| {
            xml.element("Error", |xml| {
                xml.text("Code", code);
                xml.text("Message", message);
            });
        });
        xml.text("RequestID", request_id);
    });
    envelope::answer(status, request_id, body)
}

fn refusal_code(refusal: &Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::DryRun => (412, "DryRunOperation"),
        Refusal::NotAuthorized => (403, "UnauthorizedOperation"),
        Refusal::MissingParameter(_) => (400, "MissingParameter"),
        Refusal::ParametersExclude(..) => (400, "InvalidParameterCombination"),
        Refusal::ParameterRequires(..) => (400, "InvalidParameterDependency"),
        Refusal::Unsupported(_) => (400, "UnsupportedOperation"),
        Refusal::SnapshotIdMalformed(id) if id.starts_with("snap-") => (400, "InvalidSnapshotID.Malformed"),
        Refusal::SnapshotNotFound(_) => (400, "InvalidSnapshot.NotFound"),
        Refusal::InvalidRegion(_) => (400, "InvalidRegion"),
        Refusal::TooManyCopies { .. } => (400, "ResourceLimitExceeded"),
        Refusal::TooManySnapshots { .. } => (400, "SnapshotLimitExceeded"),
        Refusal::TooManyTags { .. } => (400, "TagLimitExceeded"),
        Refusal::ResourceIdMalformed(_) => (400, "InvalidID"),
        Refusal::TooManyFilters { .. } | Refusal::FilterValueTooLong { .. } => (400, "FilterLimitExceeded"),
        Refusal::UserIdMalformed(_) => (400, "InvalidUserID.Malformed"),
        Refusal::ParentNotCompleted(_) | Refusal::SnapshotNotReadable(_) | Refusal::UploadSealed(_) => {
            (400, "IncorrectState")
        }
        Refusal::ClientTokenReused => (400, "IdempotentParameterMismatch"),
        Refusal::TooManyUploads { .. } => (400, "PendingSnapshotLimitExceeded"),
        Refusal::InvalidParameterValue { .. }
        | Refusal::DescriptionNotAscii(_)
        | Refusal::DescriptionTooLong { .. }
        | Refusal::CopySourceMalformed
        | Refusal::SnapshotIdMalformed(_)
        | Refusal::DestinationRegionMismatch { .. }
        | Refusal::PresignedUrlScheme
        | Refusal::PresignedUrlSource { .. }
        | Refusal::PresignedUrlDestination { .. }
        | Refusal::CompletionDuration(_)
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
        | Refusal::UnknownFilter(_)
        | Refusal::PageSizeTooSmall(_)
        | Refusal::UnknownRegion(_)
        | Refusal::UnknownZone(_)
        | Refusal::UnknownZoneId(_)
        | Refusal::PageTokenInvalid
        | Refusal::VolumeSizeInvalid
        | Refusal::BlockOutsideVolume { .. }
        | Refusal::BlockLength
        | Refusal::BlockChecksum { .. }
        | Refusal::BlockAbsent { .. }
        | Refusal::BlockTokenInvalid(_)
        | Refusal::SnapshotsUnrelated
        | Refusal::ChecksumParametersIncomplete => (400, "InvalidParameterValue"),
    }
}

fn auth_code(error: &AuthError) -> (u16, &'static str) {
    match error {
        AuthError::Missing => (403, "MissingAuthenticationToken"),
        AuthError::UnknownAccessKey | AuthError::SignatureMismatch | AuthError::PayloadMismatch => {
            (401, "AuthFailure")
        }
        AuthError::Scope(_) => (403, "SignatureDoesNotMatch"),
        AuthError::Skewed { .. } | AuthError::Expired { .. } => (400, "RequestExpired"),
        AuthError::PayloadUnread => (500, "InternalError"),
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
        WireError::FormMalformed | WireError::Json { .. } => (400, "MalformedQueryString"),
        WireError::InvalidCharacter => (400, "InvalidCharacter"),
        WireError::TooManyParameters { .. }
        | WireError::ParameterName
        | WireError::ListIndex(_)
        | WireError::DuplicateParameter(_)
        | WireError::DuplicateHeader(_) => (400, "InvalidQueryParameter"),
        WireError::UnknownParameter(_) => (400, "UnknownParameter"),
        WireError::MissingAction => (400, "MissingAction"),
        WireError::UnknownAction(_) => (400, "InvalidAction"),
        WireError::UnknownVersion(..) => (400, "NoSuchVersion"),
        WireError::UnknownOperation => (404, "InvalidAction"),
        WireError::MethodNotAllowed { .. } => (405, "UnsupportedOperation"),
        WireError::BlockBody | WireError::ContentEncoding => (400, "InvalidParameterValue"),
        WireError::BodyIncomplete | WireError::BodyTooSlow => (400, "RequestTimeout"),
    }
}
