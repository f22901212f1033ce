//! Failures of KMS.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html> and the errors of each action.

use ebs::{DenialReason, KeyDenial, KeyRefusal, Refusal};
use serde::Serialize;

use super::{ErrorCode, THROTTLED, UNAVAILABLE, auth_message, clipped, sentence};
use crate::kms_json::CONTENT_TYPE;
use crate::sigv4::AuthError;
use crate::{ApiError, HttpAnswer, WireError};

const VALIDATION: &str = "ValidationException";
const ACCESS_DENIED: &str = "AccessDeniedException";
const INTERNAL: &str = "KMSInternalException";

/// How `error` looks to a client.
pub fn code(error: &ApiError) -> ErrorCode {
    let ((status, code), message) = match error {
        ApiError::Key(refusal) => ((400, key_code(refusal)), key_message(refusal)),
        ApiError::Refused(refusal) => ((400, refusal_code(refusal)), sentence(refusal)),
        ApiError::Auth(auth) => (auth_code(auth), auth_message(auth)),
        ApiError::Wire(wire) => (wire_code(wire), sentence(wire)),
        ApiError::Internal => ((500, INTERNAL), "An internal error has occurred.".to_owned()),
        ApiError::Unavailable => ((503, "DependencyTimeoutException"), UNAVAILABLE.to_owned()),
        ApiError::Throttled(_) => ((400, "ThrottlingException"), THROTTLED.to_owned()),
    };
    ErrorCode { status, code, reason: None, message }
}

/// The answer that says `error`.
pub fn answer(error: &ApiError, request_id: &str) -> HttpAnswer {
    let ErrorCode { status, code, message, .. } = code(error);
    let envelope = Envelope { exception: code, message };
    let body = serde_json::to_vec(&envelope).expect("two texts always serialize");
    let mut answer = HttpAnswer::new(status, request_id, CONTENT_TYPE, body);
    answer.headers.push(("x-amzn-errortype", code.to_owned()));
    if let ApiError::Wire(WireError::MethodNotAllowed { allowed }) = error {
        answer.headers.push(("allow", (*allowed).to_owned()));
    }
    answer
}

#[derive(Serialize)]
struct Envelope {
    #[serde(rename = "__type")]
    exception: &'static str,
    message: String,
}

fn key_code(refusal: &KeyRefusal) -> &'static str {
    match refusal {
        KeyRefusal::DryRun => "DryRunOperationException",
        KeyRefusal::Validation { .. } | KeyRefusal::MemberMissing(_) | KeyRefusal::MembersConflict(_) => {
            VALIDATION
        }
        KeyRefusal::Unsupported(_) => "UnsupportedOperationException",
        KeyRefusal::AccessDenied(_) => ACCESS_DENIED,
        KeyRefusal::LimitExceeded { .. } => "LimitExceededException",
        KeyRefusal::MarkerInvalid => "InvalidMarkerException",
        KeyRefusal::KeyNotFound(_)
        | KeyRefusal::AliasNotFound(_)
        | KeyRefusal::KeyIdInvalid(_)
        | KeyRefusal::PolicyNotFound(_)
        | KeyRefusal::GrantNotFound(_) => "NotFoundException",
        KeyRefusal::ArnInvalid(_) | KeyRefusal::ArnOfOtherRegion(_) => "InvalidArnException",
        KeyRefusal::Disabled(_) => "DisabledException",
        KeyRefusal::PendingDeletion(_) | KeyRefusal::NotPendingDeletion(_) => "KMSInvalidStateException",
        KeyRefusal::AliasExists(_) => "AlreadyExistsException",
        KeyRefusal::AliasNameInvalid => "InvalidAliasNameException",
        KeyRefusal::AliasReserved => "NotAuthorizedException",
        KeyRefusal::CiphertextInvalid => "InvalidCiphertextException",
        KeyRefusal::IncorrectKey => "IncorrectKeyException",
        KeyRefusal::KeyUsageInvalid(_) => "InvalidKeyUsageException",
        KeyRefusal::GrantIdInvalid(_) => "InvalidGrantIdException",
        KeyRefusal::GrantTokenInvalid => "InvalidGrantTokenException",
        KeyRefusal::PolicyMalformed(_) | KeyRefusal::PolicyLocksOut => "MalformedPolicyDocumentException",
        KeyRefusal::TagInvalid(_) => "TagException",
    }
}

