//! The operations, one file per action.

mod complete_snapshot;
mod copy_snapshot;
mod create_tags;
mod delete_snapshot;
mod delete_tags;
mod describe_availability_zones;
mod describe_regions;
mod describe_snapshots;
mod describe_tags;
mod get_caller_identity;
mod get_snapshot_block;
mod list_changed_blocks;
mod list_snapshot_blocks;
mod pager;
mod put_snapshot_block;
mod start_snapshot;

pub use describe_snapshots::SnapshotListing;
pub use describe_tags::TagListing;

use ebs::limits::{DESCRIPTION_CHARS_MAX, FILTER_VALUES_MAX, FILTERS_MAX};
use ebs::{Filter, Refusal, SnapshotId};

/// The snapshot ids that a client wrote.
fn snapshot_ids(texts: &[String]) -> Result<Vec<SnapshotId>, Refusal> {
    texts.iter().map(|text| text.parse().map_err(|_| Refusal::SnapshotIdMalformed(text.clone()))).collect()
}

/// The ids of tagged resources that a client wrote. Snapshots are the only resources there are.
fn resource_ids(texts: &[String]) -> Result<Vec<SnapshotId>, Refusal> {
    texts.iter().map(|text| text.parse().map_err(|_| Refusal::ResourceIdMalformed(text.clone()))).collect()
}

/// A description that a snapshot may have; the empty one if there is none.
fn description(text: Option<&String>) -> Result<String, Refusal> {
    let text = text.cloned().unwrap_or_default();
    let expected = if !text.is_ascii() {
        "characters of ASCII only"
    } else if text.len() > DESCRIPTION_CHARS_MAX {
        "at most 255 characters"
    } else {
        return Ok(text);
    };
    Err(Refusal::InvalidParameterValue { parameter: "Description", value: text, expected })
}

/// Judges the number of filters and values, and that each has a name that `known` knows.
fn check_filters(filters: &[Filter], known: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    if filters.len() > FILTERS_MAX || filters.iter().any(|filter| filter.values.len() > FILTER_VALUES_MAX) {
        return Err(Refusal::TooManyFilters { limit: FILTERS_MAX, values: FILTER_VALUES_MAX });
    }
    match filters.iter().find(|filter| !known(&filter.name)) {
        Some(unknown) => Err(Refusal::UnknownFilter(unknown.name.clone())),
        None => Ok(()),
    }
}

/// What a request answers that asked whether it would succeed, after everything that is judged before.
fn dry_run(asked: bool) -> Result<(), Refusal> {
    if asked { Err(Refusal::DryRun) } else { Ok(()) }
}
