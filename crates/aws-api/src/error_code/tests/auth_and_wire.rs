use crate::error_code::{ErrorCode, ebs_direct, ec2, sts};
use crate::sigv4::{AuthError, AuthPart, ScopeMismatch};
use crate::{ApiError, Throttle, WireError};
use ebs::{KeyRefusal, Timestamp};
use std::collections::BTreeSet;

fn auth_number(error: &AuthError) -> usize {
    match error {
        AuthError::Missing => 0,
        AuthError::BothForms => 1,
        AuthError::UnsupportedAlgorithm => 2,
        AuthError::MissingPart(_) => 3,
        AuthError::Malformed(_) => 4,
        AuthError::UnsignedHeader(_) => 5,
        AuthError::SignedHeaderAbsent(_) => 6,
        AuthError::Scope(_) => 7,
        AuthError::SignatureMismatch => 8,
        AuthError::PayloadMismatch => 9,
        AuthError::PayloadUnread => 10,
        AuthError::UnsignedPayload => 11,
        AuthError::Skewed { .. } => 12,
        AuthError::Expired { .. } => 13,
        AuthError::UnknownAccessKey => 14,
    }
}

fn wire_number(error: &WireError) -> usize {
    match error {
        WireError::TooLarge { .. } => 0,
        WireError::TooManyParameters { .. } => 1,
        WireError::FormMalformed => 2,
        WireError::InvalidCharacter => 3,
        WireError::ParameterName => 4,
        WireError::ListIndex(_) => 5,
        WireError::DuplicateParameter(_) => 6,
        WireError::UnknownParameter(_) => 7,
        WireError::MissingAction => 8,
        WireError::UnknownAction(_) => 9,
        WireError::UnknownVersion(..) => 10,
        WireError::Json { .. } => 11,
        WireError::UnknownOperation => 12,
        WireError::MethodNotAllowed { .. } => 13,
        WireError::DuplicateHeader(_) => 14,
        WireError::BlockBody => 15,
        WireError::BodyIncomplete => 16,
        WireError::BodyTooSlow => 17,
        WireError::ContentEncoding => 18,
    }
}

