//! Tags in forms and in answers.

use ebs::{Tag, TagSpecification};

use crate::form::Fields;
use crate::xml::Xml;

/// The structures `Tag.N` as tags. A tag without a value has the empty value; one without a key has the empty key,
/// which the service refuses.
pub(super) fn decode(fields: &Fields<'_>) -> Vec<Tag> {
    fields
        .structures("Tag")
        .into_iter()
        .map(|tag| Tag {
            key: tag.owned("Key").unwrap_or_default(),
            value: tag.owned("Value").unwrap_or_default(),
        })
        .collect()
}

/// The structures `TagSpecification.N`. One without a resource type has the empty one, which the service refuses.
pub(super) fn decode_specifications(fields: &Fields<'_>) -> Vec<TagSpecification> {
    fields
        .structures("TagSpecification")
        .into_iter()
        .map(|specification| TagSpecification {
            resource_type: specification.owned("ResourceType").unwrap_or_default(),
            tags: decode(&specification),
        })
        .collect()
}

/// Writes the element `tagSet`, if there are tags.
pub(super) fn encode(xml: &mut Xml, tags: &[Tag]) {
    if !tags.is_empty() {
        xml.set("tagSet", tags, |xml, tag| {
            xml.text("key", &tag.key);
            xml.text("value", &tag.value);
        });
    }
}
