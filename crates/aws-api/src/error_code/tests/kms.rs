use crate::error_code::kms::{answer, code};
use crate::sigv4::{AuthError, AuthPart};
use crate::{ApiError, Throttle, WireError};
use ebs::{DenialReason, GrantId, KeyArn, KeyDenial, KeyRefusal, Refusal, Timestamp};

const KEY: &str = "arn:aws:kms:us-east-1:000000000042:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn key() -> KeyArn {
    KEY.parse().expect("the name of a key")
}

#[test]
fn what_kms_refuses_has_its_exception_and_sentence() {
    let validation =
        KeyRefusal::Validation { member: "keyId", value: "v".into(), constraint: "Member must x" };
    for (refusal, exception, message) in [
        (
            KeyRefusal::DryRun,
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        ),
        (
            validation,
            "ValidationException",
            "1 validation error detected: Value 'v' at 'keyId' failed to satisfy constraint: Member must x",
        ),
        (
            KeyRefusal::MemberMissing("keyId"),
            "ValidationException",
            "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
        ),
        (KeyRefusal::MembersConflict("No."), "ValidationException", "No."),
        (KeyRefusal::Unsupported("a thing"), "UnsupportedOperationException", "A thing is not supported."),
        (
            KeyRefusal::LimitExceeded { what: "aliases", limit: 50 },
            "LimitExceededException",
            "There can be at most 50 aliases.",
        ),
        (KeyRefusal::MarkerInvalid, "InvalidMarkerException", "The marker cannot be used here."),
        (KeyRefusal::KeyNotFound(KEY.into()), "NotFoundException", &format!("Key '{KEY}' does not exist")),
        (KeyRefusal::AliasNotFound("a".into()), "NotFoundException", "Alias a is not found."),
        (KeyRefusal::KeyIdInvalid("x".into()), "NotFoundException", "Invalid keyId 'x'"),
        (KeyRefusal::PolicyNotFound("x".into()), "NotFoundException", "No such policy exists"),
        (
            KeyRefusal::GrantNotFound(GrantId([0xab; 32])),
            "NotFoundException",
            &format!("Grant ID {} not found", "ab".repeat(32)),
        ),
        (KeyRefusal::ArnInvalid("arn:x".into()), "InvalidArnException", "Invalid arn arn:x"),
        (KeyRefusal::ArnOfOtherRegion("eu-west-1".into()), "InvalidArnException", "Invalid arn eu-west-1"),
        (KeyRefusal::Disabled(key()), "DisabledException", &format!("{KEY} is disabled.")),
        (
            KeyRefusal::PendingDeletion(key()),
            "KMSInvalidStateException",
            &format!("{KEY} is pending deletion."),
        ),
        (
            KeyRefusal::NotPendingDeletion(key()),
            "KMSInvalidStateException",
            &format!("{KEY} is not pending deletion."),
        ),
        (
            KeyRefusal::AliasExists("a".into()),
            "AlreadyExistsException",
            "An alias with the name a already exists",
        ),
        (
            KeyRefusal::AliasNameInvalid,
            "InvalidAliasNameException",
            "Alias must start with the prefix \"alias/\", and have a name behind it.",
        ),
        (
            KeyRefusal::AliasReserved,
            "NotAuthorizedException",
            "Names that begin with alias/aws/ are reserved.",
        ),
        (
            KeyRefusal::CiphertextInvalid,
            "InvalidCiphertextException",
            "The ciphertext does not open under this key and encryption context.",
        ),
        (
            KeyRefusal::IncorrectKey,
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        ),
        (
            KeyRefusal::KeyUsageInvalid("SM2PKE".into()),
            "InvalidKeyUsageException",
            "The key does not know the algorithm SM2PKE.",
        ),
        (KeyRefusal::GrantIdInvalid("x".into()), "InvalidGrantIdException", "`x` is not the id of a grant."),
        (KeyRefusal::GrantTokenInvalid, "InvalidGrantTokenException", "The grant token cannot be used here."),
        (KeyRefusal::PolicyMalformed("why".into()), "MalformedPolicyDocumentException", "why"),
        (
            KeyRefusal::PolicyLocksOut,
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        ),
        (KeyRefusal::TagInvalid("twice".into()), "TagException", "The tags cannot be set: twice."),
    ] {
        let shown = code(&refusal.clone().into());
        assert_eq!(
            (shown.status, shown.code, shown.message.as_str()),
            (400, exception, message),
            "{refusal:?}"
        );
    }
}

