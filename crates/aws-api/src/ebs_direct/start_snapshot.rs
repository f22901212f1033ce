//! StartSnapshot.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html>.

use ebs::operation::start_snapshot::{StartSnapshotReply, StartSnapshotRequest};
use ebs::{BLOCK_BYTES, Refusal, Tag};
use serde::{Deserialize, Serialize};

use super::{epoch_seconds, json_answer};
use crate::limits::JSON_BYTES_MAX;
use crate::{ApiError, HttpAnswer, WireError};

/// The request that `body` makes. Members that the API does not know are passed over; `null` stands for an absent
/// member.
///
/// # Errors
/// [`WireError`] if the body is too long or not the JSON of this action, or if a text has the character U+0000;
/// [`Refusal`] if the volume size is missing, or a number or the parent's id has not the form it must have.
pub fn decode(body: &[u8]) -> Result<StartSnapshotRequest, ApiError> {
    if body.len() > JSON_BYTES_MAX {
        return Err(WireError::TooLarge { bytes_max: JSON_BYTES_MAX }.into());
    }
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| WireError::Json { line: error.line(), column: error.column() })?;
    if body.texts().any(|text| text.contains('\0')) {
        return Err(WireError::InvalidCharacter.into());
    }
    let size = body.volume_size.ok_or(Refusal::MissingParameter("VolumeSize"))?;
    let parent = body.parent_snapshot_id.map(|id| id.parse().map_err(|_| Refusal::SnapshotIdMalformed(id)));
    Ok(StartSnapshotRequest {
        volume_size_gib: u64::try_from(size).map_err(|_| Refusal::VolumeSizeInvalid)?,
        parent: parent.transpose()?,
        tags: body.tags.unwrap_or_default().into_iter().map(BodyTag::into_tag).collect(),
        description: body.description,
        client_token: body.client_token,
        encrypted: body.encrypted,
        kms_key_arn: body.kms_key_arn,
        timeout_minutes: body.timeout.map(timeout_minutes).transpose()?,
    })
}

/// The answer that says `reply`. What there is nothing to say about is `null`.
pub fn encode(reply: &StartSnapshotReply, request_id: &str) -> HttpAnswer {
    let tags = reply.tags.iter().map(|tag| AnswerTag { key: &tag.key, value: &tag.value });
    let answer = Answer {
        snapshot_id: reply.snapshot.to_string(),
        owner_id: reply.owner.to_string(),
        status: "pending",
        start_time: epoch_seconds(reply.start_time),
        volume_size: reply.volume_size.gib(),
        block_size: BLOCK_BYTES,
        tags: if reply.tags.is_empty() { None } else { Some(tags.collect()) },
        description: reply.description.as_deref(),
        parent_snapshot_id: reply.parent.map(|parent| parent.to_string()),
        kms_key_arn: None,
        sse_type: None,
    };
    json_answer(201, request_id, &answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    volume_size: Option<i64>,
    parent_snapshot_id: Option<String>,
    tags: Option<Vec<BodyTag>>,
    description: Option<String>,
    client_token: Option<String>,
    encrypted: Option<bool>,
    kms_key_arn: Option<String>,
    timeout: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BodyTag {
    key: Option<String>,
    value: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    snapshot_id: String,
    owner_id: String,
    status: &'static str,
    start_time: f64,
    volume_size: u32,
    block_size: usize,
    tags: Option<Vec<AnswerTag<'a>>>,
    description: Option<&'a str>,
    parent_snapshot_id: Option<String>,
    kms_key_arn: Option<String>,
    sse_type: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AnswerTag<'a> {
    key: &'a str,
    value: &'a str,
}

impl Body {
    fn texts(&self) -> impl Iterator<Item = &String> {
        let tags = self.tags.iter().flatten().flat_map(|tag| [&tag.key, &tag.value]);
        [&self.parent_snapshot_id, &self.description, &self.client_token, &self.kms_key_arn]
            .into_iter()
            .chain(tags)
            .flatten()
    }
}

impl BodyTag {
    /// The tag; without a key it has the empty key, which the service refuses.
    fn into_tag(self) -> Tag {
        Tag { key: self.key.unwrap_or_default(), value: self.value.unwrap_or_default() }
    }
}

fn timeout_minutes(timeout: i64) -> Result<u64, Refusal> {
    u64::try_from(timeout).map_err(|_| Refusal::InvalidParameterValue {
        parameter: "Timeout",
        value: timeout.to_string(),
        expected: "a number of minutes from 10 to 4320",
    })
}
