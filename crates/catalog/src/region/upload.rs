//! Uploads: snapshots written block by block, from StartSnapshot until they are sealed.

use ebs::{AccountId, SessionId, SnapshotId, SnapshotState, Tag, Timestamp, VolumeSize};

use super::RegionCatalog;
use super::pin::insert_root_pin;
use super::quota::{Quotas, admits_snapshot, admits_upload};
use super::session::{SessionKind, insert};
use super::snapshot::{SnapshotRecord, of_any_account, read_volume_size};
use super::tag::insert_tags;
use crate::engine::{Lock, MayConflict, Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// An upload to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUpload {
    /// Its id, drawn by the caller.
    pub id: SnapshotId,
    /// Its owner.
    pub account: AccountId,
    /// The node that starts it.
    pub node: String,
    /// Its description.
    pub description: String,
    /// When the request was accepted.
    pub start_time: Timestamp,
    /// Size of the volume.
    pub volume_size: VolumeSize,
    /// The snapshot whose blocks it starts with.
    pub parent: Option<SnapshotId>,
    /// Its tags, no key twice.
    pub tags: Vec<Tag>,
    /// Milliseconds without a write after which it fails.
    pub timeout_ms: i64,
    /// What makes sending the request again harmless.
    pub client_token: Option<ClientToken>,
}

/// A client's name for a request, and a hash of what the request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientToken {
    /// The client's name for it, unique in the account.
    pub token: String,
    /// Equal for equal requests.
    pub request_hash: [u8; 32],
}

/// What starting an upload did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// The upload was started.
    New,
    /// The same request had started this one before; nothing has changed.
    Replayed(Box<SnapshotRecord>),
}

/// Why an upload was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartRefused {
    /// The client token stands for another request.
    #[error("the client token was used with another request")]
    ClientTokenReused,
    /// The account has as many pending uploads as it may have.
    #[error("too many pending uploads; the limit is {limit}")]
    TooManyUploads {
        /// The limit.
        limit: u32,
    },
    /// The account has as many snapshots as it may have.
    #[error("too many snapshots; the limit is {limit}")]
    TooManySnapshots {
        /// The limit.
        limit: u32,
    },
    /// The account has no such snapshot as the parent named.
    #[error("the parent {0} does not exist")]
    ParentNotFound(SnapshotId),
    /// The parent is pending or failed.
    #[error("the parent {0} is not completed")]
    ParentNotCompleted(SnapshotId),
    /// The volume is smaller than the parent's.
    #[error("the volume is smaller than the parent's {parent_size:?}")]
    SmallerThanParent {
        /// The size of the parent's volume.
        parent_size: VolumeSize,
    },
    /// There is, or was, a snapshot of this id. Draw another; after `CommitUnknown` this says that the first try
    /// was committed.
    #[error("the snapshot id {0} is taken")]
    IdTaken(SnapshotId),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl MayConflict for StartRefused {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Catalog(error) if error.is_conflict())
    }
}

/// Where an upload is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// Blocks may be written.
    Open,
    /// All blocks are written; a job makes the snapshot of them.
    Sealing,
    /// Over: completed, failed, expired or deleted.
    Done,
}

impl UploadState {
    fn from_word(word: &str) -> Option<Self> {
        [(Self::Open, "open"), (Self::Sealing, "sealing"), (Self::Done, "done")]
            .into_iter()
            .find(|(_, name)| *name == word)
            .map(|(state, _)| state)
    }
}

/// An upload, as those who write its blocks need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRecord {
    /// The snapshot it will be.
    pub snapshot: SnapshotId,
    /// Where it is in its life.
    pub state: UploadState,
    /// Where the snapshot is in its.
    pub snapshot_state: SnapshotState,
    /// Size of the volume.
    pub volume_size: VolumeSize,
    /// The snapshot whose blocks it starts with. Its root stays pinned for as long as the upload lasts.
    pub parent: Option<SnapshotId>,
    /// Milliseconds without a write after which it fails.
    pub timeout_ms: i64,
    /// When a block was last written, as far as it was noted.
    pub last_activity: Timestamp,
}

impl RegionCatalog {
    /// Starts an upload: the pending snapshot with its tags, and a pin of the parent's root that lasts as long as
    /// the upload. Durable when this returns. A client token that stands for an equal request gives that
    /// request's upload; a deleted snapshot frees its token.
    ///
    /// # Errors
    /// See [`StartRefused`]; each is judged in the transaction. Nothing has changed, but for `CommitUnknown`.
    pub async fn start_upload(&self, upload: &NewUpload, quotas: &Quotas) -> Result<Started, StartRefused> {
        in_transaction!(self.engine, tx => start(&mut tx, upload, quotas))
    }

