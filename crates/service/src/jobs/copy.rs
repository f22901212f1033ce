//! The job that copies a snapshot.

use std::sync::Arc;

use block_store::{CopyProgress, DomainKeys, SnapshotTree, copy_tree};
use catalog::{CatalogError, CopySource, SnapshotRecord};
use ebs::{BLOCK_BYTES, SessionId, SnapshotState};

use super::attempt::{Attempt, Outcome};
use super::observer::JobFailure;
use crate::region::Region;

/// The source, open for reading: its root is pinned in its own region for as long as the session lasts.
struct OpenSource {
    region: Arc<Region>,
    session: SessionId,
    record: SnapshotRecord,
}

pub(super) async fn run(attempt: &Attempt) -> Outcome {
    let source = match open_source(attempt).await {
        Ok(source) => source,
        Err(outcome) => return outcome,
    };
    let outcome = tokio::select! {
        copied = copy(attempt, &source) => match copied {
            Ok(outcome) | Err(outcome) => outcome,
        },
        lost = keep_source(attempt, &source) => lost,
    };
    if let Err(error) = source.region.catalog.close_session(source.session).await {
        tracing::warn!(%error, "a read session is left until its lease ends");
    }
    outcome
}

async fn open_source(attempt: &Attempt) -> Result<OpenSource, Outcome> {
    let not_found = || Outcome::Impossible(JobFailure::SourceNotFound);
    let copy = &attempt.job.snapshot;
    let CopySource { region, snapshot } = copy.source.as_ref().ok_or_else(not_found)?;
    let region = attempt.service.shared.regions.get(region).ok_or_else(not_found)?;
    // Who owns the copy must be able to see the source, now and not only when the copy was asked for.
    let visible = region.catalog.snapshot(copy.snapshot.owner, *snapshot).await?;
    match visible.map(|record| record.snapshot.state) {
        None => return Err(not_found()),
        Some(SnapshotState::Pending | SnapshotState::Error) => {
            return Err(Outcome::Impossible(JobFailure::SourceNotComplete));
        }
        Some(SnapshotState::Completed) => {}
    }
    let node = &attempt.service.shared.settings.node;
    let opened = region.catalog.open_read_session(node, attempt.lease_until(), *snapshot).await?;
    let (session, record) = opened.ok_or_else(not_found)?;
    Ok(OpenSource { region: Arc::clone(region), session, record })
}

/// Gives signs of life in the source's region; ends if that session is over, and the walk must begin again.
async fn keep_source(attempt: &Attempt, source: &OpenSource) -> Outcome {
    loop {
        attempt.sleep(attempt.lease() / 4).await;
        match source.region.catalog.renew_session(source.session, attempt.lease_until()).await {
            Ok(true) => {}
            Ok(false) => return Outcome::Failed(Arc::new(CatalogError::Fenced)),
            Err(error) => return Outcome::Failed(Arc::new(error)),
        }
    }
}

async fn copy(attempt: &Attempt, source: &OpenSource) -> Result<Outcome, Outcome> {
    let (region, session) = (&attempt.region, attempt.job.session);
    let copy = &attempt.job.snapshot.snapshot;
    let tree = source.region.tree_of(&source.record).await?;
    region.catalog.note_copy_metadata(session, tree.volume_size(), source.record.lineage).await?;
    let keys = region.domains.of_account(copy.owner, &*attempt.service.shared.randomness).await?;
    let all_bytes = tree.present_blocks() * BLOCK_BYTES as u64;
    let same_domain = source.record.domain == Some(keys.domain());
    if Arc::ptr_eq(&source.region, region) && same_domain {
        // The pin is this attempt's own: the commit succeeds only if it has held all the time.
        if region.catalog.pin_root(session, source.record.snapshot.id).await?.is_none() {
            return Ok(Outcome::Impossible(JobFailure::SourceNotFound));
        }
        let written = region.store.share_snapshot(&keys, session, copy.id, &tree).await?;
        return Ok(attempt.completed(&written, 0, all_bytes));
    }
    let base = base(attempt, source, &keys).await?;
    let copied = copy_tree(&region.store, keys, session, copy.id, &tree, base, attempt).await?;
    let shared = all_bytes.saturating_sub(copied.blocks_moved * BLOCK_BYTES as u64);
    Ok(attempt.completed(&copied.written, copied.bytes_moved, shared))
}

/// The newest completed copy of the source's lineage in the destination, its root pinned. Without one, or if its root
/// is damaged, everything that the index does not know is moved.
async fn base(
    attempt: &Attempt,
    source: &OpenSource,
    keys: &DomainKeys,
) -> Result<Option<SnapshotTree>, Outcome> {
    let catalog = &attempt.region.catalog;
    let owner = attempt.job.snapshot.snapshot.owner;
    let newest = catalog.newest_completed_copy(owner, &source.region.name, source.record.lineage).await?;
    let Some(newest) = newest.filter(|newest| newest.domain == Some(keys.domain())) else { return Ok(None) };
    if catalog.pin_root(attempt.job.session, newest.snapshot.id).await?.is_none() {
        return Ok(None);
    }
    match attempt.region.tree_of(&newest).await {
        Ok(tree) => Ok(Some(tree)),
        Err(error) => match error.damage() {
            Some(damage) => {
                tracing::error!(%damage, snapshot = %newest.snapshot.id, "an earlier copy is damaged and not built upon");
                Ok(None)
            }
            None => Err(error.into()),
        },
    }
}

impl CopyProgress for Attempt {
    fn advanced(&self, done: u64, total: u64, _moved: u64) {
        self.advance(done, total);
    }
}
