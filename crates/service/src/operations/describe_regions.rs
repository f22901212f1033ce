//! DescribeRegions.

use ebs::operation::describe_regions::{DescribeRegionsReply, DescribeRegionsRequest, RegionDescription};
use ebs::{Filter, Refusal};

use super::{check_filters, dry_run};
use crate::{Call, ServiceError};

impl Call {
    /// The regions of this deployment, by name. All of them are served at one endpoint, which tells them apart by the
    /// region in the signature.
    ///
    /// # Errors
    /// [`Refusal::UnknownRegion`] if a region is named that is not served here.
    ///
    /// Source: EC2 API 2016-11-15, DescribeRegions.
    pub async fn describe_regions(
        &self,
        request: &DescribeRegionsRequest,
    ) -> Result<DescribeRegionsReply, ServiceError> {
        check_filters(&request.filters, |name| matches!(name, "endpoint" | "opt-in-status" | "region-name"))?;
        let shared = &self.service.shared;
        let served = |name: &String| shared.regions.keys().any(|region| region.as_str() == name);
        if let Some(unknown) = request.region_names.iter().find(|name| !served(name)) {
            return Err(Refusal::UnknownRegion(unknown.clone()).into());
        }
        dry_run(request.dry_run)?;
        let asked = |name: &str| {
            request.region_names.is_empty() || request.region_names.iter().any(|one| one == name)
        };
        let regions = shared
            .regions
            .keys()
            .filter(|name| asked(name.as_str()))
            .map(|name| RegionDescription { name: name.clone(), endpoint: shared.settings.endpoint.clone() });
        Ok(DescribeRegionsReply {
            regions: regions.filter(|region| matches(region, &request.filters)).collect(),
        })
    }
}

fn matches(region: &RegionDescription, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| match filter.name.as_str() {
        "endpoint" => filter.matches(&region.endpoint),
        "opt-in-status" => filter.matches("opt-in-not-required"),
        _ => filter.matches(region.name.as_str()),
    })
}
