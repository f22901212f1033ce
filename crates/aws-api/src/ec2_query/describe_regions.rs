//! DescribeRegions.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html>.

use ebs::Refusal;
use ebs::operation::describe_regions::{DescribeRegionsReply, DescribeRegionsRequest};

use super::{Ec2Action, envelope, filters};
use crate::HttpAnswer;
use crate::form::Fields;

/// The request that `fields` make. `AllRegions` adds the regions that an account has not opted in to; none is such
/// here, so that both of its values ask for the same.
///
/// # Errors
/// Refuses whatever has not the form of its type, and too many filters.
pub fn decode(fields: &Fields<'_>) -> Result<DescribeRegionsRequest, Refusal> {
    fields.boolean("AllRegions")?;
    Ok(DescribeRegionsRequest {
        region_names: fields.texts("RegionName"),
        filters: filters::decode(fields)?,
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &DescribeRegionsReply, request_id: &str) -> HttpAnswer {
    envelope::success(Ec2Action::DescribeRegions, request_id, |xml| {
        xml.set("regionInfo", &reply.regions, |xml, region| {
            xml.text("regionName", &region.name);
            xml.text("regionEndpoint", &region.endpoint);
            xml.text("optInStatus", "opt-in-not-required");
        });
    })
}