    /// The account's upload of this id, over or not, unless it was deleted.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn upload(
        &self,
        account: AccountId,
        snapshot: SnapshotId,
    ) -> Result<Option<UploadRecord>, CatalogError> {
        let sql = "SELECT u.snapshot, u.state, s.state AS snapshot_state, s.volume_gib, s.parent, \
                   u.timeout_ms, u.last_activity FROM uploads u JOIN snapshots s ON s.id = u.snapshot \
                   WHERE u.snapshot = $1 AND s.account = $2 AND s.deleted = 0";
        let rows = self.engine.fetch(sql, &[snapshot.to_string().into(), account.to_string().into()]).await?;
        rows.first().map(read).transpose()
    }

    /// Opens a session that writes blocks of an open upload; nothing if the upload is not open. Any node may, and
    /// several may at the same time. What the session pins stays pinned as long as the upload lasts.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn open_upload_session(
        &self,
        snapshot: SnapshotId,
        node: &str,
    ) -> Result<Option<SessionId>, CatalogError> {
        in_transaction!(self.engine, tx => open_session(&mut tx, snapshot, node))
    }

    /// Notes that a block was written at `now`; `false` if the upload is not open.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn touch_upload(&self, snapshot: SnapshotId, now: Timestamp) -> Result<bool, CatalogError> {
        in_transaction!(self.engine, tx => touch(&mut tx, snapshot, now))
    }

    /// Notes how much of an open upload the client says is done, 0 to 100 per cent; less than before is not noted.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn note_upload_progress(&self, snapshot: SnapshotId, percent: u8) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => note_progress(&mut tx, snapshot, percent))
    }
}

async fn start(tx: &mut Transaction, upload: &NewUpload, quotas: &Quotas) -> Result<Started, StartRefused> {
    if let Some(token) = &upload.client_token
        && let Some(original) = claim_token(tx, upload, token).await?
    {
        return Ok(Started::Replayed(Box::new(original)));
    }
    let lineage = match upload.parent {
        Some(parent) => lock_parent(tx, upload, parent).await?,
        None => upload.id,
    };
    insert_snapshot(tx, upload, lineage).await?;
    insert_tags(tx, upload.account, &[upload.id], &upload.tags).await?;
    tx.execute(
        "INSERT INTO uploads (snapshot, timeout_ms, last_activity, state) VALUES ($1, $2, $3, 'open')",
        &[upload.id.to_string().into(), upload.timeout_ms.into(), upload.start_time.0.into()],
    )
    .await?;
    if let Some(parent) = upload.parent {
        let holder = insert(tx, SessionKind::Upload, &upload.node, None, Some(upload.id)).await?;
        insert_root_pin(tx, holder, parent).await?;
    }
    if !admits_snapshot(tx, upload.account, quotas.snapshots).await? {
        return Err(StartRefused::TooManySnapshots { limit: quotas.snapshots });
    }
    // The new row counts already.
    if !admits_upload(tx, upload.account, quotas.uploads_pending.saturating_add(1)).await? {
        return Err(StartRefused::TooManyUploads { limit: quotas.uploads_pending });
    }
    Ok(Started::New)
}

/// Takes the token for this upload, or gives the one that an equal request took it for. Who asks for the same
/// token at the same time waits until the first is committed.
async fn claim_token(
    tx: &mut Transaction,
    upload: &NewUpload,
    token: &ClientToken,
) -> Result<Option<SnapshotRecord>, StartRefused> {
    let name = [Value::from(upload.account.to_string()), Value::from(token.token.as_str())];
    let [account, text] = name.clone();
    let taken = tx
        .execute(
            "INSERT INTO client_tokens (account, token, request_hash, snapshot) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
            &[account, text, token.request_hash.into(), upload.id.to_string().into()],
        )
        .await?;
    if taken > 0 {
        return Ok(None);
    }
    let sql = "SELECT request_hash, snapshot FROM client_tokens WHERE account = $1 AND token = $2";
    let Some(row) = tx.fetch_first(sql, &name).await? else {
        return Err(vanished("client token"));
    };
    if row.bytes("request_hash")? != token.request_hash {
        return Err(StartRefused::ClientTokenReused);
    }
    match of_any_account(tx, row.parsed("snapshot")?).await? {
        Some(original) => Ok(Some(original)),
        None => Err(vanished("snapshot of a client token")),
    }
}

