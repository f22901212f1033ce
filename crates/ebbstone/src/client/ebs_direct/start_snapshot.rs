//! StartSnapshot.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html>.

use bytes::Bytes;
use ebs::{SnapshotId, Tag, VolumeSize};
use http::Method;
use serde::{Deserialize, Serialize};

use super::{call, json};
use crate::client::Client;
use crate::client::error::ClientError;

const OPERATION: &str = "StartSnapshot";

/// What upload to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartOrder {
    /// Size of the volume; at least the parent's.
    pub(crate) volume_size: VolumeSize,
    /// The snapshot whose blocks it starts with.
    pub(crate) parent: Option<SnapshotId>,
    /// Its description.
    pub(crate) description: Option<String>,
    /// Its tags.
    pub(crate) tags: Vec<Tag>,
    /// Names this order: sent again it gives the same snapshot.
    pub(crate) client_token: String,
    /// Minutes without a write after which the upload fails.
    pub(crate) timeout_minutes: u32,
}

impl Client {
    /// Begins an upload, or finds the one that the same order has begun, and gives its snapshot.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] with the service's reason; [`ClientError::Answer`] if the service works with blocks of
    /// another size.
    pub(crate) async fn start_snapshot(&self, order: &StartOrder) -> Result<SnapshotId, ClientError> {
        let mut call = call(OPERATION, Method::POST, "/snapshots".to_owned());
        call.headers.push(("content-type", "application/json".to_owned()));
        call.body = Bytes::from(body(order));
        let answer = self.send(&call).await?;
        started(&answer)
    }
}

fn body(order: &StartOrder) -> Vec<u8> {
    let body = Body {
        volume_size: order.volume_size.gib(),
        parent_snapshot_id: order.parent.map(|parent| parent.to_string()),
        description: order.description.as_deref(),
        tags: order.tags.iter().map(|tag| BodyTag { key: &tag.key, value: &tag.value }).collect(),
        client_token: &order.client_token,
        timeout: order.timeout_minutes,
    };
    serde_json::to_vec(&body).expect("numbers and texts always serialize")
}

fn started(body: &[u8]) -> Result<SnapshotId, ClientError> {
    let answer: Answer = json(OPERATION, body)?;
    let refused = |problem| ClientError::Answer { operation: OPERATION, problem };
    if answer.block_size.is_some_and(|size| size != ebs::BLOCK_BYTES as u64) {
        return Err(refused("blocks are not of 524288 bytes"));
    }
    answer.snapshot_id.parse().map_err(|_| refused("it has no snapshot id"))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    volume_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_snapshot_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<BodyTag<'a>>,
    client_token: &'a str,
    timeout: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BodyTag<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    snapshot_id: String,
    block_size: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::{StartOrder, body, started};
    use ebs::{Tag, VolumeSize};

    #[test]
    fn the_body_has_what_was_ordered() {
        let order = StartOrder {
            volume_size: VolumeSize::from_gib(2).expect("a size"),
            parent: Some("snap-00000001".parse().expect("an id")),
            description: None,
            tags: vec![Tag { key: "a\"b".to_owned(), value: String::new() }],
            client_token: "t".to_owned(),
            timeout_minutes: 60,
        };
        assert_eq!(
            String::from_utf8(body(&order)).expect("text"),
            r#"{"VolumeSize":2,"ParentSnapshotId":"snap-00000001","Tags":[{"Key":"a\"b","Value":""}],"ClientToken":"t","Timeout":60}"#
        );
    }

    #[test]
    fn the_answer_names_the_snapshot() {
        let answer =
            br#"{"SnapshotId":"snap-00000002","BlockSize":524288,"StartTime":1.79E9,"KmsKeyArn":null}"#;
        assert_eq!(started(answer).expect("started").to_string(), "snap-00000002");
        for answer in
            [&b"{}"[..], br#"{"SnapshotId":"x"}"#, br#"{"SnapshotId":"snap-00000002","BlockSize":4096}"#]
        {
            assert!(started(answer).is_err());
        }
    }
}