/// The sentence of a refusal: Amazon's where clients match on it, its own otherwise.
fn key_message(refusal: &KeyRefusal) -> String {
    clipped(match refusal {
        KeyRefusal::DryRun => "The request would have succeeded, but the DryRun option is set.".to_owned(),
        KeyRefusal::Validation { member, value, constraint } => {
            format!(
                "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
                {constraint}"
            )
        }
        KeyRefusal::MemberMissing(member) => format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must \
            not be null"
        ),
        KeyRefusal::MembersConflict(why) => (*why).to_owned(),
        KeyRefusal::AccessDenied(denial) => denial_message(denial),
        KeyRefusal::KeyNotFound(arn) => format!("Key '{arn}' does not exist"),
        KeyRefusal::AliasNotFound(arn) => format!("Alias {arn} is not found."),
        KeyRefusal::KeyIdInvalid(text) => format!("Invalid keyId '{text}'"),
        KeyRefusal::ArnInvalid(text) | KeyRefusal::ArnOfOtherRegion(text) => format!("Invalid arn {text}"),
        KeyRefusal::PolicyNotFound(_) => "No such policy exists".to_owned(),
        KeyRefusal::GrantNotFound(id) => format!("Grant ID {id} not found"),
        KeyRefusal::Disabled(key) => format!("{key} is disabled."),
        KeyRefusal::PendingDeletion(key) => format!("{key} is pending deletion."),
        KeyRefusal::NotPendingDeletion(key) => format!("{key} is not pending deletion."),
        KeyRefusal::AliasExists(arn) => format!("An alias with the name {arn} already exists"),
        KeyRefusal::AliasNameInvalid => {
            "Alias must start with the prefix \"alias/\", and have a name behind it.".to_owned()
        }
        KeyRefusal::IncorrectKey => {
            "The key ID in the request does not identify a CMK that can perform this operation.".to_owned()
        }
        KeyRefusal::PolicyMalformed(why) => why.clone(),
        KeyRefusal::PolicyLocksOut => {
            "The new key policy will not allow you to update the key policy in the future.".to_owned()
        }
        KeyRefusal::Unsupported(_)
        | KeyRefusal::LimitExceeded { .. }
        | KeyRefusal::MarkerInvalid
        | KeyRefusal::AliasReserved
        | KeyRefusal::CiphertextInvalid
        | KeyRefusal::KeyUsageInvalid(_)
        | KeyRefusal::GrantIdInvalid(_)
        | KeyRefusal::GrantTokenInvalid
        | KeyRefusal::TagInvalid(_) => sentence(refusal),
    })
}

fn denial_message(denial: &KeyDenial) -> String {
    let KeyDenial { principal, action, resource, reason } = denial;
    let (allowed_by, denied_by) = match reason {
        DenialReason::NoIdentityPolicy => (Some("identity-based policy"), ""),
        DenialReason::NoResourcePolicy => (Some("resource-based policy"), ""),
        DenialReason::NoBoundary => (Some("permissions boundary"), ""),
        DenialReason::NoSessionPolicy => (Some("session policy"), ""),
        DenialReason::DeniedByIdentity => (None, "an identity-based policy"),
        DenialReason::DeniedByResource => (None, "a resource-based policy"),
        DenialReason::DeniedByBoundary => (None, "a permissions boundary"),
        DenialReason::DeniedBySession => (None, "a session policy"),
    };
    let why = match allowed_by {
        Some(policy) => format!("because no {policy} allows the {action} action"),
        None => format!("with an explicit deny in {denied_by}"),
    };
    format!("User: {principal} is not authorized to perform: {action} on resource: {resource} {why}")
}

/// What other actions refuse is told in KMS only if they share the reason.
fn refusal_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotAuthorized => ACCESS_DENIED,
        _ => VALIDATION,
    }
}

fn auth_code(error: &AuthError) -> (u16, &'static str) {
    match error {
        AuthError::Missing => (400, "MissingAuthenticationTokenException"),
        AuthError::UnknownAccessKey => (400, "UnrecognizedClientException"),
        AuthError::SignatureMismatch
        | AuthError::PayloadMismatch
        | AuthError::Scope(_)
        | AuthError::Skewed { .. }
        | AuthError::Expired { .. } => (400, "InvalidSignatureException"),
        AuthError::PayloadUnread => (500, INTERNAL),
        AuthError::BothForms
        | AuthError::UnsupportedAlgorithm
        | AuthError::MissingPart(_)
        | AuthError::Malformed(_)
        | AuthError::UnsignedHeader(_)
        | AuthError::SignedHeaderAbsent(_)
        | AuthError::UnsignedPayload => (400, "IncompleteSignatureException"),
    }
}

fn wire_code(error: &WireError) -> (u16, &'static str) {
    match error {
        WireError::TooLarge { .. } => (413, "RequestEntityTooLargeException"),
        WireError::Json { .. } => (400, "SerializationException"),
        WireError::MissingAction | WireError::UnknownAction(_) => (400, "UnknownOperationException"),
        WireError::UnknownOperation => (404, "UnknownOperationException"),
        WireError::MethodNotAllowed { .. } => (405, "UnknownOperationException"),
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
        | WireError::BodyIncomplete
        | WireError::BodyTooSlow
        | WireError::ContentEncoding => (400, VALIDATION),
    }
}
