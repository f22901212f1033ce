//! A ledger for tests: remembers what it was told and can be told to refuse.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use ebs::{DomainId, SegmentId, SessionId};

use crate::{LedgerError, SegmentLedger};

#[derive(Debug, Default)]
pub(crate) struct TestLedger {
    pub(crate) segments: Mutex<BTreeMap<SegmentId, bool>>,
    pub(crate) fenced: Mutex<Vec<SessionId>>,
}

impl TestLedger {
    pub(crate) fn segments(&self) -> BTreeMap<SegmentId, bool> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn check(&self, session: SessionId) -> Result<(), LedgerError> {
        let fenced = self.fenced.lock().unwrap_or_else(PoisonError::into_inner);
        if fenced.contains(&session) { Err(LedgerError::Fenced) } else { Ok(()) }
    }

    fn set(&self, segment: SegmentId, sealed: bool) {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).insert(segment, sealed);
    }
}

#[async_trait]
impl SegmentLedger for TestLedger {
    async fn begin(&self, session: SessionId, segment: SegmentId, _: DomainId) -> Result<(), LedgerError> {
        self.check(session)?;
        self.set(segment, false);
        Ok(())
    }

    async fn seal(&self, session: SessionId, segment: SegmentId, _: u64, _: u32) -> Result<(), LedgerError> {
        self.check(session)?;
        self.set(segment, true);
        Ok(())
    }

    async fn pin(&self, session: SessionId, segment: SegmentId) -> Result<bool, LedgerError> {
        self.check(session)?;
        Ok(self.segments().get(&segment).copied().unwrap_or(false))
    }
}
