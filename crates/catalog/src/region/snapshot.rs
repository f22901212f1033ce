//! Snapshots as rows, and the ways to read them.

use std::collections::{HashMap, HashSet};

use ebs::operation::SnapshotCursor;
use ebs::{
    AccountId, BLOCK_BYTES, DomainId, RegionName, Snapshot, SnapshotId, SnapshotOrigin, SnapshotState, Tag,
    Timestamp, TransferType, VolumeSize,
};

use super::RegionCatalog;
use crate::engine::{Engine, Row, Transaction, Value};
use crate::error::CatalogError;

/// A snapshot: what the API shows of it, and what the API does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRecord {
    /// What the API shows.
    pub snapshot: Snapshot,
    /// The snapshot whose blocks it started with.
    pub parent: Option<SnapshotId>,
    /// The first snapshot of the chain that it belongs to: its parent's lineage, its source's, or itself.
    pub lineage: SnapshotId,
    /// Where it was copied from.
    pub source: Option<CopySource>,
    /// The place of its root, once it is completed. The catalog does not look into it.
    pub root: Option<Vec<u8>>,
    /// The domain that seals its blocks, once it is completed.
    pub domain: Option<DomainId>,
    /// Bytes that making it stored anew.
    pub bytes_moved: u64,
    /// Bytes of blocks that making it found already stored.
    pub bytes_shared: u64,
}

/// What a copy is a copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// The region of the source.
    pub region: RegionName,
    /// The source.
    pub snapshot: SnapshotId,
}

/// Most tags of all snapshots of a page together, but for those of its first snapshot.
const TAGS_OF_PAGE_MAX: u64 = 512;

/// Most ids bound to one statement.
const IDS_AT_ONCE: usize = 500;

impl RegionCatalog {
    /// The account's snapshot of this id, unless it was deleted.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn snapshot(
        &self,
        account: AccountId,
        id: SnapshotId,
    ) -> Result<Option<SnapshotRecord>, CatalogError> {
        Ok(self.snapshots_by_id(account, &[id]).await?.into_iter().next())
    }

    /// Those of these snapshots that the account has, sorted by id; ids it does not have are left out.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn snapshots_by_id(
        &self,
        account: AccountId,
        ids: &[SnapshotId],
    ) -> Result<Vec<SnapshotRecord>, CatalogError> {
        let mut records = Vec::new();
        for ids in ids.chunks(IDS_AT_ONCE) {
            let mut values = vec![Value::from(account.to_string())];
            values.extend(ids.iter().map(|id| Value::from(id.to_string())));
            let sql = [SELECT_BY_ID, &placeholders(2, ids.len())].concat();
            let rows = self.engine.fetch_built(sql, &values).await?;
            for row in &rows {
                records.push(read(row)?);
            }
        }
        attach_tags(&self.engine, account, &mut records).await?;
        records.sort_by_key(|record| record.snapshot.id);
        records.dedup_by_key(|record| record.snapshot.id);
        Ok(records)
    }

    /// Those of these ids that the account has a snapshot of.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn known_snapshots(
        &self,
        account: AccountId,
        ids: &[SnapshotId],
    ) -> Result<HashSet<SnapshotId>, CatalogError> {
        let mut known = HashSet::new();
        for ids in ids.chunks(IDS_AT_ONCE) {
            let mut values = vec![Value::from(account.to_string())];
            values.extend(ids.iter().map(|id| Value::from(id.to_string())));
            let sql = [SELECT_KNOWN, &placeholders(2, ids.len())].concat();
            for row in self.engine.fetch_built(sql, &values).await? {
                known.insert(row.parsed("id")?);
            }
        }
        Ok(known)
    }

    /// The account's snapshots after the cursor, newest start first, those of one start time by id; none only if
    /// there are no more. At most `limit`, and fewer if those have many tags, so that what is in memory has a bound.
    /// Takes as long for the last page as for the first.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn snapshots_page(
        &self,
        account: AccountId,
        after: Option<SnapshotCursor>,
        limit: u32,
    ) -> Result<Vec<SnapshotRecord>, CatalogError> {
        let owner = Value::from(account.to_string());
        let mut rows = Vec::new();
        // Two ranges of the index: the rest of the cursor's own start time, then all that started before.
        if let Some(cursor) = after {
            let values =
                [owner.clone(), cursor.start_time.0.into(), cursor.id.to_string().into(), limit.into()];
            rows = self.engine.fetch(SELECT_REST_OF_TIME, &values).await?;
        }
        let rest = u64::from(limit).saturating_sub(rows.len() as u64);
        if rest > 0 {
            let before = after.map_or(Timestamp(i64::MAX), |cursor| cursor.start_time);
            rows.extend(self.engine.fetch(SELECT_BEFORE_TIME, &[owner, before.0.into(), rest.into()]).await?);
        }
        let mut records = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        drop(rows);
        keep_within_tags(&self.engine, account, &mut records).await?;
        attach_tags(&self.engine, account, &mut records).await?;
        Ok(records)
    }

    /// The account's completed copy that started last of those of this lineage from this region: the base that
    /// the next copy of the lineage is compared with.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn newest_completed_copy(
        &self,
        account: AccountId,
        source_region: &RegionName,
        lineage: SnapshotId,
    ) -> Result<Option<SnapshotRecord>, CatalogError> {
        let values = [account.to_string().into(), lineage.to_string().into(), source_region.as_str().into()];
        let rows = self.engine.fetch(SELECT_NEWEST_COPY, &values).await?;
        let mut records = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        attach_tags(&self.engine, account, &mut records).await?;
        Ok(records.into_iter().next())
    }
}

