//! Sentences of the EC2 API. Those that clients match on are as Amazon's service gives them; every other refusal
//! speaks for itself.

use ebs::Refusal;
use ebs::limits::DESCRIBE_PAGE;

use crate::WireError;
use crate::ec2_query::Ec2Action;
use crate::error_code::{auth_message, clipped, sentence};
use crate::sigv4::AuthError;

const RESERVED: &str = "Tag keys starting with 'aws:' are reserved for internal use";

/// The sentence of a refusal to a client of `action`.
pub(super) fn of_refusal(refusal: &Refusal, action: Option<Ec2Action>) -> String {
    let tagging = matches!(action, Some(Ec2Action::CreateTags | Ec2Action::DeleteTags));
    let of_key = if tagging { of_tag_key(refusal) } else { None };
    let amazons = of_key
        .or_else(|| of_request(refusal))
        .or_else(|| of_snapshot(refusal))
        .or_else(|| of_tags_and_filters(refusal));
    amazons.map_or_else(|| sentence(refusal), clipped)
}

/// The sentence of a failed authentication. An unknown key and a wrong secret read alike.
pub(super) fn of_auth(error: &AuthError) -> String {
    match error {
        AuthError::UnknownAccessKey | AuthError::SignatureMismatch => {
            "AWS was not able to validate the provided access credentials".to_owned()
        }
        AuthError::Skewed { .. } | AuthError::Expired { .. } => {
            format!("Request has expired. {}", auth_message(error))
        }
        other => auth_message(other),
    }
}

/// The sentence about bytes that are no request of the API.
pub(super) fn of_wire(error: &WireError) -> String {
    match error {
        WireError::UnknownParameter(name) => clipped(format_args!("The parameter {name} is not recognized")),
        other => sentence(other),
    }
}

fn of_request(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::DryRun => "Request would have succeeded, but DryRun flag is set.".to_owned(),
        Refusal::NotAuthorized => "You are not authorized to perform this operation.".to_owned(),
        Refusal::MissingParameter(name) => format!("The request must contain the parameter {name}"),
        Refusal::InvalidParameterValue { parameter, value, expected } => {
            format!("Value ({value}) for parameter {parameter} is invalid. Expected: {expected}.")
        }
        Refusal::ParametersExclude(one, other) => {
            format!("The parameter {one} cannot be used with the parameter {other}")
        }
        Refusal::PageSizeTooSmall(asked) => {
            let (least, _) = DESCRIBE_PAGE;
            format!(
                "Value ( {asked} ) for parameter maxResults is invalid. Expecting a value greater than {least}."
            )
        }
        Refusal::UnknownRegion(name) => format!("Invalid region: [{name}]"),
        Refusal::UnknownZone(name) => format!("Invalid availability zone: [{name}]"),
        Refusal::UnknownZoneId(id) => format!("Invalid availability zone-id: [{id}]"),
        Refusal::PageTokenInvalid => "Unable to parse pagination token".to_owned(),
        Refusal::UserIdMalformed(id) => format!("Invalid user id: \"{id}\""),
        _ => return None,
    })
}

fn of_snapshot(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::CopySourceMalformed => "The specified snapshotId is invalid".to_owned(),
        Refusal::DescriptionNotAscii(text) => {
            format!(
                "Value ({text}) for parameter description is invalid. Character sets beyond ASCII are not supported."
            )
        }
        Refusal::DescriptionTooLong { text, chars_max } => {
            format!("Value ({text}) for parameter description is invalid. It exceeds {chars_max} characters")
        }
        Refusal::SnapshotIdMalformed(id) if id.is_empty() => {
            "Value () for parameter snapshotId is invalid. Parameter may not be null or empty".to_owned()
        }
        // Clients read the id from between the quotation marks.
        Refusal::SnapshotIdMalformed(id) if id.starts_with("snap-") => format!("Invalid id: \"{id}\""),
        Refusal::SnapshotIdMalformed(id) => {
            format!("Value ({id}) for parameter snapshotId is invalid. Expected: 'snap-...'.")
        }
        Refusal::SnapshotNotFound(id) => format!("The snapshot '{id}' does not exist."),
        Refusal::InvalidRegion(name) => format!("{name} is not a valid region name."),
        Refusal::DestinationRegionMismatch { requested, current } => {
            format!("DestinationRegion '{requested}' does not match the current region ({current})")
        }
        Refusal::PresignedUrlScheme => "The protocol in PresignedUrl should be http or https".to_owned(),
        Refusal::PresignedUrlSource { presigned, requested } => format!(
            "The source snapshot specified in PresignedUrl '{presigned}' does not match the source snapshot in \
            the request: '{requested}'"
        ),
        Refusal::PresignedUrlDestination { presigned } => {
            format!("The destination region specified in PresignedUrl: '{presigned}' is incorrect")
        }
        Refusal::CompletionDuration(minutes) => format!(
            "'{minutes}' is not a valid value for completion duration. Specify a value between 15 and 2880 \
            minutes, in 15 minute increments only"
        ),
        Refusal::TooManyCopies { limit } => {
            format!("Too many snapshot copies in progress. The limit is {limit} for this destination region.")
        }
        _ => return None,
    })
}

/// Sentences about keys where tags are what the request is about, and not an addition to it.
fn of_tag_key(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::TagKeyEmpty => {
            "Value ( '' ) for parameter Tag key is invalid. Tag key cannot be null or empty.".to_owned()
        }
        Refusal::TagKeyReserved(key) => format!("Value ( {key} ) for parameter key is invalid. {RESERVED}"),
        _ => return None,
    })
}

fn of_tags_and_filters(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::ResourceTypeNotTaggable(kind) => {
            format!("'{kind}' is not a valid taggable resource type for this operation.")
        }
        Refusal::TagSpecificationEmpty => "Tag specification must have at least one tag".to_owned(),
        Refusal::ResourceTypeAbsent => "Tag specification resource type must have a value".to_owned(),
        Refusal::TagsAbsent => {
            "Value ( empty ) for parameter tagSet is invalid. You must specify one or more tags to \
            create"
                .to_owned()
        }
        Refusal::TagKeyEmpty => "Tag key must have a value".to_owned(),
        Refusal::TagKeyReserved(_) => RESERVED.to_owned(),
        Refusal::TagKeyTooLong { chars_max } => {
            format!("Tag key exceeds the maximum length of {chars_max} characters")
        }
        Refusal::TagValueTooLong { chars_max, .. } => {
            format!("Tag value exceeds the maximum length of {chars_max} characters")
        }
        Refusal::DuplicateTagKey(key) => format!("Duplicate tag key '{key}' specified."),
        Refusal::ResourceIdMalformed(id) => format!("The ID '{id}' is not valid"),
        Refusal::UnknownFilter(name) => format!("The filter '{name}' is invalid"),
        Refusal::FilterValueTooLong { chars_max } => {
            format!("The maximum length for a filter value is {chars_max} characters")
        }
        _ => return None,
    })
}
