//! A ledger for tests: remembers what it was told and can be told to refuse.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ebs::{DomainId, SegmentId, SessionId};

use crate::{LedgerError, SealedBy, SealedSegment, SegmentLedger, UploadSegment};

/// A ledger of segments that are all of one upload.
#[derive(Debug, Default)]
pub(crate) struct TestLedger {
    segments: Mutex<BTreeMap<SegmentId, UploadSegment>>,
    pub(crate) fenced: Mutex<Vec<SessionId>>,
}

impl TestLedger {
    pub(crate) fn segments(&self) -> Vec<UploadSegment> {
        self.rows().values().copied().collect()
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<SegmentId, UploadSegment>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, session: SessionId) -> Result<(), LedgerError> {
        let fenced = self.fenced.lock().unwrap_or_else(PoisonError::into_inner);
        if fenced.contains(&session) { Err(LedgerError::Fenced) } else { Ok(()) }
    }
}

fn next_order(rows: &BTreeMap<SegmentId, UploadSegment>) -> u64 {
    rows.values().map(|segment| segment.order).max().unwrap_or(0) + 1
}

#[async_trait]
impl SegmentLedger for TestLedger {
    async fn begin(&self, session: SessionId, segment: SegmentId, _: DomainId) -> Result<(), LedgerError> {
        self.check(session)?;
        let mut rows = self.rows();
        let order = next_order(&rows);
        rows.insert(segment, UploadSegment { id: segment, sealed: false, order, slots: 0 });
        Ok(())
    }

    async fn seal(
        &self,
        session: SessionId,
        segment: SegmentId,
        sealed: SealedSegment,
    ) -> Result<(), LedgerError> {
        self.check(session)?;
        let mut rows = self.rows();
        let order = match (sealed.by, rows.get(&segment)) {
            (SealedBy::Successor, Some(begun)) => begun.order,
            _ => next_order(&rows),
        };
        rows.insert(segment, UploadSegment { id: segment, sealed: true, order, slots: sealed.slots });
        Ok(())
    }

    async fn pin(&self, session: SessionId, segment: SegmentId) -> Result<bool, LedgerError> {
        self.check(session)?;
        Ok(self.rows().get(&segment).is_some_and(|segment| segment.sealed))
    }
}