macro_rules! select_snapshots {
    ($($rest:literal),+) => {
        concat!(
            "SELECT id, account, origin, state, state_message, progress, start_time, completion_time, ",
            "volume_gib, blocks, description, transfer_minutes, parent, lineage, source_region, ",
            "source_snapshot, root, domain, bytes_moved, bytes_shared FROM snapshots WHERE ",
            $($rest),+
        )
    };
}

const SELECT_ANY: &str = select_snapshots!("deleted = 0 AND ", "id = $1");
const SELECT_BY_ID: &str = select_snapshots!("deleted = 0 AND ", "account = $1 AND id IN ");
const SELECT_REST_OF_TIME: &str = select_snapshots!(
    "deleted = 0 AND ",
    "account = $1 AND start_time = $2 AND id > $3 ORDER BY id LIMIT $4"
);
const SELECT_BEFORE_TIME: &str = select_snapshots!(
    "deleted = 0 AND ",
    "account = $1 AND start_time < $2 ORDER BY start_time DESC, id LIMIT $3"
);
const SELECT_NEWEST_COPY: &str = select_snapshots!(
    "deleted = 0 AND ",
    "account = $1 AND lineage = $2 AND source_region = $3 AND origin = 'copy' AND state = 'completed' \
     ORDER BY start_time DESC, id LIMIT 1"
);
pub(super) const SELECT_PINNED_SNAPSHOT: &str = select_snapshots!(
    "id = $1 AND state = 'completed' AND EXISTS (SELECT 1 FROM root_pins p WHERE p.snapshot = snapshots.id)"
);
const SELECT_KNOWN: &str = "SELECT id FROM snapshots WHERE deleted = 0 AND account = $1 AND id IN ";
const COUNT_TAGS_OF: &str = "SELECT snapshot, COUNT(*) AS tags FROM tags WHERE account = $1 AND snapshot IN ";
const SELECT_TAGS_OF: &str = "SELECT snapshot, name, value FROM tags WHERE account = $1 AND snapshot IN ";

/// The snapshot of this id whoever has it, with its tags, unless it was deleted.
pub(super) async fn of_any_account(
    tx: &mut Transaction,
    id: SnapshotId,
) -> Result<Option<SnapshotRecord>, CatalogError> {
    let Some(row) = tx.fetch_first(SELECT_ANY, &[id.to_string().into()]).await? else { return Ok(None) };
    let mut record = read(&row)?;
    let sql = [SELECT_TAGS_OF, "($2)"].concat();
    let values = [record.snapshot.owner.to_string().into(), id.to_string().into()];
    for row in tx.fetch_built(sql, &values).await? {
        record.snapshot.tags.push(read_tag(&row)?);
    }
    record.snapshot.tags.sort();
    Ok(Some(record))
}

/// `($first, ..)` for `count` values.
pub(super) fn placeholders(first: usize, count: usize) -> String {
    let numbered: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    format!("({})", numbered.join(","))
}

