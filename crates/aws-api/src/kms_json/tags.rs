//! Lists of tags in requests and answers.

use ebs::{KeyRefusal, Tag};
use serde::{Deserialize, Serialize};

use super::body::Object;
use super::member::{Bounds, check_text, length, required};

/// Amazon's bounds of a tag's key.
pub(super) const TAG_KEY: Bounds = length!(1, 128);
const TAG_VALUE: Bounds = length!(0, 256);

/// A tag in a request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BodyTag {
    tag_key: Option<String>,
    tag_value: Option<String>,
}

/// A tag in an answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AnswerTag<'a> {
    tag_key: &'a str,
    tag_value: &'a str,
}

/// The tags of a request, in its order. Whether they may stand together is not judged.
pub(super) fn decode(tags: Vec<Object<BodyTag>>) -> Result<Vec<Tag>, KeyRefusal> {
    tags.into_iter()
        .map(|Object(tag)| {
            let key = required("tags.member.tagKey", tag.tag_key)?;
            check_text("tags.member.tagKey", &key, TAG_KEY)?;
            let value = required("tags.member.tagValue", tag.tag_value)?;
            check_text("tags.member.tagValue", &value, TAG_VALUE)?;
            Ok(Tag { key, value })
        })
        .collect()
}

/// The tags of an answer.
pub(super) fn encode(tags: &[Tag]) -> Vec<AnswerTag<'_>> {
    tags.iter().map(|tag| AnswerTag { tag_key: &tag.key, tag_value: &tag.value }).collect()
}
