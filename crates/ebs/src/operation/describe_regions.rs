//! DescribeRegions.

use crate::{Filter, RegionName};

/// What DescribeRegions is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeRegionsRequest {
    /// Only these regions.
    pub region_names: Vec<String>,
    /// Only those that match all of these.
    pub filters: Vec<Filter>,
    /// Only check whether the request would succeed.
    pub dry_run: bool,
}

/// What DescribeRegions answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeRegionsReply {
    /// The regions of this deployment.
    pub regions: Vec<RegionDescription>,
}

/// A region and where it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionDescription {
    /// Its name.
    pub name: RegionName,
    /// Host, and port if it is not the scheme's own, at which it is served.
    pub endpoint: String,
}
