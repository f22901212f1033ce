use crate::ApiError;
use crate::ec2_query::Ec2Action;
use crate::error_code::{ebs_direct, ec2, sts};
use ebs::{Refusal, SnapshotId};
use std::collections::BTreeSet;

/// A number for each variant. A new variant does not compile until it has one, and then fails until it has a row.
fn number(refusal: &Refusal) -> usize {
    match refusal {
        Refusal::DryRun => 0,
        Refusal::MissingParameter(_) => 1,
        Refusal::InvalidParameterValue { .. } => 2,
        Refusal::ParametersExclude(..) => 3,
        Refusal::ParameterRequires(..) => 4,
        Refusal::Unsupported(_) => 5,
        Refusal::NotAuthorized => 6,
        Refusal::CopySourceMalformed => 7,
        Refusal::SnapshotIdMalformed(_) => 8,
        Refusal::SnapshotNotFound(_) => 9,
        Refusal::InvalidRegion(_) => 10,
        Refusal::DestinationRegionMismatch { .. } => 11,
        Refusal::PresignedUrlScheme => 12,
        Refusal::PresignedUrlSource { .. } => 13,
        Refusal::PresignedUrlDestination { .. } => 14,
        Refusal::CompletionDuration(_) => 15,
        Refusal::TooManyCopies { .. } => 16,
        Refusal::TooManySnapshots { .. } => 17,
        Refusal::UnknownResourceType(_) => 18,
        Refusal::ResourceTypeNotTaggable(_) => 19,
        Refusal::TagSpecificationEmpty => 20,
        Refusal::TagKeyEmpty => 21,
        Refusal::TagKeyTooLong { .. } => 22,
        Refusal::TagKeyReserved(_) => 23,
        Refusal::TagValueTooLong { .. } => 24,
        Refusal::DuplicateTagKey(_) => 25,
        Refusal::TooManyTags { .. } => 26,
        Refusal::ResourceIdMalformed(_) => 27,
        Refusal::UnknownFilter(_) => 28,
        Refusal::TooManyFilters { .. } => 29,
        Refusal::PageTokenInvalid => 30,
        Refusal::UserIdMalformed(_) => 31,
        Refusal::VolumeSizeInvalid => 32,
        Refusal::ParentNotCompleted(_) => 33,
        Refusal::ClientTokenReused => 34,
        Refusal::TooManyUploads { .. } => 35,
        Refusal::SnapshotNotReadable(_) => 36,
        Refusal::UploadSealed(_) => 37,
        Refusal::BlockOutsideVolume { .. } => 38,
        Refusal::BlockLength => 39,
        Refusal::BlockChecksum { .. } => 40,
        Refusal::BlockAbsent { .. } => 41,
        Refusal::BlockTokenInvalid(_) => 42,
        Refusal::SnapshotsUnrelated => 43,
        Refusal::ChecksumParametersIncomplete => 44,
        Refusal::ResourceTypeAbsent => 45,
        Refusal::TagsAbsent => 46,
        Refusal::FilterValueTooLong { .. } => 47,
        Refusal::PageSizeTooSmall(_) => 48,
        Refusal::UnknownRegion(_) => 49,
        Refusal::UnknownZone(_) => 50,
        Refusal::UnknownZoneId(_) => 51,
        Refusal::DescriptionNotAscii(_) => 52,
        Refusal::DescriptionTooLong { .. } => 53,
    }
}

const VARIANTS: usize = 54;

/// Refusal; EC2 status, code and message; EBS direct status, `Exception/REASON`; STS status and code.
type Row = (Refusal, (u16, &'static str, &'static str), (u16, &'static str), (u16, &'static str));

fn snapshot() -> SnapshotId {
    "snap-12345678".parse().expect("an id")
}

const INVALID: (u16, &str) = (400, "ValidationException/INVALID_PARAMETER_VALUE");
const TAG: (u16, &str) = (400, "ValidationException/INVALID_TAG");
const BLOCK: (u16, &str) = (400, "ValidationException/INVALID_BLOCK");
const SNAPSHOT: (u16, &str) = (400, "ValidationException/INVALID_SNAPSHOT_ID");
const NOT_FOUND: (u16, &str) = (404, "ResourceNotFoundException/SNAPSHOT_NOT_FOUND");
const QUOTA: (u16, &str) = (402, "ServiceQuotaExceededException/DEPENDENCY_SERVICE_QUOTA_EXCEEDED");
const STS: (u16, &str) = (400, "ValidationError");
const VALUE: &str = "InvalidParameterValue";