#[test]
fn a_denial_says_who_may_not_do_what_and_why() {
    for (reason, why) in [
        (DenialReason::NoIdentityPolicy, "because no identity-based policy allows the kms:Decrypt action"),
        (DenialReason::NoResourcePolicy, "because no resource-based policy allows the kms:Decrypt action"),
        (DenialReason::NoBoundary, "because no permissions boundary allows the kms:Decrypt action"),
        (DenialReason::NoSessionPolicy, "because no session policy allows the kms:Decrypt action"),
        (DenialReason::DeniedByIdentity, "with an explicit deny in an identity-based policy"),
        (DenialReason::DeniedByResource, "with an explicit deny in a resource-based policy"),
        (DenialReason::DeniedByBoundary, "with an explicit deny in a permissions boundary"),
        (DenialReason::DeniedBySession, "with an explicit deny in a session policy"),
    ] {
        let denial = KeyDenial { principal: "P".into(), action: "kms:Decrypt", resource: KEY.into(), reason };
        let shown = code(&KeyRefusal::AccessDenied(denial).into());
        assert_eq!((shown.status, shown.code), (400, "AccessDeniedException"));
        let expected = format!("User: P is not authorized to perform: kms:Decrypt on resource: {KEY} {why}");
        assert_eq!(shown.message, expected);
    }
}

#[test]
fn what_is_no_refusal_of_kms_has_its_exception_too() {
    let skewed = AuthError::Skewed { signed_at: Timestamp(0), now: Timestamp(1_000_000) };
    for (error, status, exception) in [
        (AuthError::Missing.into(), 400, "MissingAuthenticationTokenException"),
        (AuthError::UnknownAccessKey.into(), 400, "UnrecognizedClientException"),
        (AuthError::SignatureMismatch.into(), 400, "InvalidSignatureException"),
        (skewed.into(), 400, "InvalidSignatureException"),
        (AuthError::MissingPart(AuthPart::Date).into(), 400, "IncompleteSignatureException"),
        (AuthError::PayloadUnread.into(), 500, "KMSInternalException"),
        (WireError::MissingAction.into(), 400, "UnknownOperationException"),
        (WireError::UnknownAction("x".into()).into(), 400, "UnknownOperationException"),
        (WireError::UnknownOperation.into(), 404, "UnknownOperationException"),
        (WireError::Json { line: 1, column: 1 }.into(), 400, "SerializationException"),
        (WireError::InvalidCharacter.into(), 400, "ValidationException"),
        (WireError::TooLarge { bytes_max: 1 }.into(), 413, "RequestEntityTooLargeException"),
        (Refusal::NotAuthorized.into(), 400, "AccessDeniedException"),
        (Refusal::VolumeSizeInvalid.into(), 400, "ValidationException"),
        (ApiError::Internal, 500, "KMSInternalException"),
        (ApiError::Unavailable, 503, "DependencyTimeoutException"),
        (ApiError::Throttled(Throttle::Account), 400, "ThrottlingException"),
    ] {
        let shown = code(&error);
        assert_eq!((shown.status, shown.code), (status, exception), "{error:?}");
        assert!(!shown.message.is_empty(), "{error:?}");
    }
}

#[test]
fn errors_of_kms_are_json_that_names_the_exception_twice() {
    let shown = answer(&KeyRefusal::KeyIdInvalid("é\"".into()).into(), "r-1");
    assert_eq!((shown.status, shown.header("content-type")), (400, Some("application/x-amz-json-1.1")));
    assert_eq!(shown.header("x-amzn-errortype"), Some("NotFoundException"));
    assert_eq!(shown.header("x-amzn-requestid"), Some("r-1"));
    assert_eq!(
        String::from_utf8(shown.body).expect("UTF-8"),
        r#"{"__type":"NotFoundException","message":"Invalid keyId 'é\"'"}"#
    );
    let shown = answer(&WireError::MethodNotAllowed { allowed: "POST" }.into(), "r-1");
    assert_eq!((shown.status, shown.header("allow")), (405, Some("POST")));
}
