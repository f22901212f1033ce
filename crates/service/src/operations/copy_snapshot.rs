//! CopySnapshot.
//!
//! Judged in Amazon's order: what the request says by itself, then permission, then DryRun, then what it says about
//! the world. Source and bytes are looked at by the job; most of what is wrong with them shows later as `error`.

use catalog::{CopySource, CreateRefused, NewCopy, Quotas};
use ebs::compat::{MissingSource, PresignedUrlRule};
use ebs::limits::COMPLETION_DURATION_MINUTES;
use ebs::operation::copy_snapshot::{CopySnapshotReply, CopySnapshotRequest, PresignedCopy};
use ebs::{Refusal, RegionName, SnapshotId, TransferType, tag};

use super::{description, dry_run};
use crate::{Call, ServiceError};

impl Call {
    /// Accepts a copy into the region that was called. When this returns, the pending snapshot, its tags and its job
    /// are durable together.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] for everything that is judged before the copy is accepted.
    ///
    /// Source: EC2 API 2016-11-15, CopySnapshot, as documented on 2019-11-15.
    pub async fn copy_snapshot(
        &self,
        request: &CopySnapshotRequest,
    ) -> Result<CopySnapshotReply, ServiceError> {
        let compat = &self.service.shared.settings.compat;
        let source_region = self.served_region(&request.source_region)?;
        let transfer_type = transfer_type(request.completion_duration_minutes)?;
        let tags = tag::for_new_snapshot(&request.tag_specifications, compat.tag_lengths)?;
        let description = description(request.description.as_ref())?;
        refuse_unsupported(request)?;
        dry_run(request.dry_run)?;
        self.check_destination(request)?;
        let source_lineage = self.source_lineage(&source_region, request.source_snapshot).await?;
        let source = CopySource { region: source_region, snapshot: request.source_snapshot };
        let copy = NewCopy {
            id: SnapshotId::draw(&*self.service.shared.randomness),
            account: self.account(),
            description,
            start_time: self.now,
            transfer_type,
            tags,
            source,
            source_lineage,
            job_payload: Vec::new(),
        };
        self.region.catalog.create_copy(&copy, &self.copy_quotas()).await.map_err(refusal)?;
        self.region.job_added.notify_one();
        Ok(CopySnapshotReply { snapshot: copy.id, tags: copy.tags })
    }

    fn served_region(&self, name: &str) -> Result<RegionName, Refusal> {
        let region = name.parse().ok().filter(|name| self.service.shared.regions.contains_key(name));
        region.ok_or_else(|| Refusal::InvalidRegion(name.to_owned()))
    }

    /// What the request says of its destination must be this region.
    fn check_destination(&self, request: &CopySnapshotRequest) -> Result<(), Refusal> {
        let here = self.region.name.as_str();
        if let Some(named) = request.destination_region.as_ref().filter(|named| *named != here) {
            let current = self.region.name.clone();
            return Err(Refusal::DestinationRegionMismatch { requested: named.clone(), current });
        }
        if self.service.shared.settings.compat.presigned_url == PresignedUrlRule::Ignore {
            return Ok(());
        }
        match &request.presigned_url {
            None => Ok(()),
            Some(PresignedCopy::NotHttp) => Err(Refusal::PresignedUrlScheme),
            Some(PresignedCopy::Statement { source_snapshot, destination_region, .. }) => {
                check_statement(request.source_snapshot, source_snapshot, destination_region, here)
            }
        }
    }

    /// The lineage of the source, as far as the caller may see it now.
    async fn source_lineage(
        &self,
        region: &RegionName,
        snapshot: SnapshotId,
    ) -> Result<Option<SnapshotId>, ServiceError> {
        let Some(region) = self.service.shared.regions.get(region) else { return Ok(None) };
        let found = region.catalog.snapshot(self.account(), snapshot).await?;
        let must_exist = self.service.shared.settings.compat.missing_source == MissingSource::Sync;
        if found.is_none() && must_exist {
            return Err(Refusal::SnapshotNotFound(snapshot).into());
        }
        Ok(found.map(|found| found.lineage))
    }

    fn copy_quotas(&self) -> Quotas {
        let settings = &self.service.shared.settings;
        match settings.queue_copies {
            true => Quotas { copies_in_flight: u32::MAX, ..settings.quotas },
            false => settings.quotas,
        }
    }
}

fn transfer_type(minutes: Option<i64>) -> Result<TransferType, Refusal> {
    let Some(asked) = minutes else { return Ok(TransferType::Standard) };
    let (least, most) = COMPLETION_DURATION_MINUTES;
    let legal = |minutes: &u32| (least..=most).contains(minutes) && minutes.is_multiple_of(least);
    let minutes = u32::try_from(asked).ok().filter(legal).ok_or(Refusal::CompletionDuration(asked))?;
    Ok(TransferType::TimeBased { minutes })
}

fn refuse_unsupported(request: &CopySnapshotRequest) -> Result<(), Refusal> {
    if request.kms_key_id.is_some() && request.encrypted != Some(true) {
        return Err(Refusal::ParameterRequires("KmsKeyId", "Encrypted"));
    }
    let unsupported = [
        (request.encrypted == Some(true), "Encrypted"),
        (request.destination_availability_zone.is_some(), "DestinationAvailabilityZone"),
        (request.destination_outpost.is_some(), "DestinationOutpostArn"),
    ];
    match unsupported.into_iter().find(|(given, _)| *given) {
        Some((_, parameter)) => Err(Refusal::Unsupported(parameter)),
        None => Ok(()),
    }
}

fn check_statement(
    requested: SnapshotId,
    source_snapshot: &Option<String>,
    destination_region: &Option<String>,
    here: &str,
) -> Result<(), Refusal> {
    let presigned = source_snapshot.clone().unwrap_or_default();
    if presigned != requested.to_string() {
        return Err(Refusal::PresignedUrlSource { presigned, requested });
    }
    let presigned = destination_region.clone().unwrap_or_default();
    if presigned != here {
        return Err(Refusal::PresignedUrlDestination { presigned });
    }
    Ok(())
}

fn refusal(error: CreateRefused) -> ServiceError {
    match error {
        CreateRefused::TooManyCopies { limit } => Refusal::TooManyCopies { limit }.into(),
        CreateRefused::TooManySnapshots { limit } => Refusal::TooManySnapshots { limit }.into(),
        CreateRefused::IdTaken(_) => ServiceError::Unavailable(std::sync::Arc::new(error)),
        CreateRefused::Catalog(error) => error.into(),
    }
}
