//! An object store whose every call the test decides about.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use block_store::{ObjectError, ObjectName, ObjectStore};
use bytes::Bytes;
use tokio::sync::watch;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Publish,
    Put,
    Get,
    Length,
    Delete,
    List,
}

/// A call, before it is carried out.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// How many calls there were since the last plan was made, with this one.
    pub(crate) number: u64,
    pub(crate) operation: Operation,
    /// The object's name; the prefix of a listing.
    pub(crate) name: &'a str,
}

impl Request<'_> {
    pub(crate) fn writes(&self) -> bool {
        matches!(self.operation, Operation::Publish | Operation::Put)
    }

    pub(crate) fn is_root(&self) -> bool {
        self.name.starts_with("snap/")
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is carried out.
    Proceed,
    /// It fails and changes nothing.
    Refuse,
    /// It is carried out, and its caller is told that the store cannot be reached.
    LoseAnswer,
    /// It is not carried out, and its caller is told that the bytes may not be durable.
    NotDurable,
    /// It is carried out once [`OwnedObjects::release`] is called.
    Hold,
}

type Plan = Box<dyn FnMut(&Request<'_>) -> Verdict + Send>;

/// What has been seen since the last plan was made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) calls: u64,
    /// Calls that did not proceed.
    pub(crate) disturbed: u64,
    /// Calls that are held now.
    pub(crate) held: usize,
    /// The most that were held at one time.
    pub(crate) held_most: usize,
}

pub(crate) struct OwnedObjects {
    inner: Arc<dyn ObjectStore>,
    staging_is_durable: bool,
    plan: Mutex<Plan>,
    seen: watch::Sender<Seen>,
    /// How many held calls may go on.
    released: tokio::sync::Semaphore,
}

/// Counts a held call for as long as its caller waits for it.
struct Held<'a>(&'a watch::Sender<Seen>);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|seen| seen.held -= 1);
    }
}

impl OwnedObjects {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, staging_is_durable: bool) -> Self {
        Self {
            inner,
            staging_is_durable,
            plan: Mutex::new(Box::new(|_| Verdict::Proceed)),
            seen: watch::Sender::default(),
            released: tokio::sync::Semaphore::new(0),
        }
    }

    /// From now on `plan` decides; calls are counted anew.
    pub(crate) fn decide(&self, plan: impl FnMut(&Request<'_>) -> Verdict + Send + 'static) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(plan);
        self.seen
            .send_modify(|seen| *seen = Seen { held: seen.held, held_most: seen.held, ..Seen::default() });
    }

    /// From now on every call proceeds.
    pub(crate) fn leave_alone(&self) {
        self.decide(|_| Verdict::Proceed);
    }

    /// Lets `calls` of those that are held go on.
    pub(crate) fn release(&self, calls: usize) {
        self.released.add_permits(calls);
    }

    pub(crate) fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    /// Waits until what has been seen is as `condition` says.
    pub(crate) async fn until(&self, condition: impl FnMut(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        let waited = tokio::time::timeout(super::bed::PATIENCE, seen.wait_for(condition)).await;
        waited.expect("the calls that a test waits for are made").expect("the store is there");
    }

    async fn call<T>(
        &self,
        operation: Operation,
        name: &str,
        work: impl Future<Output = Result<T, ObjectError>>,
    ) -> Result<T, ObjectError> {
        self.seen.send_modify(|seen| seen.calls += 1);
        let request = Request { number: self.seen().calls, operation, name };
        let verdict = (self.plan.lock().unwrap_or_else(PoisonError::into_inner))(&request);
        if verdict != Verdict::Proceed {
            self.seen.send_modify(|seen| seen.disturbed += 1);
        }
        match verdict {
            Verdict::Proceed => work.await,
            Verdict::Refuse => Err(unreachable_store()),
            Verdict::LoseAnswer => work.await.and(Err(unreachable_store())),
            Verdict::NotDurable => {
                Err(ObjectError::NotDurable(Arc::new(io::Error::other("a fault of the test"))))
            }
            Verdict::Hold => {
                self.seen.send_modify(|seen| {
                    seen.held += 1;
                    seen.held_most = seen.held_most.max(seen.held);
                });
                let held = Held(&self.seen);
                let released = tokio::time::timeout(super::bed::PATIENCE, self.released.acquire()).await;
                released.expect("a held call is released").expect("is never closed").forget();
                drop(held);
                work.await
            }
        }
    }
}

fn unreachable_store() -> ObjectError {
    ObjectError::Unavailable(Arc::new(io::Error::other("a fault of the test")))
}

impl fmt::Debug for OwnedObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnedObjects({:?})", self.seen())
    }
}

#[async_trait]
impl ObjectStore for OwnedObjects {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        self.call(Operation::Publish, name.as_str(), self.inner.publish(staged, name)).await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        self.call(Operation::Put, name.as_str(), self.inner.put(name, bytes)).await
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.call(Operation::Put, name.as_str(), self.inner.make_durable(name)).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        self.call(Operation::Get, name.as_str(), self.inner.get(name, range)).await
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        self.call(Operation::Length, name.as_str(), self.inner.length(name)).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.call(Operation::Delete, name.as_str(), self.inner.delete(name)).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        self.call(Operation::List, prefix, self.inner.list(prefix, after, limit)).await
    }

    fn staging_is_durable(&self) -> bool {
        self.staging_is_durable
    }
}
