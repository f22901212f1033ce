//! Objects in memory, for tests and for a service that is to forget everything.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::{ObjectError, ObjectName, ObjectStore};

/// Objects in memory. Durable for as long as the value lives.
#[derive(Debug, Default)]
pub struct Memory {
    objects: Mutex<BTreeMap<ObjectName, Bytes>>,
    of_many_nodes: bool,
}

impl Memory {
    /// An empty store that behaves as one that several nodes reach: what lies in the staging folder of one of them is
    /// not part of it.
    pub fn of_many_nodes() -> Self {
        Self { of_many_nodes: true, ..Self::default() }
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectName, Bytes>> {
        // Every change to the map is one call, so a panic elsewhere cannot leave it half-made.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ObjectStore for Memory {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        let bytes = tokio::fs::read(staged).await.map_err(ObjectError::from_io)?;
        self.put(name, bytes.into()).await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        let mut objects = self.objects();
        let kept = objects.entry(name.clone()).or_insert_with(|| bytes.clone());
        if *kept == bytes { Ok(()) } else { Err(ObjectError::AlreadyExists(name.clone())) }
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.length(name).await.map(drop)
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let object = self.objects().get(name).cloned().ok_or_else(|| ObjectError::NotFound(name.clone()))?;
        let within = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(object.len());
        let (start, end) = (within(range.start), within(range.end));
        Ok(object.slice(start..end.max(start)))
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        let objects = self.objects();
        objects.get(name).map(|bytes| bytes.len() as u64).ok_or_else(|| ObjectError::NotFound(name.clone()))
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.objects().remove(name);
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let objects = self.objects();
        let names = objects.range((from, Bound::Unbounded)).map(|(name, _)| name);
        Ok(names.filter(|name| name.as_str().starts_with(prefix)).take(limit).cloned().collect())
    }

    fn staging_is_durable(&self) -> bool {
        !self.of_many_nodes
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn keeps_the_promises_of_the_port() {
        super::super::suite::run(&super::Memory::default()).await;
    }
}
