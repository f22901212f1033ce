//! Objects for tests that are asked for no more than they should be.

use std::ops::Range;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Memory, ObjectError, ObjectName, ObjectStore};

/// Objects of which no range may be asked for that is longer than `bytes_max`: the test fails where it is.
#[derive(Debug)]
pub(crate) struct RangeBound {
    objects: Memory,
    bytes_max: u64,
}

impl RangeBound {
    pub(crate) fn new(objects: Memory, bytes_max: u64) -> Self {
        Self { objects, bytes_max }
    }
}

#[async_trait]
impl ObjectStore for RangeBound {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        self.objects.publish(staged, name).await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        self.objects.put(name, bytes).await
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.objects.make_durable(name).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let asked = range.end.checked_sub(range.start).expect("a range does not end before it begins");
        assert!(asked <= self.bytes_max, "{asked} bytes are asked for, more than {}", self.bytes_max);
        self.objects.get(name, range).await
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        self.objects.length(name).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.objects.delete(name).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        self.objects.list(prefix, after, limit).await
    }

    fn staging_is_durable(&self) -> bool {
        true
    }
}
