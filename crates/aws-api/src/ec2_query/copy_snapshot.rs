//! CopySnapshot.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html>, text of 2019-11-15.

use ebs::operation::copy_snapshot::{CopySnapshotReply, CopySnapshotRequest};
use ebs::{Refusal, SnapshotId};

use super::{Ec2Action, envelope, presigned_copy, tags};
use crate::HttpAnswer;
use crate::form::Fields;

/// The request that `fields` make.
///
/// # Errors
/// In this order, as Amazon's service checks: no source snapshot, one that has not the form of an id or only zeros for
/// digits, no source region; then whatever has not the form of its type.
pub fn decode(fields: &Fields<'_>) -> Result<CopySnapshotRequest, Refusal> {
    let source_snapshot = fields.required("SourceSnapshotId")?;
    let source_snapshot: SnapshotId = source_snapshot.parse().map_err(|_| Refusal::CopySourceMalformed)?;
    if source_snapshot.is_zeros() {
        return Err(Refusal::CopySourceMalformed);
    }
    let source_region = fields.required("SourceRegion")?.to_owned();
    Ok(CopySnapshotRequest {
        source_region,
        source_snapshot,
        description: fields.owned("Description"),
        destination_region: fields.owned("DestinationRegion"),
        completion_duration_minutes: fields.integer("CompletionDurationMinutes")?,
        encrypted: fields.boolean("Encrypted")?,
        kms_key_id: fields.owned("KmsKeyId"),
        presigned_url: fields.text("PresignedUrl").map(presigned_copy::decode).transpose()?,
        destination_availability_zone: fields.owned("DestinationAvailabilityZone"),
        destination_outpost: fields.owned("DestinationOutpostArn"),
        tag_specifications: tags::decode_specifications(fields),
        dry_run: fields.boolean("DryRun")?.unwrap_or(false),
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &CopySnapshotReply, request_id: &str) -> HttpAnswer {
    envelope::success(Ec2Action::CopySnapshot, request_id, |xml| {
        tags::encode(xml, &reply.tags);
        xml.text("snapshotId", reply.snapshot);
    })
}
