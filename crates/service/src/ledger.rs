//! The store's record of segments, kept in the region's catalog.

use std::sync::Arc;

use async_trait::async_trait;
use block_store::{LedgerError, SealedBy, SealedSegment, SegmentLedger};
use catalog::{CatalogError, RegionCatalog, SealOrder};
use ebs::{Clock, DomainId, SegmentId, SessionId};

pub(crate) struct CatalogLedger {
    pub(crate) catalog: Arc<RegionCatalog>,
    pub(crate) clock: Arc<dyn Clock>,
}

#[async_trait]
impl SegmentLedger for CatalogLedger {
    async fn begin(
        &self,
        session: SessionId,
        segment: SegmentId,
        domain: DomainId,
    ) -> Result<(), LedgerError> {
        self.catalog.begin_segment(session, segment, domain, self.clock.now()).await.map_err(ledger_error)
    }

    async fn seal(
        &self,
        session: SessionId,
        segment: SegmentId,
        sealed: SealedSegment,
    ) -> Result<(), LedgerError> {
        let order = match sealed.by {
            SealedBy::Writer => SealOrder::Last,
            SealedBy::Successor => SealOrder::AsBegun,
        };
        let sealing = self.catalog.seal_segment(session, segment, sealed.bytes, sealed.slots, order);
        sealing.await.map_err(ledger_error)
    }

    async fn pin(&self, session: SessionId, segment: SegmentId) -> Result<bool, LedgerError> {
        self.catalog.pin_segment(session, segment).await.map_err(ledger_error)
    }
}

fn ledger_error(error: CatalogError) -> LedgerError {
    match error {
        CatalogError::Fenced => LedgerError::Fenced,
        other => LedgerError::Unavailable(Arc::new(other)),
    }
}