/// What was there a statement ago was deleted meanwhile: the transaction is worth another try.
fn vanished(what: &'static str) -> StartRefused {
    CatalogError::Conflict { source: CatalogError::Missing { what }.into() }.into()
}

/// The parent's lineage, if the upload may have it as its parent. It cannot be deleted before the transaction
/// ends.
async fn lock_parent(
    tx: &mut Transaction,
    upload: &NewUpload,
    parent: SnapshotId,
) -> Result<SnapshotId, StartRefused> {
    let row = tx
        .lock_first(
            "SELECT state, volume_gib, lineage FROM snapshots WHERE id = $1 AND account = $2 AND deleted = 0",
            &[parent.to_string().into(), upload.account.to_string().into()],
            Lock::Share,
        )
        .await?
        .ok_or(StartRefused::ParentNotFound(parent))?;
    if row.word("state", SnapshotState::from_word)? != SnapshotState::Completed {
        return Err(StartRefused::ParentNotCompleted(parent));
    }
    match read_volume_size(&row)? {
        Some(parent_size) if parent_size.gib() > upload.volume_size.gib() => {
            Err(StartRefused::SmallerThanParent { parent_size })
        }
        _ => Ok(row.parsed("lineage")?),
    }
}

async fn insert_snapshot(
    tx: &mut Transaction,
    upload: &NewUpload,
    lineage: SnapshotId,
) -> Result<(), StartRefused> {
    let inserted = tx
        .execute(
            "INSERT INTO snapshots (id, account, origin, state, progress, start_time, volume_gib, \
             description, parent, lineage) VALUES ($1, $2, 'upload', 'pending', 0, $3, $4, $5, $6, $7) \
             ON CONFLICT DO NOTHING",
            &[
                upload.id.to_string().into(),
                upload.account.to_string().into(),
                upload.start_time.0.into(),
                upload.volume_size.gib().into(),
                upload.description.as_str().into(),
                Value::Text(upload.parent.map(|parent| parent.to_string())),
                lineage.to_string().into(),
            ],
        )
        .await?;
    if inserted == 0 { Err(StartRefused::IdTaken(upload.id)) } else { Ok(()) }
}

async fn open_session(
    tx: &mut Transaction,
    snapshot: SnapshotId,
    node: &str,
) -> Result<Option<SessionId>, CatalogError> {
    let open = tx
        .lock_first(
            "SELECT snapshot FROM uploads WHERE snapshot = $1 AND state = 'open'",
            &[snapshot.to_string().into()],
            Lock::Share,
        )
        .await?;
    match open {
        Some(_) => insert(tx, SessionKind::Upload, node, None, Some(snapshot)).await.map(Some),
        None => Ok(None),
    }
}

async fn touch(tx: &mut Transaction, snapshot: SnapshotId, now: Timestamp) -> Result<bool, CatalogError> {
    let touched = tx
        .execute(
            "UPDATE uploads SET last_activity = CASE WHEN last_activity < $2 THEN $2 ELSE last_activity END \
             WHERE snapshot = $1 AND state = 'open'",
            &[snapshot.to_string().into(), now.0.into()],
        )
        .await?;
    Ok(touched > 0)
}

async fn note_progress(tx: &mut Transaction, snapshot: SnapshotId, percent: u8) -> Result<(), CatalogError> {
    tx.execute(
        "UPDATE snapshots SET progress = $2 WHERE id = $1 AND origin = 'upload' AND state = 'pending' \
         AND progress < $2",
        &[snapshot.to_string().into(), u32::from(percent.min(100)).into()],
    )
    .await
    .map(drop)
}

fn read(row: &Row) -> Result<UploadRecord, CatalogError> {
    Ok(UploadRecord {
        snapshot: row.parsed("snapshot")?,
        state: row.word("state", UploadState::from_word)?,
        snapshot_state: row.word("snapshot_state", SnapshotState::from_word)?,
        volume_size: read_volume_size(row)?.ok_or(CatalogError::Corrupt { what: "volume_gib" })?,
        parent: row.parsed_if_any("parent")?,
        timeout_ms: row.integer("timeout_ms")?,
        last_activity: Timestamp(row.integer("last_activity")?),
    })
}
