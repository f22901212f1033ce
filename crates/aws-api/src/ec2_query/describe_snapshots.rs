//! DescribeSnapshots.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>.

use ebs::operation::describe_snapshots::DescribeSnapshotsRequest;
use ebs::operation::{Page, SnapshotCursor};
use ebs::snapshot::ARBITRARY_VOLUME_ID;
use ebs::{Refusal, Snapshot, TransferType, VolumeSize};

use super::{Ec2Action, envelope, filters, page, tags};
use crate::form::Fields;
use crate::token::TokenContext;
use crate::token::page::Listing;
use crate::xml::Xml;
use crate::{HttpAnswer, iso8601};

/// The request that `fields` make.
///
/// # Errors
/// Refuses snapshot ids together with a page, and then whatever has not the form of its type, too many filters, and
/// a token that was not given for this request.
pub fn decode(fields: &Fields<'_>, context: &TokenContext<'_>) -> Result<DescribeSnapshotsRequest, Refusal> {
    let snapshot_ids = fields.texts("SnapshotId");
    if !snapshot_ids.is_empty() {
        page::refuse_with_ids(fields, "SnapshotId")?;
    }
    let mut request = DescribeSnapshotsRequest {
        snapshot_ids,
        owners: fields.texts("Owner"),
        restorable_by: fields.texts("RestorableBy"),
        filters: filters::decode(fields)?,
        page: Page { max_results: page::max_results(fields)?, after: None },
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    };
    if let Some(token) = fields.text("NextToken") {
        request.page.after = Some(Listing::of_snapshots(context, &request).open(context, token)?);
    }
    Ok(request)
}

/// The answer up to its first snapshot. [`members`] follow, as often as there are more, and then [`end`].
pub fn begin(request_id: &str) -> HttpAnswer {
    envelope::begin_set(Ec2Action::DescribeSnapshots, request_id, SET)
}

/// The part of the answer that shows `snapshots`.
pub fn members(snapshots: &[Snapshot]) -> Vec<u8> {
    Xml::members(snapshots, item)
}

/// The end of the answer to `request`; `next` is where its next page begins, if there is one.
pub fn end(
    request: &DescribeSnapshotsRequest,
    next: Option<SnapshotCursor>,
    context: &TokenContext<'_>,
) -> Vec<u8> {
    let next = next.map(|cursor| Listing::of_snapshots(context, request).seal(context, &cursor));
    envelope::end_set(Ec2Action::DescribeSnapshots, SET, next)
}

const SET: &str = "snapshotSet";

fn item(xml: &mut Xml, snapshot: &Snapshot) {
    xml.text("snapshotId", snapshot.id);
    xml.text("volumeId", ARBITRARY_VOLUME_ID);
    xml.text("status", snapshot.state);
    xml.optional("statusMessage", snapshot.state_message.as_ref());
    xml.text("startTime", iso8601::format(snapshot.start_time));
    xml.optional("completionTime", snapshot.completion_time.map(iso8601::format));
    xml.text("progress", format_args!("{}%", snapshot.progress_percent));
    xml.text("ownerId", snapshot.owner);
    xml.text("volumeSize", snapshot.volume_size.map_or(0, VolumeSize::gib));
    xml.optional("fullSnapshotSizeInBytes", snapshot.full_size_bytes);
    xml.text("description", &snapshot.description);
    xml.text("encrypted", false);
    xml.text("storageTier", "standard");
    xml.text("transferType", snapshot.transfer_type.as_str());
    if let TransferType::TimeBased { minutes } = snapshot.transfer_type {
        xml.text("completionDurationMinutes", minutes);
    }
    tags::encode(xml, &snapshot.tags);
}
