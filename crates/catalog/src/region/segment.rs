//! Segments: the objects that hold sealed blocks, from the intent to write one to its end.

use ebs::{DomainId, SegmentId, SessionId, SnapshotId, Timestamp};

use super::RegionCatalog;
use super::session::require_live;
use crate::engine::{Lock, Row, Transaction, Value, in_transaction};
use crate::error::CatalogError;

/// Where a segment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// About to be written; the object may be there, whole or not.
    Intent,
    /// Written and durable.
    Sealed,
    /// Unused: not to be shared again, still readable.
    Condemned,
    /// No session is left that could read it.
    Expired,
    /// Its object was deleted.
    Gone,
}

impl SegmentState {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Intent, "intent"),
        (Self::Sealed, "sealed"),
        (Self::Condemned, "condemned"),
        (Self::Expired, "expired"),
        (Self::Gone, "gone"),
    ];

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name)| *name == word).map(|(state, _)| state)
    }
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRecord {
    /// Its name.
    pub id: SegmentId,
    /// The domain whose blocks it holds.
    pub domain: DomainId,
    /// Where it is in its life.
    pub state: SegmentState,
    /// How many sessions pin it.
    pub pin_count: u64,
    /// The epoch in which a snapshot that refers to it was last committed; 0 if none was.
    pub touch_epoch: u64,
    /// Length of the object in bytes; 0 until it is sealed.
    pub bytes: u64,
    /// How many slots it has; 0 until it is sealed.
    pub slots: u32,
    /// When the intent was recorded.
    pub created: Timestamp,
    /// Among segments of one upload: what lies in one of a higher number was written later. 0 in others.
    pub upload_order: u64,
}

/// When the writes in a segment of an upload happened, as seen from the upload's other segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealOrder {
    /// After all that was begun or sealed before this call: its writer seals it and has not acknowledged yet, or has
    /// acknowledged while no other could write.
    Last,
    /// When the segment was begun: it is sealed for a writer that is gone.
    AsBegun,
}

impl RegionCatalog {
    /// Records the intent to write a segment, before its object is written. It is born with one pin, held by the
    /// session. Repeating the call is harmless.
    ///
    /// # Errors
    /// `Fenced`, `Unavailable`, `CommitUnknown`; `Statement` if the domain does not exist.
    pub async fn begin_segment(
        &self,
        session: SessionId,
        id: SegmentId,
        domain: DomainId,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => begin(&mut tx, session, id, domain, now))
    }

    /// Records that a segment is written and durable. The session is the one that began it, or one that has taken
    /// over what that one pinned. Repeating the call is harmless. A segment that was sealed [`SealOrder::AsBegun`]
    /// may be sealed [`SealOrder::Last`] after it, by a writer that was not gone.
    ///
    /// # Errors
    /// `Fenced`; `Missing` if the session does not pin the segment; `Unavailable`, `CommitUnknown`.
    pub async fn seal_segment(
        &self,
        session: SessionId,
        id: SegmentId,
        bytes: u64,
        slots: u32,
        order: SealOrder,
    ) -> Result<(), CatalogError> {
        in_transaction!(self.engine, tx => seal(&mut tx, session, id, (bytes, slots), order))
    }

    /// The segment of this name, whatever its state.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn segment(&self, id: SegmentId) -> Result<Option<SegmentRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_ONE, &[id.to_bytes().into()]).await?;
        rows.first().map(read).transpose()
    }

    /// What the session pins, in any state: what it wrote, shares, and adopted from earlier attempts; by name.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn segments_of_session(&self, session: SessionId) -> Result<Vec<SegmentRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_OF_SESSION, &[session.0.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// The segments that the upload's own sessions wrote, in their order: all that holds the blocks it acknowledged.
    /// Those in state [`SegmentState::Intent`] may be staged files or nothing.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn segments_of_upload(&self, snapshot: SnapshotId) -> Result<Vec<SegmentRecord>, CatalogError> {
        let rows = self.engine.fetch(SELECT_OF_UPLOAD, &[snapshot.to_string().into()]).await?;
        rows.iter().map(read).collect()
    }

    /// The domain's sealed segments after the one named, at most `limit`, in the order of their names as bytes.
    ///
    /// # Errors
    /// `Unavailable` and `Corrupt`.
    pub async fn segments_of_domain(
        &self,
        domain: DomainId,
        after: Option<SegmentId>,
        limit: u32,
    ) -> Result<Vec<SegmentRecord>, CatalogError> {
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let values = [domain.0.into(), after.as_slice().into(), limit.into()];
        let rows = self.engine.fetch(SELECT_OF_DOMAIN, &values).await?;
        rows.iter().map(read).collect()
    }
}

