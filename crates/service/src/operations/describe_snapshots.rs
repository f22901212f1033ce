//! DescribeSnapshots.

use catalog::SnapshotRecord;
use ebs::limits::DESCRIBE_ROWS_SCANNED_MAX;
use ebs::operation::SnapshotCursor;
use ebs::operation::describe_snapshots::{DescribeSnapshotsReply, DescribeSnapshotsRequest};
use ebs::snapshot::ARBITRARY_VOLUME_ID;
use ebs::{AccountId, Filter, Refusal, Snapshot};

use super::{check_filters, dry_run, is_tag_filter, snapshot_ids};
use crate::{Call, ServiceError, iso8601};

/// Rows read at once.
const ROWS_AT_ONCE: u32 = 1_000;

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

impl Call {
    /// The snapshots that the caller may create volumes from, newest first, as far as owners and filters let
    /// through. A paged call looks at a bounded number of rows and may answer with a short page and a token.
    ///
    /// # Errors
    /// [`Refusal::SnapshotNotFound`] of the first id that the caller cannot see.
    ///
    /// Source: EC2 API 2016-11-15, DescribeSnapshots.
    pub async fn describe_snapshots(
        &self,
        request: &DescribeSnapshotsRequest,
    ) -> Result<DescribeSnapshotsReply, ServiceError> {
        let ids = snapshot_ids(&request.snapshot_ids)?;
        check_filters(&request.filters, |name| FILTERS.contains(&name) || is_tag_filter(name))?;
        let visible = self.owns_what_is_asked(&request.owners, &request.restorable_by)?;
        dry_run(request.dry_run)?;
        if ids.is_empty() {
            return if visible { self.page_of_snapshots(request).await } else { Ok(nothing()) };
        }
        let found = self.region.catalog.snapshots_by_id(self.account(), &ids).await?;
        let lacking = ids.iter().find(|id| !found.iter().any(|record| record.snapshot.id == **id));
        if let Some(lacking) = lacking {
            return Err(Refusal::SnapshotNotFound(*lacking).into());
        }
        let snapshots = found.into_iter().map(|record| record.snapshot);
        let matching = snapshots.filter(|snapshot| visible && matches(snapshot, &request.filters));
        Ok(DescribeSnapshotsReply { snapshots: matching.collect(), next: None })
    }

    /// Whether the caller's own snapshots are among those that owners and restorers let through; there are no
    /// others that a caller can see.
    fn owns_what_is_asked(&self, owners: &[String], restorable_by: &[String]) -> Result<bool, Refusal> {
        let owner = names_account(owners, self.account(), &["amazon", "aws-marketplace"])?;
        let restorer = names_account(restorable_by, self.account(), &["all"])?;
        Ok((owners.is_empty() || owner) && (restorable_by.is_empty() || restorer))
    }

    async fn page_of_snapshots(
        &self,
        request: &DescribeSnapshotsRequest,
    ) -> Result<DescribeSnapshotsReply, ServiceError> {
        let wanted = request.page.max_results.map(|most| most as usize);
        let scan_most = wanted.map_or(u32::MAX, |_| DESCRIBE_ROWS_SCANNED_MAX);
        let (mut snapshots, mut cursor, mut scanned) = (Vec::new(), request.page.after, 0);
        while scanned < scan_most {
            let rows = self.region.catalog.snapshots_page(self.account(), cursor, ROWS_AT_ONCE).await?;
            let is_last = rows.len() < ROWS_AT_ONCE as usize;
            scanned += ROWS_AT_ONCE;
            for SnapshotRecord { snapshot, .. } in rows {
                if wanted.is_some_and(|wanted| snapshots.len() == wanted) {
                    return Ok(DescribeSnapshotsReply { snapshots, next: cursor });
                }
                cursor = Some(SnapshotCursor { start_time: snapshot.start_time, id: snapshot.id });
                snapshots.extend(Some(snapshot).filter(|snapshot| matches(snapshot, &request.filters)));
            }
            if is_last {
                return Ok(DescribeSnapshotsReply { snapshots, next: None });
            }
        }
        Ok(DescribeSnapshotsReply { snapshots, next: cursor })
    }
}

fn nothing() -> DescribeSnapshotsReply {
    DescribeSnapshotsReply { snapshots: Vec::new(), next: None }
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
