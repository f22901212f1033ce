//! The EC2 API: forms in, XML out.
//!
//! Parameters that an action does not know are tolerated, so that newer clients work, unless their first part is
//! one of the action's in any case of letters: `Owner=self` or `tag.1.Key` is a slip that would otherwise change
//! what the request means, up to deleting every tag instead of one.
//!
//! Source: Amazon EC2 API reference, version 2016-11-15.

pub mod copy_snapshot;
pub mod create_tags;
pub mod delete_snapshot;
pub mod delete_tags;
pub mod describe_availability_zones;
pub mod describe_regions;
pub mod describe_snapshots;
pub mod describe_tags;
pub(crate) mod envelope;
mod filters;
mod page;
mod parameters;
mod presigned_copy;
mod tags;
#[cfg(test)]
mod tests;

use ebs::Refusal;
use ebs::operation::copy_snapshot::{CopySnapshotReply, CopySnapshotRequest};
use ebs::operation::create_tags::CreateTagsRequest;
use ebs::operation::delete_snapshot::DeleteSnapshotRequest;
use ebs::operation::delete_tags::DeleteTagsRequest;
use ebs::operation::describe_availability_zones::{
    DescribeAvailabilityZonesReply, DescribeAvailabilityZonesRequest,
};
use ebs::operation::describe_regions::{DescribeRegionsReply, DescribeRegionsRequest};
use ebs::operation::describe_snapshots::DescribeSnapshotsRequest;
use ebs::operation::describe_tags::DescribeTagsRequest;

use crate::form::Form;
use crate::token::TokenContext;
use crate::{ApiError, HttpAnswer, WireError};

pub use parameters::unknown_parameters;

/// The API version that is served.
pub const VERSION: &str = "2016-11-15";

/// An action of the EC2 API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are the names of Amazon's actions")]
pub enum Ec2Action {
    CopySnapshot,
    CreateTags,
    DeleteSnapshot,
    DeleteTags,
    DescribeAvailabilityZones,
    DescribeRegions,
    DescribeSnapshots,
    DescribeTags,
}

/// A decoded request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the names of Amazon's actions")]
pub enum Ec2Request {
    CopySnapshot(CopySnapshotRequest),
    CreateTags(CreateTagsRequest),
    DeleteSnapshot(DeleteSnapshotRequest),
    DeleteTags(DeleteTagsRequest),
    DescribeAvailabilityZones(DescribeAvailabilityZonesRequest),
    DescribeRegions(DescribeRegionsRequest),
    DescribeSnapshots(DescribeSnapshotsRequest),
    DescribeTags(DescribeTagsRequest),
}

/// A reply to encode. Those of [`describe_snapshots`] and [`describe_tags`] are not among them: they are told in parts.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the variants are the names of Amazon's actions")]
pub enum Ec2Reply<'a> {
    CopySnapshot(&'a CopySnapshotReply),
    CreateTags,
    DeleteSnapshot,
    DeleteTags,
    DescribeAvailabilityZones(&'a DescribeAvailabilityZonesReply),
    DescribeRegions(&'a DescribeRegionsReply),
}

impl Ec2Action {
    /// Every action that is served, sorted by name.
    pub const ALL: [Self; 8] = [
        Self::CopySnapshot,
        Self::CreateTags,
        Self::DeleteSnapshot,
        Self::DeleteTags,
        Self::DescribeAvailabilityZones,
        Self::DescribeRegions,
        Self::DescribeSnapshots,
        Self::DescribeTags,
    ];

    /// The action's name, as in the parameter `Action` and, after `ec2:`, in policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::CopySnapshot => "CopySnapshot",
            Self::CreateTags => "CreateTags",
            Self::DeleteSnapshot => "DeleteSnapshot",
            Self::DeleteTags => "DeleteTags",
            Self::DescribeAvailabilityZones => "DescribeAvailabilityZones",
            Self::DescribeRegions => "DescribeRegions",
            Self::DescribeSnapshots => "DescribeSnapshots",
            Self::DescribeTags => "DescribeTags",
        }
    }

    /// The action that `form` asks for, in the version that is served.
    ///
    /// # Errors
    /// [`WireError::MissingAction`], [`WireError::UnknownAction`] and [`WireError::UnknownVersion`];
    /// [`Refusal::MissingParameter`] if there is no version.
    pub fn of(form: &Form) -> Result<Self, ApiError> {
        let name = form.text("Action").filter(|name| !name.is_empty()).ok_or(WireError::MissingAction)?;
        let action = Self::ALL.into_iter().find(|action| action.name() == name);
        let action = action.ok_or_else(|| WireError::UnknownAction(name.to_owned()))?;
        match form.text("Version") {
            Some(VERSION) => Ok(action),
            Some(other) => Err(WireError::UnknownVersion(other.to_owned(), VERSION).into()),
            None => Err(Refusal::MissingParameter("Version").into()),
        }
    }
}

