//! Writing segments for one session.

use std::sync::Arc;

use ebs::{DomainId, SegmentId, SessionId};

use crate::object_store::{ObjectError, ObjectName};
use crate::segment::{OpenSegment, Place, Slot};
use crate::store::Shared;
use crate::{SealedBy, SealedSegment, StoreError};

/// Writes slots of one session into segments, one segment after the other.
///
/// After an error, and after a call that was cancelled, it is poisoned: what was appended since the last
/// acknowledgement is in doubt, and every further call fails with [`StoreError::Poisoned`].
pub(crate) struct SegmentWriter {
    shared: Arc<Shared>,
    session: SessionId,
    domain: DomainId,
    next_sequence: u32,
    state: State,
}

enum State {
    Idle,
    Open(OpenSegment),
    /// A call is under way, was cancelled, or failed.
    Poisoned,
}

impl SegmentWriter {
    pub(crate) fn new(shared: Arc<Shared>, session: SessionId, domain: DomainId) -> Self {
        Self { shared, session, domain, next_sequence: 0, state: State::Idle }
    }

    /// Appends slots and says where each lies. They are durable after [`SegmentWriter::sync`] where the staging
    /// folder is, and everywhere after [`SegmentWriter::seal`]. A full segment is sealed on the way.
    pub(crate) async fn append(&mut self, slots: Vec<Slot>) -> Result<Vec<Place>, StoreError> {
        let mut places = Vec::with_capacity(slots.len());
        let mut rest = slots.into_iter().peekable();
        while rest.peek().is_some() {
            let mut segment = self.take_open().await?;
            let batch = rest.by_ref().collect::<Vec<_>>();
            let (segment_back, written, left) = on_thread(move || {
                let mut batch = batch.into_iter();
                let mut written = Vec::with_capacity(batch.len());
                while !segment.is_full()
                    && let Some(slot) = batch.next()
                {
                    written.push(segment.append(&slot)?);
                }
                Ok((segment, written, batch.collect::<Vec<_>>()))
            })
            .await?;
            places.extend(written);
            rest = left.into_iter().peekable();
            let full = segment_back.is_full();
            self.state = State::Open(segment_back);
            if full {
                self.seal().await?;
            }
        }
        Ok(places)
    }

    /// Makes what was appended durable in the staging folder.
    pub(crate) async fn sync(&mut self) -> Result<(), StoreError> {
        match std::mem::replace(&mut self.state, State::Poisoned) {
            State::Idle => self.state = State::Idle,
            State::Poisoned => return Err(StoreError::Poisoned),
            State::Open(segment) => {
                let synced = on_thread(move || Ok((segment.sync(), segment))).await?;
                let (Ok(()), segment) = synced else { return Err(StoreError::Poisoned) };
                self.state = State::Open(segment);
            }
        }
        Ok(())
    }

    /// Closes the open segment and publishes it: durable in the object store when this returns.
    pub(crate) async fn seal(&mut self) -> Result<(), StoreError> {
        match std::mem::replace(&mut self.state, State::Poisoned) {
            State::Idle => {}
            State::Poisoned => return Err(StoreError::Poisoned),
            State::Open(segment) => {
                seal_segment(&self.shared, self.session, segment, SealedBy::Writer).await?;
            }
        }
        self.state = State::Idle;
        Ok(())
    }

    async fn take_open(&mut self) -> Result<OpenSegment, StoreError> {
        match std::mem::replace(&mut self.state, State::Poisoned) {
            State::Open(segment) => Ok(segment),
            State::Poisoned => Err(StoreError::Poisoned),
            State::Idle => {
                let (session, sequence) = (self.session, self.next_sequence);
                let id = SegmentId { incarnation: self.shared.incarnation, session, sequence };
                self.shared.ledger.begin(session, id, self.domain).await?;
                self.next_sequence += 1;
                let (staging, domain) = (self.shared.staging.clone(), self.domain);
                on_thread(move || OpenSegment::create(&staging, id, domain)).await
            }
        }
    }
}

/// Writes the footer of `segment`, publishes it and records it as sealed.
pub(crate) async fn seal_segment(
    shared: &Shared,
    session: SessionId,
    segment: OpenSegment,
    by: SealedBy,
) -> Result<(), StoreError> {
    let finished = on_thread(move || segment.finish()).await?;
    shared.objects.publish(&finished.path, &ObjectName::segment(finished.id)).await?;
    let sealed = SealedSegment { bytes: finished.bytes, slots: finished.slots, by };
    shared.ledger.seal(session, finished.id, sealed).await?;
    shared.index.segment_sealed();
    match tokio::fs::remove_file(&finished.path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ObjectError::from_io(error).into()),
        _ => Ok(()),
    }
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, std::io::Error> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(StoreError::unavailable)?;
    done.map_err(|error| ObjectError::from_io(error).into())
}
