//! Which parameters each action has.

use crate::WireError;
use crate::ec2_query::Ec2Action;
use crate::form::{Form, list_index};

/// Names of the parameters that the request's action does not have, for the log. Parameters of the signature are
/// not among them.
pub fn unknown_parameters(form: &Form, action: Ec2Action) -> Vec<&str> {
    form.names().filter(|name| !is_of_signature(name) && !is_known(action, name)).collect()
}

/// Refuses a parameter that resembles one of the action's and is none.
pub(super) fn refuse_slips(form: &Form, action: Ec2Action) -> Result<(), WireError> {
    let resembles = |name: &str| {
        let first = first_part(name);
        shapes(action).any(|shape| first_part(shape).eq_ignore_ascii_case(first))
    };
    match unknown_parameters(form, action).into_iter().find(|name| resembles(name)) {
        Some(name) => Err(WireError::UnknownParameter(name.to_owned())),
        None => Ok(()),
    }
}

const EVERY: [&str; 3] = ["Action", "Version", "DryRun"];
const FILTER: [&str; 2] = ["Filter.N.Name", "Filter.N.Value.N"];
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

fn is_of_signature(name: &str) -> bool {
    name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case("X-Amz-"))
}

fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