macro_rules! select_segments {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.domain, s.state, s.pin_count, s.touch_epoch, s.bytes, s.slots, s.created, ",
            "s.upload_order FROM segments s ",
            $rest
        )
    };
}

const SELECT_ONE: &str = select_segments!("WHERE s.id = $1");
const SELECT_OF_SESSION: &str =
    select_segments!("JOIN session_pins p ON p.segment = s.id WHERE p.session = $1 ORDER BY s.id");
const SELECT_OF_UPLOAD: &str = select_segments!(
    "JOIN sessions u ON u.id = s.session WHERE u.upload = $1 AND s.state IN ('intent', 'sealed') \
     ORDER BY s.upload_order"
);
const SELECT_OF_DOMAIN: &str =
    select_segments!("WHERE s.domain = $1 AND s.state = 'sealed' AND s.id > $2 ORDER BY s.id LIMIT $3");

async fn begin(
    tx: &mut Transaction,
    session: SessionId,
    id: SegmentId,
    domain: DomainId,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let order = next_upload_order(tx, session).await?.unwrap_or(0);
    require_live(tx, session, Lock::Share).await?;
    let inserted = tx
        .execute(
            "INSERT INTO segments \
             (id, session, domain, state, pin_count, touch_epoch, bytes, slots, created, upload_order) \
             VALUES ($1, $2, $3, 'intent', 1, 0, 0, 0, $4, $5) ON CONFLICT DO NOTHING",
            &[id.to_bytes().into(), session.0.into(), domain.0.into(), now.0.into(), order.into()],
        )
        .await?;
    if inserted == 0 {
        let held = "SELECT 1 AS held FROM segments s JOIN session_pins p ON p.segment = s.id \
                    WHERE s.id = $1 AND s.session = $2 AND p.session = $2 AND s.state = 'intent'";
        let held = tx.fetch_first(held, &[id.to_bytes().into(), session.0.into()]).await?;
        return held.map(drop).ok_or(CatalogError::Missing { what: "segment to begin again" });
    }
    tx.execute(
        "INSERT INTO session_pins (session, segment) VALUES ($1, $2)",
        &[session.0.into(), id.to_bytes().into()],
    )
    .await
    .map(drop)
}

async fn seal(
    tx: &mut Transaction,
    session: SessionId,
    id: SegmentId,
    (bytes, slots): (u64, u32),
    order: SealOrder,
) -> Result<(), CatalogError> {
    let order = match order {
        SealOrder::Last => next_upload_order(tx, session).await?,
        SealOrder::AsBegun => None,
    };
    require_live(tx, session, Lock::Share).await?;
    let sealed = tx
        .execute(
            "UPDATE segments SET state = 'sealed', bytes = $3, slots = $4, \
             upload_order = COALESCE($5, upload_order) WHERE id = $1 \
             AND EXISTS (SELECT 1 FROM session_pins p WHERE p.session = $2 AND p.segment = segments.id) \
             AND (state = 'intent' OR (state = 'sealed' AND bytes = $3 AND slots = $4))",
            &[id.to_bytes().into(), session.0.into(), bytes.into(), slots.into(), Value::Integer(order)],
        )
        .await?;
    if sealed == 0 { Err(CatalogError::Missing { what: "segment to seal" }) } else { Ok(()) }
}

/// The next number in the order of the segments of the session's upload; nothing if the session is of no upload.
/// The upload's row stays locked, so that the numbers are committed in their order.
async fn next_upload_order(tx: &mut Transaction, session: SessionId) -> Result<Option<i64>, CatalogError> {
    let sql = "UPDATE uploads SET segment_order = segment_order + 1 \
               WHERE snapshot = (SELECT upload FROM sessions WHERE id = $1) RETURNING segment_order";
    let row = tx.fetch_first(sql, &[session.0.into()]).await?;
    row.map(|row| row.integer("segment_order")).transpose()
}

fn read(row: &Row) -> Result<SegmentRecord, CatalogError> {
    Ok(SegmentRecord {
        id: SegmentId::from_bytes(row.array("id")?),
        domain: DomainId(row.number("domain")?),
        state: row.word("state", SegmentState::from_word)?,
        pin_count: row.number("pin_count")?,
        touch_epoch: row.number("touch_epoch")?,
        bytes: row.number("bytes")?,
        slots: row.number("slots")?,
        created: Timestamp(row.integer("created")?),
        upload_order: row.number("upload_order")?,
    })
}
