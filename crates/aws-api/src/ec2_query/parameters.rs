//! Which parameters each action has.

use crate::WireError;
use crate::ec2_query::Ec2Action;
use crate::form::{Form, list_index};

/// Refuses the first parameter that the action does not have. To pass it over would be to do something else than was
/// asked for: without the `Tags.1.Key` that it has for `Tag.1.Key`, a DeleteTags asks for every tag.
pub(super) fn refuse_unknown(form: &Form, action: Ec2Action) -> Result<(), WireError> {
    let unknown = form.names().find(|name| !is_of_signature(name) && !is_known(action, name));
    match unknown {
        Some(name) => Err(WireError::UnknownParameter(unrecognized(action, name).to_owned())),
        None => Ok(()),
    }
}

const EVERY: [&str; 3] = ["Action", "Version", "DryRun"];
/// Parameters that every action of Amazon's takes beside those of version 4. They count for nothing here.
const SIGNATURE_VERSION_2: [&str; 7] = [
    "AWSAccessKeyId",
    "Expires",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "Timestamp",
];
/// With the empty list as some clients write it, so that it is refused as Amazon refuses it.
const FILTER: [&str; 3] = ["Filter", "Filter.N.Name", "Filter.N.Value.N"];
const TAG: [&str; 2] = ["Tag.N.Key", "Tag.N.Value"];
const PAGE: [&str; 2] = ["MaxResults", "NextToken"];

/// Names of an action's parameters, with `N` for list indexes.
fn shapes(action: Ec2Action) -> impl Iterator<Item = &'static str> {
    let groups: [&'static [&'static str]; 3] = match action {
        Ec2Action::CopySnapshot => [&COPY_SNAPSHOT, &[], &[]],
        Ec2Action::CreateTags | Ec2Action::DeleteTags => [&["ResourceId.N"], &TAG, &[]],
        Ec2Action::DeleteSnapshot => [&["SnapshotId"], &[], &[]],
        Ec2Action::DescribeAvailabilityZones => {
            [&["ZoneName.N", "ZoneId.N", "AllAvailabilityZones"], &FILTER, &[]]
        }
        Ec2Action::DescribeRegions => [&["RegionName.N", "AllRegions"], &FILTER, &[]],
        Ec2Action::DescribeSnapshots => [&["Owner.N", "RestorableBy.N", "SnapshotId.N"], &FILTER, &PAGE],
        Ec2Action::DescribeTags => [&[], &FILTER, &PAGE],
    };
    EVERY.into_iter().chain(groups.into_iter().flatten().copied())
}

const COPY_SNAPSHOT: [&str; 13] = [
    "Description",
    "DestinationOutpostArn",
    "DestinationRegion",
    "Encrypted",
    "KmsKeyId",
    "PresignedUrl",
    "SourceRegion",
    "SourceSnapshotId",
    "TagSpecification.N.ResourceType",
    "TagSpecification.N.Tag.N.Key",
    "TagSpecification.N.Tag.N.Value",
    "CompletionDurationMinutes",
    "DestinationAvailabilityZone",
];

fn is_known(action: Ec2Action, name: &str) -> bool {
    shapes(action).any(|shape| {
        let mut parts = name.split('.');
        let shaped = shape.split('.').all(|shape| match (shape, parts.next()) {
            ("N", Some(part)) => list_index(part).is_some(),
            (literal, part) => part == Some(literal),
        });
        shaped && parts.next().is_none()
    })
}

/// What of an unknown name is told to the client: Amazon tells the first part, if that is what it does not know.
fn unrecognized(action: Ec2Action, name: &str) -> &str {
    let known = shapes(action).any(|shape| first_part(shape) == first_part(name));
    if known { name } else { first_part(name) }
}

/// Whether a parameter belongs to the signature, of version 4 or 2, and not to the action.
fn is_of_signature(name: &str) -> bool {
    let in_version_4 = name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("X-Amz-"));
    in_version_4 || SIGNATURE_VERSION_2.contains(&name)
}

fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
