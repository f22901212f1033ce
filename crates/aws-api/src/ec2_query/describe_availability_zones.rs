//! DescribeAvailabilityZones.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html>.

use ebs::Refusal;
use ebs::operation::describe_availability_zones::{
    DescribeAvailabilityZonesReply, DescribeAvailabilityZonesRequest,
};

use super::{Ec2Action, envelope, filters};
use crate::HttpAnswer;
use crate::form::Fields;

/// The request that `fields` make. `AllAvailabilityZones` adds the zones that an account has not opted in to; none
/// is such here, so that both of its values ask for the same.
///
/// # Errors
/// Refuses whatever has not the form of its type, and too many filters.
pub fn decode(fields: &Fields<'_>) -> Result<DescribeAvailabilityZonesRequest, Refusal> {
    fields.boolean("AllAvailabilityZones")?;
    Ok(DescribeAvailabilityZonesRequest {
        zone_names: fields.texts("ZoneName"),
        zone_ids: fields.texts("ZoneId"),
        filters: filters::decode(fields)?,
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    })
}

/// The answer that says `reply`. The border group is the region, as for zones inside one.
pub fn encode(reply: &DescribeAvailabilityZonesReply, request_id: &str) -> HttpAnswer {
    envelope::success(Ec2Action::DescribeAvailabilityZones, request_id, |xml| {
        xml.set("availabilityZoneInfo", &reply.zones, |xml, zone| {
            xml.text("zoneName", &zone.name);
            xml.text("zoneId", &zone.id);
            xml.text("zoneState", "available");
            xml.text("zoneType", "availability-zone");
            xml.text("regionName", &zone.region);
            xml.text("groupName", &zone.group);
            xml.text("groupLongName", &zone.group_long_name);
            xml.text("networkBorderGroup", &zone.region);
            xml.text("optInStatus", "opt-in-not-required");
            xml.element("messageSet", |_| {});
        });
    })
}
