//! DescribeSnapshots.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>.

use ebs::SnapshotId;
use serde::Serialize;

use super::{Form, VERSION, call, root};
use crate::client::Client;
use crate::client::endpoint::Service;
use crate::client::error::ClientError;
use crate::client::transport::Repeat;
use crate::client::xml_element::Element;

const OPERATION: &str = "DescribeSnapshots";
/// Size of the pages that are asked for.
const PAGE: &str = "1000";
/// Most pages that are read: more snapshots than an account may have.
const PAGES_MAX: usize = 10_000;

/// Which snapshots to describe: those that match everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DescribeOrder {
    /// Only these; every one of them must exist.
    pub(crate) snapshots: Vec<SnapshotId>,
    /// Only those of these owners: account ids, `self`, `amazon`.
    pub(crate) owners: Vec<String>,
    /// Names of filters with the values of which one must match.
    pub(crate) filters: Vec<(String, Vec<String>)>,
}

/// A snapshot as EC2 describes it, under the names that SDKs use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SnapshotDescription {
    /// Its id.
    pub(crate) snapshot_id: String,
    /// The volume it was taken of; arbitrary if there was none.
    pub(crate) volume_id: String,
    /// `pending`, `completed`, `error`, or another state of Amazon's service.
    pub(crate) state: String,
    /// Why it is in that state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state_message: Option<String>,
    /// Per cent done, with the sign: `80%`.
    pub(crate) progress: String,
    /// When it was begun, ISO 8601.
    pub(crate) start_time: String,
    /// When it was completed, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) completion_time: Option<String>,
    /// Its owner's account.
    pub(crate) owner_id: String,
    /// Size of the volume in GiB; 0 while it is not known.
    pub(crate) volume_size: u64,
    /// Bytes of all its blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) full_snapshot_size_in_bytes: Option<u64>,
    /// Its description.
    pub(crate) description: String,
    /// Whether it is encrypted under a key of the account's choice.
    pub(crate) encrypted: bool,
    /// The key's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key_id: Option<String>,
    /// Its tags, in the order of the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<TagDescription>,
}

/// A tag as EC2 describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagDescription {
    /// The key.
    pub(crate) key: String,
    /// The value.
    pub(crate) value: String,
}

impl Client {
    /// All snapshots that `order` asks for, in the order of the answer. Pages are put together.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] if one that is named does not exist or the caller may not describe snapshots; whatever
    /// else keeps a call from its answer.
    pub(crate) async fn describe_snapshots(
        &self,
        order: &DescribeOrder,
    ) -> Result<Vec<SnapshotDescription>, ClientError> {
        let mut snapshots = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let form = form(order, token.as_deref());
            let answer = self.send(&call(Service::Ec2, OPERATION, form, Repeat::Always)).await?;
            let page = root(OPERATION, &answer)?;
            for item in page.items("snapshotSet") {
                snapshots.push(description(item).ok_or(ClientError::Answer {
                    operation: OPERATION,
                    problem: "a snapshot without an id or a state",
                })?);
            }
            token = page.text("nextToken").filter(|token| !token.is_empty()).map(str::to_owned);
            if token.is_none() {
                return Ok(snapshots);
            }
        }
        Err(ClientError::Answer { operation: OPERATION, problem: "the pages do not end" })
    }
}

fn form(order: &DescribeOrder, token: Option<&str>) -> Form {
    let mut form = Form::new(OPERATION, VERSION);
    form.add_list("SnapshotId", order.snapshots.iter().map(SnapshotId::to_string));
    form.add_list("Owner", &order.owners);
    for (number, (name, values)) in (1..).zip(&order.filters) {
        form.add(&format!("Filter.{number}.Name"), name);
        form.add_list(&format!("Filter.{number}.Value"), values);
    }
    if order.snapshots.is_empty() {
        form.add("MaxResults", PAGE);
    }
    form.add_optional("NextToken", token);
    form
}

fn description(item: &Element) -> Option<SnapshotDescription> {
    let text = |name| item.text(name).unwrap_or_default().to_owned();
    let optional = |name| item.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(SnapshotDescription {
        snapshot_id: optional("snapshotId")?,
        volume_id: text("volumeId"),
        state: optional("status")?,
        state_message: optional("statusMessage"),
        progress: text("progress"),
        start_time: text("startTime"),
        completion_time: optional("completionTime"),
        owner_id: text("ownerId"),
        volume_size: text("volumeSize").parse().unwrap_or(0),
        full_snapshot_size_in_bytes: optional("fullSnapshotSizeInBytes").and_then(|bytes| bytes.parse().ok()),
        description: text("description"),
        encrypted: item.text("encrypted") == Some("true"),
        kms_key_id: optional("kmsKeyId"),
        tags: item.items("tagSet").map(tag).collect(),
    })
}

fn tag(item: &Element) -> TagDescription {
    let text = |name| item.text(name).unwrap_or_default().to_owned();
    TagDescription { key: text("key"), value: text("value") }
}

#[cfg(test)]
mod tests {
    use super::{DescribeOrder, description, form};
    use crate::client::xml_element::Element;

    #[test]
    fn orders_become_parameters() {
        let id = "snap-0123456789abcdef0".parse().expect("an id");
        let by_id = DescribeOrder { snapshots: vec![id], ..DescribeOrder::default() };
        assert_eq!(
            form(&by_id, None).into_text(),
            "Action=DescribeSnapshots&Version=2016-11-15&SnapshotId.1=snap-0123456789abcdef0",
            "ids and pages exclude each other"
        );
        let filtered = DescribeOrder {
            owners: vec!["self".to_owned()],
            filters: vec![("tag:a b".to_owned(), vec!["1".to_owned(), "2".to_owned()])],
            ..DescribeOrder::default()
        };
        assert_eq!(
            form(&filtered, Some("t+/=")).into_text(),
            "Action=DescribeSnapshots&Version=2016-11-15&Owner.1=self&Filter.1.Name=tag%3Aa%20b&Filter.1.Value.1=1\
            &Filter.1.Value.2=2&MaxResults=1000&NextToken=t%2B%2F%3D"
        );
    }

    #[test]
    fn answers_become_descriptions() {
        let xml = b"<item><snapshotId>snap-1</snapshotId><volumeId>vol-ffffffff</volumeId><status>error</status>\
            <statusMessage>Source snapshot is not found</statusMessage><startTime>2026-09-25T16:43:33.137Z</startTime>\
            <progress>0%</progress><ownerId>111122223333</ownerId><volumeSize>8</volumeSize>\
            <description>a &amp; b</description><encrypted>false</encrypted>\
            <fullSnapshotSizeInBytes>524288</fullSnapshotSizeInBytes>\
            <tagSet><item><key>k</key><value/></item></tagSet></item>";
        let found = description(&Element::parse(xml).expect("XML")).expect("a snapshot");
        assert_eq!((found.snapshot_id.as_str(), found.state.as_str()), ("snap-1", "error"));
        assert_eq!(found.state_message.as_deref(), Some("Source snapshot is not found"));
        assert_eq!((found.volume_size, found.full_snapshot_size_in_bytes), (8, Some(524_288)));
        assert_eq!((found.description.as_str(), found.encrypted), ("a & b", false));
        assert_eq!((found.tags[0].key.as_str(), found.tags[0].value.as_str()), ("k", ""));
        let nameless = Element::parse(b"<item><status>error</status></item>").expect("XML");
        assert_eq!(description(&nameless), None);
    }
}
