//! DescribeAvailabilityZones.

use crate::{Filter, RegionName};

/// What DescribeAvailabilityZones is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeAvailabilityZonesRequest {
    /// Only zones of these names.
    pub zone_names: Vec<String>,
    /// Only zones of these ids.
    pub zone_ids: Vec<String>,
    /// Only those that match all of these.
    pub filters: Vec<Filter>,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}

/// What DescribeAvailabilityZones answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeAvailabilityZonesReply {
    /// The zones of the region that was asked.
    pub zones: Vec<ZoneDescription>,
}

/// A zone of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneDescription {
    /// Its region.
    pub region: RegionName,
    /// Its name: `us-east-1a`.
    pub name: String,
    /// Its id: `use1-az1`.
    pub id: String,
    /// The name of its group, which is that of all zones inside its region: `us-east-1-zg-1`.
    pub group: String,
    /// The name of its group for people.
    pub group_long_name: String,
}