/// Status and code in EC2, EBS direct and STS.
type Codes = [(u16, &'static str); 3];

fn codes(error: &ApiError) -> Codes {
    [ec2::code(error, None), ebs_direct::code(error), sts::code(error)].map(|shown| {
        assert!(!shown.message.is_empty(), "{error:?}");
        (shown.status, shown.code)
    })
}

fn messages(error: &ApiError) -> [String; 3] {
    [ec2::code(error, None), ebs_direct::code(error), sts::code(error)]
        .map(|ErrorCode { message, .. }| message)
}

const INCOMPLETE: Codes =
    [(400, "IncompleteSignature"), (400, "IncompleteSignatureException"), (400, "IncompleteSignature")];
const MISMATCH: Codes =
    [(401, "AuthFailure"), (403, "InvalidSignatureException"), (403, "SignatureDoesNotMatch")];
const SCOPE: Codes =
    [(403, "SignatureDoesNotMatch"), (403, "InvalidSignatureException"), (403, "SignatureDoesNotMatch")];
const STALE: Codes =
    [(400, "RequestExpired"), (403, "InvalidSignatureException"), (403, "SignatureDoesNotMatch")];

#[test]
fn every_failed_authentication_has_its_code() {
    let (then, now) = (Timestamp(0), Timestamp(1_000_000));
    let rows = [
        (
            AuthError::Missing,
            [
                (403, "MissingAuthenticationToken"),
                (403, "MissingAuthenticationTokenException"),
                (403, "MissingAuthenticationToken"),
            ],
        ),
        (AuthError::BothForms, INCOMPLETE),
        (AuthError::UnsupportedAlgorithm, INCOMPLETE),
        (AuthError::MissingPart(AuthPart::Date), INCOMPLETE),
        (AuthError::Malformed(AuthPart::Credential), INCOMPLETE),
        (AuthError::UnsignedHeader("host"), INCOMPLETE),
        (AuthError::SignedHeaderAbsent("x".into()), INCOMPLETE),
        (AuthError::UnsignedPayload, INCOMPLETE),
        (AuthError::Scope(ScopeMismatch::Terminator { given: "x".into() }), SCOPE),
        (AuthError::SignatureMismatch, MISMATCH),
        (
            AuthError::UnknownAccessKey,
            [(401, "AuthFailure"), (403, "UnrecognizedClientException"), (403, "InvalidClientTokenId")],
        ),
        (AuthError::PayloadMismatch, MISMATCH),
        (
            AuthError::PayloadUnread,
            [(500, "InternalError"), (500, "InternalServerException"), (500, "InternalFailure")],
        ),
        (AuthError::Skewed { signed_at: then, now }, STALE),
        (AuthError::Expired { expired_at: then, now }, STALE),
    ];
    let seen: BTreeSet<_> = rows.iter().map(|(error, _)| auth_number(error)).collect();
    assert_eq!(seen, (0..15).collect(), "a failure has no row");
    for (error, expected) in rows {
        assert_eq!(codes(&error.clone().into()), expected, "{error:?}");
    }
}

#[test]
fn failed_authentications_say_what_to_do() {
    let (then, now) = (Timestamp(0), Timestamp(1_000_000));
    let mismatch = messages(&AuthError::SignatureMismatch.into());
    assert_eq!(mismatch[0], "AWS was not able to validate the provided access credentials");
    assert!(mismatch[1].starts_with("The request signature we calculated does not match the signature you"));
    for (error, part) in [
        (
            AuthError::Skewed { signed_at: then, now },
            "Signature expired: 19700101T000000Z is now earlier than 19700101T001640Z",
        ),
        (
            AuthError::Skewed { signed_at: now, now: then },
            "Signature not yet current: 19700101T001640Z is still later than 19700101T000000Z",
        ),
        (
            AuthError::Expired { expired_at: then, now },
            "Signature expired: 19700101T000000Z is now earlier than 19700101T001640Z",
        ),
        (
            AuthError::Scope(ScopeMismatch::Region { given: "a".into(), expected: "b".into() }),
            "Credential should be scoped to a valid Region, not 'a'",
        ),
        (
            AuthError::Scope(ScopeMismatch::Service { given: "a".into(), expected: "ec2".into() }),
            "correct service: 'ec2'",
        ),
        (
            AuthError::Scope(ScopeMismatch::Terminator { given: "a".into() }),
            "valid terminator: 'aws4_request'",
        ),
        (
            AuthError::Scope(ScopeMismatch::Date { scope: "1".into(), request: "2".into() }),
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
        ),
    ] {
        for message in messages(&error.into()) {
            assert!(message.contains(part), "{message}");
        }
    }
}

const QUERY: Codes =
    [(400, "InvalidQueryParameter"), (400, "ValidationException"), (400, "MalformedQueryString")];

#[test]
fn every_malformed_request_has_its_code() {
    let unknown_operation = |ec2, sts| [ec2, (404, "UnknownOperationException"), sts];
    let rows = [
        (
            WireError::TooLarge { bytes_max: 1 },
            [
                (413, "RequestEntityTooLarge"),
                (413, "RequestEntityTooLargeException"),
                (413, "RequestEntityTooLarge"),
            ],
        ),
        (WireError::TooManyParameters { limit: 1 }, QUERY),
        (WireError::ParameterName, QUERY),
        (WireError::ListIndex("x".into()), QUERY),
        (WireError::DuplicateParameter("x".into()), QUERY),
        (WireError::DuplicateHeader("x"), QUERY),
        (WireError::FormMalformed, [(400, "MalformedQueryString"), QUERY[1], QUERY[2]]),
        (WireError::InvalidCharacter, [(400, "InvalidCharacter"), QUERY[1], QUERY[2]]),
        (WireError::UnknownParameter("x".into()), [(400, "UnknownParameter"), QUERY[1], QUERY[2]]),
        (WireError::BodyIncomplete, [(400, "RequestTimeout"), QUERY[1], (400, "RequestTimeout")]),
        (WireError::BodyTooSlow, [(400, "RequestTimeout"), QUERY[1], (400, "RequestTimeout")]),
        (WireError::BlockBody, [(400, "InvalidParameterValue"), QUERY[1], QUERY[2]]),
        (WireError::ContentEncoding, [(400, "InvalidParameterValue"), QUERY[1], QUERY[2]]),
        (
            WireError::Json { line: 1, column: 2 },
            [(400, "MalformedQueryString"), (400, "SerializationException"), QUERY[2]],
        ),
        (WireError::MissingAction, unknown_operation((400, "MissingAction"), (400, "MissingAction"))),
        (
            WireError::UnknownAction("x".into()),
            unknown_operation((400, "InvalidAction"), (400, "InvalidAction")),
        ),
        (
            WireError::UnknownVersion("x".into(), "y"),
            [(400, "NoSuchVersion"), QUERY[1], (400, "InvalidAction")],
        ),
        (WireError::UnknownOperation, unknown_operation((404, "InvalidAction"), (404, "InvalidAction"))),
        (
            WireError::MethodNotAllowed { allowed: "GET" },
            [(405, "UnsupportedOperation"), (405, "UnknownOperationException"), (405, "InvalidAction")],
        ),
    ];
    let seen: BTreeSet<_> = rows.iter().map(|(error, _)| wire_number(error)).collect();
    assert_eq!(seen, (0..19).collect(), "a failure has no row");
    for (error, expected) in rows {
        assert_eq!(codes(&error.clone().into()), expected, "{error:?}");
    }
}

#[test]
fn faults_of_ours_and_throttles() {
    assert_eq!(
        codes(&ApiError::Internal),
        [(500, "InternalError"), (500, "InternalServerException"), (500, "InternalFailure")]
    );
    assert_eq!(
        codes(&ApiError::Unavailable),
        [(503, "Unavailable"), (503, "ServiceUnavailableException"), (503, "ServiceUnavailable")]
    );
    for (throttle, reason) in
        [(Throttle::Account, "ACCOUNT_THROTTLED"), (Throttle::Snapshot, "RESOURCE_LEVEL_THROTTLE")]
    {
        let error = ApiError::Throttled(throttle);
        assert_eq!(
            codes(&error),
            [(503, "RequestLimitExceeded"), (400, "RequestThrottledException"), (400, "Throttling")]
        );
        assert_eq!(ebs_direct::code(&error).reason, Some(reason));
    }
}

/// No operation of these protocols gives one; if one does, that is a fault of ours, and names no key.
#[test]
fn what_kms_refuses_is_no_answer_of_other_protocols() {
    let error = ApiError::from(KeyRefusal::KeyNotFound("arn:aws:kms:secret".into()));
    assert_eq!(codes(&error), codes(&ApiError::Internal));
    assert_eq!(messages(&error), messages(&ApiError::Internal));
}
