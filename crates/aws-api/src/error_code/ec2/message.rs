//! Sentences of the EC2 API. Those that clients match on are as Amazon's service gives them; every other refusal
//! speaks for itself.

use ebs::Refusal;

use crate::WireError;
use crate::error_code::{auth_message, clipped, sentence};
use crate::sigv4::AuthError;

/// The sentence of a refusal.
pub(super) fn of_refusal(refusal: &Refusal) -> String {
    let amazons =
        of_request(refusal).or_else(|| of_snapshot(refusal)).or_else(|| of_tags_and_filters(refusal));
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
        Refusal::PageTokenInvalid => "Unable to parse pagination token".to_owned(),
        Refusal::UserIdMalformed(id) => format!("Invalid user id: \"{id}\""),
        _ => return None,
    })
}

fn of_snapshot(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::CopySourceMalformed => "The specified snapshotId is invalid".to_owned(),
        Refusal::SnapshotIdMalformed(id) if id.starts_with("snap-") => {
            format!("Value ( {id} ) for parameter SNAPSHOT is invalid. ")
        }
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

fn of_tags_and_filters(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::ResourceTypeNotTaggable(kind) => {
            format!("'{kind}' is not a valid taggable resource type for this operation.")
        }
        Refusal::TagSpecificationEmpty => "Tag specification must have at least one tag".to_owned(),
        Refusal::TagKeyReserved(_) => {
            "Tag keys starting with 'aws:' are reserved for internal use".to_owned()
        }
        Refusal::DuplicateTagKey(key) => format!("Duplicate tag key '{key}' specified."),
        Refusal::ResourceIdMalformed(id) => format!("The ID '{id}' is not valid"),
        Refusal::UnknownFilter(name) => format!("The filter '{name}' is invalid"),
        _ => return None,
    })
}
