//! Tags, and the rules for tagging on creation.
//!
//! Source: CopySnapshot, EC2 API 2016-11-15 as documented on 2019-11-15, parameter `TagSpecification.N`.

use std::collections::BTreeSet;

use crate::Refusal;
use crate::compat::TagLengths;
use crate::limits::TAGS_MAX;

/// A key and its value. Both are case-sensitive; the value may be empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// The key, unique on its resource.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Tags for one kind of resource that a request creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSpecification {
    /// The kind of resource, as the client wrote it; empty if it wrote none.
    pub resource_type: String,
    /// The tags.
    pub tags: Vec<Tag>,
}

/// Every value of the `ResourceType` enumeration that the page of 2019-11-15 names, in either of its lists.
const RESOURCE_TYPES: [&str; 33] = [
    "capacity-reservation",
    "client-vpn-endpoint",
    "customer-gateway",
    "dedicated-host",
    "dhcp-options",
    "elastic-ip",
    "fleet",
    "fpga-image",
    "host-reservation",
    "image",
    "instance",
    "internet-gateway",
    "launch-template",
    "natgateway",
    "network-acl",
    "network-interface",
    "reserved-instances",
    "route-table",
    "security-group",
    "snapshot",
    "spot-instances-request",
    "subnet",
    "traffic-mirror-filter",
    "traffic-mirror-session",
    "traffic-mirror-target",
    "transit-gateway",
    "transit-gateway-attachment",
    "transit-gateway-route-table",
    "volume",
    "vpc",
    "vpc-peering-connection",
    "vpn-connection",
    "vpn-gateway",
];

/// The tags that `specifications` put on a new snapshot, sorted by key.
///
/// # Errors
/// Refuses resource types other than `snapshot` (telling absent and unknown ones from those that this action does not
/// create), a specification without tags, and whatever [`validate`] refuses.
pub fn for_new_snapshot(
    specifications: &[TagSpecification],
    lengths: TagLengths,
) -> Result<Vec<Tag>, Refusal> {
    for specification in specifications {
        let resource_type = &specification.resource_type;
        if resource_type.is_empty() {
            return Err(Refusal::ResourceTypeAbsent);
        }
        if !RESOURCE_TYPES.contains(&resource_type.as_str()) {
            return Err(Refusal::UnknownResourceType(resource_type.clone()));
        }
        if resource_type != "snapshot" {
            return Err(Refusal::ResourceTypeNotTaggable(resource_type.clone()));
        }
        if specification.tags.is_empty() {
            return Err(Refusal::TagSpecificationEmpty);
        }
    }
    validate(specifications.iter().flat_map(|specification| &specification.tags).cloned().collect(), lengths)
}

/// `tags` sorted by key, if each may stand on a resource and all of them together may.
///
/// # Errors
/// Refuses empty and over-long keys, over-long values (both counted in Unicode characters), keys that begin with
/// `aws:` in any case, keys that appear twice, and more than [`TAGS_MAX`] tags.
pub fn validate(mut tags: Vec<Tag>, lengths: TagLengths) -> Result<Vec<Tag>, Refusal> {
    let mut keys = BTreeSet::new();
    for tag in &tags {
        validate_key(&tag.key, lengths)?;
        if tag.value.chars().count() > lengths.value_chars_max {
            return Err(Refusal::TagValueTooLong {
                key: tag.key.clone(),
                chars_max: lengths.value_chars_max,
            });
        }
        if !keys.insert(tag.key.as_str()) {
            return Err(Refusal::DuplicateTagKey(tag.key.clone()));
        }
    }
    if tags.len() > TAGS_MAX {
        return Err(Refusal::TooManyTags { tags_max: TAGS_MAX });
    }
    tags.sort();
    Ok(tags)
}

/// Judges a key by itself.
///
/// # Errors
/// Refuses an empty and an over-long key, and one that begins with `aws:` in any case.
pub fn validate_key(key: &str, lengths: TagLengths) -> Result<(), Refusal> {
    if key.is_empty() {
        return Err(Refusal::TagKeyEmpty);
    }
    if key.chars().count() > lengths.key_chars_max {
        return Err(Refusal::TagKeyTooLong { chars_max: lengths.key_chars_max });
    }
    if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err(Refusal::TagKeyReserved(key.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Tag, TagSpecification, for_new_snapshot};
    use crate::Refusal;
    use crate::compat::TagLengths;

    fn tag(key: impl Into<String>, value: impl Into<String>) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    fn check(resource_type: &str, tags: Vec<Tag>) -> Result<Vec<Tag>, Refusal> {
        let specification = TagSpecification { resource_type: resource_type.to_owned(), tags };
        for_new_snapshot(&[specification], TagLengths::API_REFERENCE)
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        let key = "ключ".repeat(31) + "abc";
        assert_eq!(key.chars().count(), 127);
        assert!(check("snapshot", vec![tag(key.clone(), "é".repeat(255))]).is_ok());
        assert_eq!(
            check("snapshot", vec![tag(key.clone() + "x", "")]),
            Err(Refusal::TagKeyTooLong { chars_max: 127 })
        );
        assert_eq!(
            check("snapshot", vec![tag("k", "é".repeat(256))]),
            Err(Refusal::TagValueTooLong { key: "k".into(), chars_max: 255 })
        );
    }

    #[test]
    fn case_matters_in_keys_but_not_in_the_reserved_prefix() {
        assert!(check("snapshot", vec![tag("Name", "a"), tag("name", "b"), tag("aws", "c")]).is_ok());
        for key in ["aws:x", "AWS:x", "aWs:", "aws:"] {
            assert_eq!(check("snapshot", vec![tag(key, "")]), Err(Refusal::TagKeyReserved(key.into())));
        }
        assert_eq!(
            check("snapshot", vec![tag("k", ""), tag("k", "v")]),
            Err(Refusal::DuplicateTagKey("k".into()))
        );
        assert_eq!(check("snapshot", vec![tag("", "v")]), Err(Refusal::TagKeyEmpty));
    }

    #[test]
    fn fifty_tags_and_no_more_over_all_specifications() {
        let tags = |from: usize, to: usize| (from..to).map(|n| tag(format!("k{n}"), "")).collect::<Vec<_>>();
        assert_eq!(check("snapshot", tags(0, 50)).map(|tags| tags.len()), Ok(50));
        let halves = [0, 26].map(|from| TagSpecification {
            resource_type: "snapshot".into(),
            tags: tags(from, from + if from == 0 { 26 } else { 25 }),
        });
        assert_eq!(
            for_new_snapshot(&halves, TagLengths::API_REFERENCE),
            Err(Refusal::TooManyTags { tags_max: 50 })
        );
    }

    #[test]
    fn only_snapshots_are_tagged_here() {
        assert_eq!(
            check("volume", vec![tag("k", "")]),
            Err(Refusal::ResourceTypeNotTaggable("volume".into()))
        );
        assert_eq!(
            check("Snapshot", vec![tag("k", "")]),
            Err(Refusal::UnknownResourceType("Snapshot".into()))
        );
        assert_eq!(check("", vec![tag("k", "")]), Err(Refusal::ResourceTypeAbsent));
        assert_eq!(check("snapshot", vec![]), Err(Refusal::TagSpecificationEmpty));
    }
}
