//! DescribeSnapshots.

use ebs::operation::SnapshotCursor;
use ebs::operation::describe_snapshots::DescribeSnapshotsRequest;
use ebs::snapshot::ARBITRARY_VOLUME_ID;
use ebs::{AccountId, Filter, Refusal, Snapshot, SnapshotId};

use super::pager::Pager;
use super::{check_filters, dry_run, is_tag_filter, snapshot_ids};
use crate::{Call, ServiceError, iso8601};

/// Rows read at once. They have few tags together, or they are fewer.
const ROWS_AT_ONCE: u32 = 128;
/// Rows read at once by id, each of which may have all the tags that it can have.
const IDS_AT_ONCE: usize = 4;

const FILTERS: [&str; 14] = [
    "description",
    "encrypted",
    "owner-alias",
    "owner-id",
    "progress",
    "snapshot-id",
    "start-time",
    "status",
    "storage-tier",
    "transfer-type",
    "volume-id",
    "volume-size",
    "tag-key",
    "tag-value",
];

/// What DescribeSnapshots answers, part by part: never more is in memory than a part.
pub struct SnapshotListing {
    call: Call,
    request: DescribeSnapshotsRequest,
    /// What is left of the snapshots that were asked for by id, if any were.
    ids: Option<std::vec::IntoIter<SnapshotId>>,
    pager: Pager<SnapshotCursor>,
}

impl Call {
    /// The snapshots that the caller may create volumes from, newest first, those asked for by id ascending, as far
    /// as owners and filters let through. A paged call looks at a bounded number of rows and may answer with a short
    /// page and a token.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`] of the first id that the caller cannot see.
    ///
    /// Source: EC2 API 2016-11-15, DescribeSnapshots.
    pub async fn describe_snapshots(
        &self,
        request: DescribeSnapshotsRequest,
    ) -> Result<SnapshotListing, ServiceError> {
        let mut ids = snapshot_ids(&request.snapshot_ids)?;
        check_filters(&request.filters, |name| FILTERS.contains(&name) || is_tag_filter(name))?;
        let visible = self.owns_what_is_asked(&request.owners, &request.restorable_by)?;
        dry_run(request.dry_run)?;
        let known = self.region.catalog.known_snapshots(self.account(), &ids).await?;
        if let Some(lacking) = ids.iter().find(|id| !known.contains(id)) {
            return Err(Refusal::SnapshotNotFound(*lacking).into());
        }
        ids.sort_unstable();
        ids.dedup();
        let mut pager = Pager::new(&request.page);
        if !visible {
            pager.end();
        }
        let ids = Some(ids).filter(|ids| !ids.is_empty()).map(Vec::into_iter);
        Ok(SnapshotListing { call: self.clone(), request, ids, pager })
    }

    /// Whether the caller's own snapshots are among those that owners and restorers let through; there are no
    /// others that a caller can see.
    fn owns_what_is_asked(&self, owners: &[String], restorable_by: &[String]) -> Result<bool, Refusal> {
        let owner = names_account(owners, self.account(), &["amazon", "aws-marketplace"])?;
        let restorer = names_account(restorable_by, self.account(), &["all"])?;
        Ok((owners.is_empty() || owner) && (restorable_by.is_empty() || restorer))
    }
}

impl SnapshotListing {
    /// The next of the snapshots, at least one; nothing once all have been told.
    ///
    /// # Errors
    /// [`ServiceError`] if the catalog cannot be read.
    pub async fn next_part(&mut self) -> Result<Option<Vec<Snapshot>>, ServiceError> {
        while !self.pager.is_over() {
            let snapshots = self.rows().await?;
            if !snapshots.is_empty() {
                return Ok(Some(snapshots));
            }
        }
        Ok(None)
    }

    /// What was asked.
    pub fn request(&self) -> &DescribeSnapshotsRequest {
        &self.request
    }

    /// Where the next page begins, if there is one; not known before all parts of this one were told.
    pub fn next_page(&self) -> Option<SnapshotCursor> {
        self.pager.next().copied()
    }

    async fn rows(&mut self) -> Result<Vec<Snapshot>, ServiceError> {
        let (catalog, account) = (&self.call.region.catalog, self.call.account());
        let rows = match &mut self.ids {
            None => {
                let most = self.pager.reads(ROWS_AT_ONCE, self.request.filters.is_empty());
                catalog.snapshots_page(account, self.pager.cursor().copied(), most).await?
            }
            Some(ids) => {
                let some = ids.by_ref().take(IDS_AT_ONCE).collect::<Vec<_>>();
                if some.is_empty() {
                    self.pager.end();
                }
                // One that was deleted since it was looked for is left out, and is not the end.
                let found = catalog.snapshots_by_id(account, &some).await?.into_iter();
                let snapshots = found.map(|record| record.snapshot);
                return Ok(snapshots.filter(|snapshot| matches(snapshot, &self.request.filters)).collect());
            }
        };
        let rows = rows.into_iter().map(|record| record.snapshot).collect();
        let place = |snapshot: &Snapshot| SnapshotCursor { start_time: snapshot.start_time, id: snapshot.id };
        Ok(self.pager.take(rows, place, |snapshot| matches(snapshot, &self.request.filters)))
    }
}

/// Whether one of `names` is this account, after all of them were judged to be account ids or `words`.
fn names_account(names: &[String], account: AccountId, words: &[&str]) -> Result<bool, Refusal> {
    let mut named = false;
    for name in names {
        if name == "self" {
            named = true;
        } else if !words.contains(&name.as_str()) {
            let id = name.parse::<AccountId>().map_err(|_| Refusal::UserIdMalformed(name.clone()))?;
            named |= id == account;
        }
    }
    Ok(named)
}

fn matches(snapshot: &Snapshot, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| matches_one(snapshot, filter))
}

fn matches_one(snapshot: &Snapshot, filter: &Filter) -> bool {
    match filter.name.as_str() {
        "description" => filter.matches(&snapshot.description),
        "encrypted" => filter.matches("false"),
        "owner-id" => filter.matches(&snapshot.owner.to_string()),
        "progress" => filter.matches(&format!("{}%", snapshot.progress_percent)),
        "snapshot-id" => filter.matches(&snapshot.id.to_string()),
        "start-time" => filter.matches(&iso8601::text(snapshot.start_time)),
        "status" => filter.matches(snapshot.state.as_str()),
        "storage-tier" => filter.matches("standard"),
        "transfer-type" => filter.matches(snapshot.transfer_type.as_str()),
        "volume-id" => filter.matches(ARBITRARY_VOLUME_ID),
        "volume-size" => {
            let gib = snapshot.volume_size.map_or(0, |size| size.gib());
            filter.matches(&gib.to_string())
        }
        "tag-key" => snapshot.tags.iter().any(|tag| filter.matches(&tag.key)),
        "tag-value" => snapshot.tags.iter().any(|tag| filter.matches(&tag.value)),
        name => name
            .strip_prefix("tag:")
            .is_some_and(|key| snapshot.tags.iter().any(|tag| tag.key == key && filter.matches(&tag.value))),
    }
}
