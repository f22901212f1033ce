//! The one writer of an upload's segments: blocks that arrive together are appended and synchronised together.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ebs::{DomainId, SessionId};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::block_index::IndexedBlock;
use crate::domain_keys::BlockIdentity;
use crate::segment::{Place, Slot};
use crate::segment_writer::SegmentWriter;
use crate::store::Shared;
use crate::{MemoryPermit, StoreError};

/// Most blocks that share one synchronisation.
const BATCH_SLOTS_MAX: usize = 64;
/// Where only published segments are durable, a segment is published after so long without a new block.
const IDLE_BEFORE_SEAL: Duration = Duration::from_millis(20);

/// A block on its way into a segment.
pub(super) struct Append {
    pub(super) slot: Slot,
    pub(super) identity: Option<BlockIdentity>,
    pub(super) _memory: MemoryPermit,
}

type Reply = oneshot::Sender<Result<(), StoreError>>;

/// The queue to the writer's task.
pub(super) struct Appender {
    queue: Mutex<Option<mpsc::Sender<(Append, Reply)>>>,
    task: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
    /// Why the task ended before it was told to.
    failed: Arc<OnceLock<StoreError>>,
}

struct Task {
    shared: Arc<Shared>,
    domain: DomainId,
    writer: SegmentWriter,
    failed: Arc<OnceLock<StoreError>>,
}

/// What has been appended and is not acknowledged yet.
#[derive(Default)]
struct Unacknowledged {
    blocks: Vec<(Append, Place)>,
    replies: Vec<Reply>,
}

impl Appender {
    pub(super) fn start(shared: Arc<Shared>, session: SessionId, domain: DomainId) -> Self {
        let (queue, receiver) = mpsc::channel(BATCH_SLOTS_MAX);
        let failed = Arc::new(OnceLock::new());
        let writer = SegmentWriter::new(Arc::clone(&shared), session, domain);
        let task = Task { shared, domain, writer, failed: Arc::clone(&failed) };
        let task = tokio::spawn(task.run(receiver));
        Self { queue: Mutex::new(Some(queue)), task: Mutex::new(Some(task)), failed }
    }

    /// Appends; the block is durable when this returns.
    pub(super) async fn append(&self, append: Append) -> Result<(), StoreError> {
        let queue = self.queue.lock().await.clone().ok_or(StoreError::Fenced)?;
        let (reply, answer) = oneshot::channel();
        queue.send((append, reply)).await.map_err(|_| self.failure())?;
        drop(queue);
        answer.await.unwrap_or_else(|_| Err(self.failure()))
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.get().is_some()
    }

    fn failure(&self) -> StoreError {
        self.failed.get().cloned().unwrap_or(StoreError::Poisoned)
    }

    /// Takes no more, and waits until what was taken is written and sealed. A second call finds it done.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        drop(self.queue.lock().await.take());
        match self.task.lock().await.take() {
            Some(task) => task.await.map_err(StoreError::unavailable)?,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
impl Appender {
    /// Stops the task where it is, as the death of the process would.
    pub(super) async fn kill(&self) {
        let task = self.task.lock().await.take().expect("is running");
        task.abort();
        assert!(task.await.is_err_and(|stopped| stopped.is_cancelled()), "was stopped");
    }
}

impl Task {
    async fn run(mut self, mut queue: mpsc::Receiver<(Append, Reply)>) -> Result<(), StoreError> {
        while let Some(first) = queue.recv().await {
            let mut waiting = Unacknowledged::default();
            let written = self.write_batch(first, &mut queue, &mut waiting).await;
            if let Err(error) = &written {
                self.fail(error);
            }
            for reply in waiting.replies {
                // A client that no longer waits has lost nothing but the answer.
                let _ = reply.send(written.clone());
            }
            written?;
        }
        self.writer.seal().await.inspect_err(|error| self.fail(error))
    }

    fn fail(&self, error: &StoreError) {
        // The first cause is the one that counts.
        let _ = self.failed.set(error.clone());
    }

    /// Appends `first` and what is waiting behind it, and makes it durable.
    async fn write_batch(
        &mut self,
        first: (Append, Reply),
        queue: &mut mpsc::Receiver<(Append, Reply)>,
        waiting: &mut Unacknowledged,
    ) -> Result<(), StoreError> {
        self.append_with_followers(first, queue, waiting).await?;
        if self.shared.objects.staging_is_durable() {
            self.writer.sync().await?;
        } else {
            while waiting.blocks.len() < BATCH_SLOTS_MAX
                && let Ok(Some(next)) = tokio::time::timeout(IDLE_BEFORE_SEAL, queue.recv()).await
            {
                self.append_with_followers(next, queue, waiting).await?;
            }
            self.writer.seal().await?;
        }
        self.enter_into_index(std::mem::take(&mut waiting.blocks)).await
    }

    async fn append_with_followers(
        &mut self,
        first: (Append, Reply),
        queue: &mut mpsc::Receiver<(Append, Reply)>,
        waiting: &mut Unacknowledged,
    ) -> Result<(), StoreError> {
        let mut batch = vec![first];
        while batch.len() < BATCH_SLOTS_MAX
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let (blocks, replies): (Vec<Append>, Vec<Reply>) = batch.into_iter().unzip();
        waiting.replies.extend(replies);
        let places = self.writer.append(blocks.iter().map(|block| block.slot.clone()).collect()).await?;
        waiting.blocks.extend(blocks.into_iter().zip(places));
        Ok(())
    }

    async fn enter_into_index(&self, blocks: Vec<(Append, Place)>) -> Result<(), StoreError> {
        let content = blocks.iter().filter_map(|(block, place)| {
            block.identity.map(|identity| (identity, IndexedBlock { place: *place, sealed_key: None }))
        });
        let content: Vec<_> = content.collect();
        if content.is_empty() {
            return Ok(());
        }
        let (index, domain) = (self.shared.index.clone(), self.domain);
        let entering = tokio::task::spawn_blocking(move || index.insert(domain, &content));
        entering.await.map_err(StoreError::unavailable)
    }
}