impl Ec2Request {
    /// The action that is asked for.
    pub fn action(&self) -> Ec2Action {
        match self {
            Self::CopySnapshot(_) => Ec2Action::CopySnapshot,
            Self::CreateTags(_) => Ec2Action::CreateTags,
            Self::DeleteSnapshot(_) => Ec2Action::DeleteSnapshot,
            Self::DeleteTags(_) => Ec2Action::DeleteTags,
            Self::DescribeAvailabilityZones(_) => Ec2Action::DescribeAvailabilityZones,
            Self::DescribeRegions(_) => Ec2Action::DescribeRegions,
            Self::DescribeSnapshots(_) => Ec2Action::DescribeSnapshots,
            Self::DescribeTags(_) => Ec2Action::DescribeTags,
        }
    }
}

/// The request that `form` makes. Ids, tags and regions are left as the client wrote them where the service judges
/// them.
///
/// # Errors
/// [`ApiError::Wire`] if the form is no request of this API, [`ApiError::Refused`] if a parameter is missing or does
/// not have the form of its type, or if parameters exclude one another.
pub fn decode(form: &Form, context: &TokenContext<'_>) -> Result<Ec2Request, ApiError> {
    let action = Ec2Action::of(form)?;
    parameters::refuse_slips(form, action)?;
    let fields = form.fields();
    Ok(match action {
        Ec2Action::CopySnapshot => Ec2Request::CopySnapshot(copy_snapshot::decode(&fields)?),
        Ec2Action::CreateTags => Ec2Request::CreateTags(create_tags::decode(&fields)?),
        Ec2Action::DeleteSnapshot => Ec2Request::DeleteSnapshot(delete_snapshot::decode(&fields)?),
        Ec2Action::DeleteTags => Ec2Request::DeleteTags(delete_tags::decode(&fields)?),
        Ec2Action::DescribeAvailabilityZones => {
            Ec2Request::DescribeAvailabilityZones(describe_availability_zones::decode(&fields)?)
        }
        Ec2Action::DescribeRegions => Ec2Request::DescribeRegions(describe_regions::decode(&fields)?),
        Ec2Action::DescribeSnapshots => {
            Ec2Request::DescribeSnapshots(describe_snapshots::decode(&fields, context)?)
        }
        Ec2Action::DescribeTags => Ec2Request::DescribeTags(describe_tags::decode(&fields, context)?),
    })
}

/// The answer that says `reply`.
pub fn encode(reply: &Ec2Reply<'_>, request_id: &str) -> HttpAnswer {
    match *reply {
        Ec2Reply::CopySnapshot(reply) => copy_snapshot::encode(reply, request_id),
        Ec2Reply::CreateTags => envelope::done(Ec2Action::CreateTags, request_id),
        Ec2Reply::DeleteSnapshot => envelope::done(Ec2Action::DeleteSnapshot, request_id),
        Ec2Reply::DeleteTags => envelope::done(Ec2Action::DeleteTags, request_id),
        Ec2Reply::DescribeAvailabilityZones(reply) => describe_availability_zones::encode(reply, request_id),
        Ec2Reply::DescribeRegions(reply) => describe_regions::encode(reply, request_id),
    }
}
