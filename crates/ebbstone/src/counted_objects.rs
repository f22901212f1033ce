//! An object store whose calls are counted.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use block_store::{ObjectError, ObjectName, ObjectStore};
use bytes::Bytes;

use crate::metrics::{ObjectOperation, ObjectRequests};

/// Passes every call on to a region's store and counts it by its kind, whatever comes of it.
#[derive(Debug)]
pub(crate) struct CountedObjects {
    store: Arc<dyn ObjectStore>,
    requests: ObjectRequests,
}

impl CountedObjects {
    /// Counts the calls to `store` in `requests`.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, requests: ObjectRequests) -> Self {
        Self { store, requests }
    }
}

#[async_trait]
impl ObjectStore for CountedObjects {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        self.requests.count(ObjectOperation::Publish);
        self.store.publish(staged, name).await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        self.requests.count(ObjectOperation::Put);
        self.store.put(name, bytes).await
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.requests.count(ObjectOperation::MakeDurable);
        self.store.make_durable(name).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        self.requests.count(ObjectOperation::Get);
        self.store.get(name, range).await
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        self.requests.count(ObjectOperation::Length);
        self.store.length(name).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        self.requests.count(ObjectOperation::Delete);
        self.store.delete(name).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        self.requests.count(ObjectOperation::List);
        self.store.list(prefix, after, limit).await
    }

    fn staging_is_durable(&self) -> bool {
        self.store.staging_is_durable()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use block_store::{Memory, ObjectName, ObjectStore};

    use super::CountedObjects;
    use crate::metrics::Metrics;

    #[tokio::test]
    async fn every_kind_of_call_is_counted_for_its_region_also_if_it_fails() {
        let metrics = Metrics::new();
        let region = "us-east-1".parse().expect("a region");
        let objects = CountedObjects::new(Arc::new(Memory::default()), metrics.object_requests(&region));
        let name = ObjectName::key_check();
        assert!(objects.get(&name, 0..1).await.is_err(), "nothing is there");
        objects.put(&name, "bytes".into()).await.expect("puts");
        assert_eq!(objects.get(&name, 0..5).await.expect("gets"), "bytes");
        objects.make_durable(&name).await.expect("is durable");
        assert_eq!(objects.length(&name).await.expect("has a length"), 5);
        assert_eq!(objects.list("key/", None, 9).await.expect("lists"), std::slice::from_ref(&name));
        objects.delete(&name).await.expect("deletes");
        let nowhere = std::path::Path::new("there/is/no/such/file");
        assert!(objects.publish(nowhere, &name).await.is_err(), "there is no such file");
        let text = metrics.encode().expect("encodes");
        let counted = [
            ("publish", 1),
            ("put", 1),
            ("make_durable", 1),
            ("get", 2),
            ("length", 1),
            ("delete", 1),
            ("list", 1),
        ];
        for (operation, count) in counted {
            let line = format!(
                "ebbstone_object_requests_total{{region=\"us-east-1\",operation=\"{operation}\"}} {count}\n"
            );
            assert!(text.contains(&line), "{line} is not in {text}");
        }
    }
}
