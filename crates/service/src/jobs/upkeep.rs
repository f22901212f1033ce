//! What time ends: uploads that nobody writes, licences of those who are gone, and rows of what is over.

use std::sync::Arc;
use std::time::Duration;

use catalog::SegmentState;
use tokio::sync::watch;

use crate::ServiceError;
use crate::region::Region;
use crate::service::Service;

const PAUSE: Duration = Duration::from_secs(5);
/// How long a job that is over is remembered after its last lease: far longer than an attempt asks again for a commit
/// whose answer was lost.
const ENDED_JOBS_KEPT: Duration = Duration::from_secs(600);

/// Looks after the region until told to stop.
pub(super) async fn run(service: Service, region: Arc<Region>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look_after(&service, &region).await {
            tracing::warn!(%error, region = %region.name, "upkeep failed; it is tried again");
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = service.shared.clock.sleep(PAUSE) => {}
        }
    }
}

/// Does once what there is to do. Each step is bounded; what is left is done the next time.
pub(crate) async fn look_after(service: &Service, region: &Region) -> Result<(), ServiceError> {
    let now = service.shared.clock.now();
    for snapshot in region.catalog.expire_uploads(now).await? {
        tracing::info!(%snapshot, region = %region.name, "an upload has expired");
        region.uploads.abandon(snapshot);
    }
    for session in region.catalog.fence_expired_sessions(now).await? {
        tracing::info!(?session, region = %region.name, "a session's lease has ended");
    }
    region.catalog.purge_deleted().await?;
    // Jobs first: they hold the sessions of their last attempts.
    region.catalog.prune_jobs(now.plus_ms(-(ENDED_JOBS_KEPT.as_millis() as i64))).await?;
    region.catalog.prune_sessions().await?;
    sweep_staging(region).await
}

/// Removes staged files that nobody will ask for: their segments are published, or belong to no session any more.
async fn sweep_staging(region: &Region) -> Result<(), ServiceError> {
    for segment in region.store.staged_segments().await? {
        let record = region.catalog.segment(segment).await?;
        if record.is_none_or(|record| record.state != SegmentState::Intent) {
            region.store.remove_staged(segment).await?;
            tracing::info!(?segment, region = %region.name, "a staged file was left over; it is removed");
        }
    }
    Ok(())
}
