//! DescribeAvailabilityZones.

use ebs::operation::describe_availability_zones::{
    DescribeAvailabilityZonesReply, DescribeAvailabilityZonesRequest, ZoneDescription,
};
use ebs::{Filter, Refusal, RegionName};

use super::{check_filters, dry_run};
use crate::{Call, ServiceError};

/// Every region shows three zones. They are names only: a region is one place.
const ZONES: [char; 3] = ['a', 'b', 'c'];

const FILTERS: [&str; 11] = [
    "group-long-name",
    "group-name",
    "message",
    "opt-in-status",
    "parent-zone-id",
    "parent-zone-name",
    "region-name",
    "state",
    "zone-id",
    "zone-name",
    "zone-type",
];

impl Call {
    /// The zones of the region that was called.
    ///
    /// # Errors
    /// [`Refusal::UnknownZone`] and [`Refusal::UnknownZoneId`] if a zone is named that the region does not have.
    ///
    /// Source: EC2 API 2016-11-15, DescribeAvailabilityZones.
    pub async fn describe_availability_zones(
        &self,
        request: &DescribeAvailabilityZonesRequest,
    ) -> Result<DescribeAvailabilityZonesReply, ServiceError> {
        check_filters(&request.filters, |name| FILTERS.contains(&name))?;
        let zones = zones_of(&self.region.name);
        let unknown = |asked: &String| !zones.iter().any(|zone| zone.name == *asked);
        if let Some(unknown) = request.zone_names.iter().find(|asked| unknown(asked)) {
            return Err(Refusal::UnknownZone(unknown.clone()).into());
        }
        let unknown = |asked: &String| !zones.iter().any(|zone| zone.id == *asked);
        if let Some(unknown) = request.zone_ids.iter().find(|asked| unknown(asked)) {
            return Err(Refusal::UnknownZoneId(unknown.clone()).into());
        }
        dry_run(request.dry_run)?;
        let named = |names: &[String], name: &String| names.is_empty() || names.contains(name);
        let asked = zones.into_iter().filter(|zone| {
            named(&request.zone_names, &zone.name)
                && named(&request.zone_ids, &zone.id)
                && matches(zone, &request.filters)
        });
        Ok(DescribeAvailabilityZonesReply { zones: asked.collect() })
    }
}

fn zones_of(region: &RegionName) -> Vec<ZoneDescription> {
    let zone = |(number, letter): (usize, char)| ZoneDescription {
        region: region.clone(),
        name: format!("{region}{letter}"),
        id: format!("{}-az{}", short_name(region), number + 1),
        group: format!("{region}-zg-1"),
        group_long_name: format!("{region} 1"),
    };
    ZONES.into_iter().enumerate().map(zone).collect()
}

/// `use1` for `us-east-1`, `apne1` for `ap-northeast-1`: the first part, the initials of the compass words, the rest.
fn short_name(region: &RegionName) -> String {
    const COMPASS: [(&str, &str); 9] = [
        ("northeast", "ne"),
        ("northwest", "nw"),
        ("southeast", "se"),
        ("southwest", "sw"),
        ("north", "n"),
        ("south", "s"),
        ("east", "e"),
        ("west", "w"),
        ("central", "c"),
    ];
    let parts = region.as_str().split('-').map(|part| {
        let known = COMPASS.iter().find(|(word, _)| *word == part);
        known.map_or(part, |(_, initials)| initials)
    });
    parts.collect()
}

fn matches(zone: &ZoneDescription, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| match filter.name.as_str() {
        "group-long-name" => filter.matches(&zone.group_long_name),
        "group-name" => filter.matches(&zone.group),
        // Zones inside a region have neither messages nor parents.
        "message" | "parent-zone-id" | "parent-zone-name" => false,
        "opt-in-status" => filter.matches("opt-in-not-required"),
        "region-name" => filter.matches(zone.region.as_str()),
        "state" => filter.matches("available"),
        "zone-id" => filter.matches(&zone.id),
        "zone-name" => filter.matches(&zone.name),
        _ => filter.matches("availability-zone"),
    })
}

#[cfg(test)]
mod tests {
    use super::zones_of;

    #[test]
    fn zones_are_named_as_amazon_names_them() {
        for (region, name, id) in [
            ("us-east-1", "us-east-1a", "use1-az1"),
            ("ap-northeast-1", "ap-northeast-1a", "apne1-az1"),
            ("eu-central-1", "eu-central-1a", "euc1-az1"),
            ("cellar", "cellara", "cellar-az1"),
        ] {
            let zones = zones_of(&region.parse().expect("a region name"));
            assert_eq!((zones[0].name.as_str(), zones[0].id.as_str()), (name, id));
        }
    }
}