fn about_requests() -> Vec<Row> {
    let value = Refusal::InvalidParameterValue { parameter: "P", value: "v".into(), expected: "e" };
    vec![
        (
            Refusal::DryRun,
            (412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
            INVALID,
            STS,
        ),
        (
            Refusal::MissingParameter("P"),
            (400, "MissingParameter", "The request must contain the parameter P"),
            INVALID,
            (400, "MissingParameter"),
        ),
        (
            Refusal::MissingParameter("FirstSnapshotId"),
            (400, "MissingParameter", "The request must contain the parameter FirstSnapshotId"),
            SNAPSHOT,
            (400, "MissingParameter"),
        ),
        (value, (400, VALUE, "Value (v) for parameter P is invalid. Expected: e."), INVALID, STS),
        (
            Refusal::ParametersExclude("A", "B"),
            (400, "InvalidParameterCombination", "The parameter A cannot be used with the parameter B"),
            INVALID,
            (400, "InvalidParameterCombination"),
        ),
        (
            Refusal::ParameterRequires("KmsKeyId", "Encrypted"),
            (
                400,
                "InvalidParameterDependency",
                "The parameter KmsKeyId requires the parameter Encrypted to be set.",
            ),
            INVALID,
            (400, "InvalidParameterCombination"),
        ),
        (
            Refusal::Unsupported("encryption"),
            (400, "UnsupportedOperation", "Encryption is not supported."),
            INVALID,
            STS,
        ),
        (
            Refusal::NotAuthorized,
            (403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
            (403, "AccessDeniedException/UNAUTHORIZED_ACCOUNT"),
            (403, "AccessDenied"),
        ),
        (
            Refusal::TooManyFilters { limit: 50, values: 200 },
            (400, "FilterLimitExceeded", "A request can have at most 50 filters, and a filter 200 values."),
            INVALID,
            STS,
        ),
        (
            Refusal::PageTokenInvalid,
            (400, VALUE, "Unable to parse pagination token"),
            (400, "ValidationException/INVALID_PAGE_TOKEN"),
            STS,
        ),
        (
            Refusal::UserIdMalformed("x".into()),
            (400, "InvalidUserID.Malformed", "Invalid user id: \"x\""),
            INVALID,
            STS,
        ),
    ]
}

fn about_snapshots_and_filters() -> Vec<Row> {
    let region = "us-west-2".parse().expect("a region");
    let mismatch = Refusal::DestinationRegionMismatch { requested: "X".into(), current: region };
    let source = Refusal::PresignedUrlSource { presigned: "A".into(), requested: snapshot() };
    let value = |refusal, message| (refusal, (400, VALUE, message), INVALID, STS);
    vec![
        (Refusal::CopySourceMalformed, (400, VALUE, "The specified snapshotId is invalid"), SNAPSHOT, STS),
        (
            Refusal::SnapshotIdMalformed("snap-x".into()),
            (400, "InvalidSnapshotID.Malformed", "Invalid id: \"snap-x\""),
            SNAPSHOT,
            STS,
        ),
        (
            Refusal::SnapshotIdMalformed(String::new()),
            (400, VALUE, "Value () for parameter snapshotId is invalid. Parameter may not be null or empty"),
            SNAPSHOT,
            STS,
        ),
        (
            Refusal::SnapshotIdMalformed("x".into()),
            (400, VALUE, "Value (x) for parameter snapshotId is invalid. Expected: 'snap-...'."),
            SNAPSHOT,
            STS,
        ),
        (
            Refusal::SnapshotNotFound(snapshot()),
            (400, "InvalidSnapshot.NotFound", "The snapshot 'snap-12345678' does not exist."),
            NOT_FOUND,
            STS,
        ),
        (
            Refusal::InvalidRegion("X".into()),
            (400, "InvalidRegion", "X is not a valid region name."),
            INVALID,
            STS,
        ),
        value(
            Refusal::DescriptionNotAscii("é".into()),
            "Value (é) for parameter description is invalid. Character sets beyond ASCII are not supported.",
        ),
        value(
            Refusal::DescriptionTooLong { text: "x".into(), chars_max: 255 },
            "Value (x) for parameter description is invalid. It exceeds 255 characters",
        ),
        value(Refusal::UnknownFilter("x".into()), "The filter 'x' is invalid"),
        (
            Refusal::FilterValueTooLong { chars_max: 255 },
            (400, "FilterLimitExceeded", "The maximum length for a filter value is 255 characters"),
            INVALID,
            STS,
        ),
        value(
            Refusal::PageSizeTooSmall(4),
            "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5.",
        ),
        value(Refusal::UnknownRegion("x".into()), "Invalid region: [x]"),
        value(Refusal::UnknownZone("x".into()), "Invalid availability zone: [x]"),
        value(Refusal::UnknownZoneId("x".into()), "Invalid availability zone-id: [x]"),
        value(mismatch, "DestinationRegion 'X' does not match the current region (us-west-2)"),
        value(Refusal::PresignedUrlScheme, "The protocol in PresignedUrl should be http or https"),
        value(
            source,
            "The source snapshot specified in PresignedUrl 'A' does not match the source snapshot in the \
            request: 'snap-12345678'",
        ),
        value(
            Refusal::PresignedUrlDestination { presigned: "X".into() },
            "The destination region specified in PresignedUrl: 'X' is incorrect",
        ),
        value(
            Refusal::CompletionDuration(17),
            "'17' is not a valid value for completion duration. Specify a value between 15 and 2880 minutes, \
            in 15 minute increments only",
        ),
        (
            Refusal::TooManyCopies { limit: 20 },
            (
                400,
                "ResourceLimitExceeded",
                "Too many snapshot copies in progress. The limit is 20 for this destination region.",
            ),
            QUOTA,
            STS,
        ),
        (
            Refusal::TooManySnapshots { limit: 9 },
            (400, "SnapshotLimitExceeded", "The account has as many snapshots as it may have: 9."),
            QUOTA,
            STS,
        ),
    ]
}

fn about_tags() -> Vec<Row> {
    let value = |refusal, message| (refusal, (400, VALUE, message), TAG, STS);
    vec![
        value(Refusal::UnknownResourceType("x".into()), "`x` is not a resource type."),
        value(
            Refusal::ResourceTypeNotTaggable("volume".into()),
            "'volume' is not a valid taggable resource type for this operation.",
        ),
        value(Refusal::TagSpecificationEmpty, "Tag specification must have at least one tag"),
        value(Refusal::ResourceTypeAbsent, "Tag specification resource type must have a value"),
        value(
            Refusal::TagsAbsent,
            "Value ( empty ) for parameter tagSet is invalid. You must specify one or more tags to create",
        ),
        value(Refusal::TagKeyEmpty, "Tag key must have a value"),
        value(
            Refusal::TagKeyTooLong { chars_max: 127 },
            "Tag key exceeds the maximum length of 127 characters",
        ),
        value(
            Refusal::TagKeyReserved("aws:x".into()),
            "Tag keys starting with 'aws:' are reserved for internal use",
        ),
        value(
            Refusal::TagValueTooLong { key: "k".into(), chars_max: 255 },
            "Tag value exceeds the maximum length of 255 characters",
        ),
        value(Refusal::DuplicateTagKey("k".into()), "Duplicate tag key 'k' specified."),
        (
            Refusal::TooManyTags { tags_max: 50 },
            (400, "TagLimitExceeded", "A resource can have at most 50 tags."),
            TAG,
            STS,
        ),
        (
            Refusal::ResourceIdMalformed("x".into()),
            (400, "InvalidID", "The ID 'x' is not valid"),
            INVALID,
            STS,
        ),
    ]
}

fn about_blocks() -> Vec<Row> {
    let state = |refusal, message, ebs| (refusal, (400, "IncorrectState", message), ebs, STS);
    let value = |refusal, message, ebs| (refusal, (400, VALUE, message), ebs, STS);
    let checksum = Refusal::BlockChecksum { computed: "A".into(), given: "B".into() };
    vec![
        value(
            Refusal::VolumeSizeInvalid,
            "The volume size is outside the allowed range, or smaller than the parent's.",
            (400, "ValidationException/INVALID_VOLUME_SIZE"),
        ),
        state(
            Refusal::ParentNotCompleted(snapshot()),
            "The snapshot snap-12345678 cannot be a parent: it is not completed.",
            SNAPSHOT,
        ),
        (
            Refusal::ClientTokenReused,
            (400, "IdempotentParameterMismatch", "This client token was used with another request."),
            (409, "ConflictException"),
            STS,
        ),
        (
            Refusal::TooManyUploads { limit: 100 },
            (400, "PendingSnapshotLimitExceeded", "Too many pending uploads; the limit is 100."),
            (400, "ConcurrentLimitExceededException"),
            STS,
        ),
        state(
            Refusal::SnapshotNotReadable(snapshot()),
            "The snapshot snap-12345678 is not completed.",
            NOT_FOUND,
        ),
        state(
            Refusal::UploadSealed(snapshot()),
            "The snapshot snap-12345678 is already completed.",
            SNAPSHOT,
        ),
        value(Refusal::BlockOutsideVolume { index: 5 }, "Block index 5 is outside the volume.", BLOCK),
        value(Refusal::BlockLength, "A block has 524288 bytes.", BLOCK),
        value(
            checksum,
            "The checksum of the block is A, not B (base64).",
            (403, "InvalidSignatureException"),
        ),
        value(Refusal::BlockAbsent { index: 5 }, "The snapshot has no block 5.", BLOCK),
        value(
            Refusal::BlockTokenInvalid("x".into()),
            "The block token x cannot be used here.",
            (400, "ValidationException/INVALID_BLOCK_TOKEN"),
        ),
        value(
            Refusal::SnapshotsUnrelated,
            "The snapshots are not of one lineage.",
            (400, "ValidationException/UNRELATED_SNAPSHOTS"),
        ),
        value(
            Refusal::ChecksumParametersIncomplete,
            "One of the three checksum parameters is missing.",
            INVALID,
        ),
    ]
}

#[test]
fn every_refusal_has_its_code_in_every_protocol() {
    let mut seen = BTreeSet::new();
    let rows = [about_requests(), about_snapshots_and_filters(), about_tags(), about_blocks()].concat();
    for (refusal, (status, code, message), ebs, in_sts) in rows {
        seen.insert(number(&refusal));
        let error = ApiError::from(refusal);
        let shown = ec2::code(&error, Some(Ec2Action::CopySnapshot));
        assert_eq!((shown.status, shown.code, shown.message.as_str()), (status, code, message), "{error:?}");
        assert_eq!(shown, ec2::code(&error, None));

        let shown = ebs_direct::code(&error);
        let exception =
            shown.reason.map_or(shown.code.to_owned(), |reason| format!("{}/{reason}", shown.code));
        assert_eq!((shown.status, exception.as_str()), ebs, "{error:?}");
        assert!(!shown.message.is_empty());

        let shown = sts::code(&error);
        assert_eq!((shown.status, shown.code), in_sts, "{error:?}");
    }
    assert_eq!(seen, (0..VARIANTS).collect(), "a refusal has no row");
}

#[test]
fn keys_have_sentences_of_their_own_where_tags_are_the_request() {
    let empty = "Value ( '' ) for parameter Tag key is invalid. Tag key cannot be null or empty.";
    let reserved = "Value ( aws:x ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for \
        internal use";
    for action in [Ec2Action::CreateTags, Ec2Action::DeleteTags] {
        for (refusal, message) in
            [(Refusal::TagKeyEmpty, empty), (Refusal::TagKeyReserved("aws:x".into()), reserved)]
        {
            let shown = ec2::code(&refusal.into(), Some(action));
            assert_eq!((shown.status, shown.code, shown.message.as_str()), (400, VALUE, message));
        }
    }
}

#[test]
fn sentences_that_clients_of_the_direct_apis_match_on() {
    for (refusal, message) in [
        (Refusal::UploadSealed(snapshot()), "Snapshot is already completed"),
        (Refusal::ClientTokenReused, "Current request does not match request stored with this token."),
        (
            Refusal::BlockChecksum { computed: "A".into(), given: "B".into() },
            "The value passed in as x-amz-Checksum does not match the computed checksum. Computed checksum: A \
            expected checksum: B",
        ),
        (
            Refusal::ParametersExclude("ParentSnapshotId", "Encrypted"),
            "ParentSnapshotId and Encrypt cannot be specified together",
        ),
        (
            Refusal::ParametersExclude("ParentSnapshotId", "KmsKeyArn"),
            "ParentSnapshotId and KmsKeyArn cannot be specified together",
        ),
        (
            Refusal::ParameterRequires("KmsKeyArn", "Encrypted"),
            "Encrypt cannot be false when KmsKeyArn is specified",
        ),
        (Refusal::BlockTokenInvalid("AAAA".into()), "The block token AAAA is invalid."),
        (Refusal::MissingParameter("FirstSnapshotId"), "First snapshot should not be empty or null"),
    ] {
        assert_eq!(ebs_direct::code(&refusal.into()).message, message);
    }
}

#[test]
fn long_values_do_not_make_long_messages() {
    let value = "é".repeat(100_000);
    let refusal = Refusal::SnapshotIdMalformed(value.clone());
    let error = ApiError::from(Refusal::InvalidParameterValue { parameter: "P", value, expected: "e" });
    for shown in [
        ec2::code(&error, None),
        ec2::code(&refusal.into(), None),
        ebs_direct::code(&error),
        sts::code(&error),
    ] {
        assert_eq!(shown.message.chars().count(), 1_024);
        assert!(shown.message.ends_with("..."));
    }
}