/// Leaves so many of `records` away, from the end, that the others have few tags together.
async fn keep_within_tags(
    engine: &Engine,
    account: AccountId,
    records: &mut Vec<SnapshotRecord>,
) -> Result<(), CatalogError> {
    let mut tags = HashMap::new();
    for records in records.chunks(IDS_AT_ONCE) {
        let mut values = vec![Value::from(account.to_string())];
        values.extend(records.iter().map(|record| Value::from(record.snapshot.id.to_string())));
        let sql = [COUNT_TAGS_OF, &placeholders(2, records.len()), " GROUP BY snapshot"].concat();
        for row in engine.fetch_built(sql, &values).await? {
            tags.insert(row.parsed::<SnapshotId>("snapshot")?, row.number::<u64>("tags")?);
        }
    }
    let mut all = 0;
    let within = records.iter().take_while(|record| {
        all += tags.get(&record.snapshot.id).copied().unwrap_or(0);
        all <= TAGS_OF_PAGE_MAX
    });
    let kept = within.count().max(1);
    records.truncate(kept);
    Ok(())
}

async fn attach_tags(
    engine: &Engine,
    account: AccountId,
    records: &mut [SnapshotRecord],
) -> Result<(), CatalogError> {
    let places: HashMap<SnapshotId, usize> =
        records.iter().enumerate().map(|(place, record)| (record.snapshot.id, place)).collect();
    let mut found = Vec::new();
    for records in records.chunks(IDS_AT_ONCE) {
        let mut values = vec![Value::from(account.to_string())];
        values.extend(records.iter().map(|record| Value::from(record.snapshot.id.to_string())));
        let sql = match engine.is_postgres() {
            true => postgres_tags_of(records.len()),
            false => [SELECT_TAGS_OF, &placeholders(2, records.len())].concat(),
        };
        for row in engine.fetch_built(sql, &values).await? {
            found.push((row.parsed::<SnapshotId>("snapshot")?, read_tag(&row)?));
        }
    }
    for (id, tag) in found {
        if let Some(record) = places.get(&id).and_then(|place| records.get_mut(*place)) {
            record.snapshot.tags.push(tag);
        }
    }
    records.iter_mut().for_each(|record| record.snapshot.tags.sort());
    Ok(())
}

/// The statement in PostgreSQL: one look into the index for each snapshot, `$2` and on. Left to itself, its planner
/// reads every tag of the account while the table's statistics are missing or old.
fn postgres_tags_of(count: usize) -> String {
    let ids: Vec<String> = (2..2 + count).map(|number| format!("(${number})")).collect();
    format!(
        "SELECT p.id AS snapshot, t.name, t.value FROM (VALUES {}) AS p (id) CROSS JOIN LATERAL \
         (SELECT name, value FROM tags WHERE account = $1 AND snapshot = p.id OFFSET 0) AS t",
        ids.join(",")
    )
}

fn read_tag(row: &Row) -> Result<Tag, CatalogError> {
    Ok(Tag { key: row.text("name")?, value: row.text("value")? })
}

pub(super) fn read(row: &Row) -> Result<SnapshotRecord, CatalogError> {
    let blocks = row.number_if_any::<u64>("blocks")?;
    let minutes = row.number_if_any::<u32>("transfer_minutes")?;
    let source = match (row.parsed_if_any("source_region")?, row.parsed_if_any("source_snapshot")?) {
        (Some(region), Some(snapshot)) => Some(CopySource { region, snapshot }),
        _ => None,
    };
    Ok(SnapshotRecord {
        snapshot: Snapshot {
            id: row.parsed("id")?,
            owner: row.parsed("account")?,
            origin: row.word("origin", SnapshotOrigin::from_word)?,
            state: row.word("state", SnapshotState::from_word)?,
            state_message: row.text_if_any("state_message")?,
            progress_percent: row.number("progress")?,
            start_time: Timestamp(row.integer("start_time")?),
            completion_time: row.integer_if_any("completion_time")?.map(Timestamp),
            volume_size: read_volume_size(row)?,
            full_size_bytes: blocks.map(|blocks| blocks.saturating_mul(BLOCK_BYTES as u64)),
            description: row.text("description")?,
            transfer_type: minutes
                .map_or(TransferType::Standard, |minutes| TransferType::TimeBased { minutes }),
            tags: Vec::new(),
        },
        parent: row.parsed_if_any("parent")?,
        lineage: row.parsed("lineage")?,
        source,
        root: row.bytes_if_any("root")?,
        domain: row.number_if_any("domain")?.map(DomainId),
        bytes_moved: row.number("bytes_moved")?,
        bytes_shared: row.number("bytes_shared")?,
    })
}

pub(super) fn read_volume_size(row: &Row) -> Result<Option<VolumeSize>, CatalogError> {
    let Some(gib) = row.number_if_any("volume_gib")? else { return Ok(None) };
    VolumeSize::from_gib(gib).map(Some).ok_or(CatalogError::Corrupt { what: "volume_gib" })
}
