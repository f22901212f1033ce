//! An object store whose calls are counted, and logged if they fail.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use block_store::{ObjectError, ObjectName, ObjectStore};
use bytes::Bytes;
use service::Causes;

use crate::log_room::LogRoom;
use crate::metrics::{ObjectOperation, ObjectRequests};

/// Passes every call on to a region's store and counts it by its kind, whatever comes of it. The log has what the store
/// could not do, with the object's name and never its bytes, as far as [`LogRoom`] lets it.
#[derive(Debug)]
pub(crate) struct CountedObjects {
    store: Arc<dyn ObjectStore>,
    requests: ObjectRequests,
    log_room: LogRoom,
}

impl CountedObjects {
    /// Counts the calls to `store` in `requests`.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, requests: ObjectRequests) -> Self {
        Self { store, requests, log_room: LogRoom::new() }
    }

    /// The outcome of a call, which is counted, and logged if it failed.
    async fn watch<T>(
        &self,
        operation: ObjectOperation,
        object: &str,
        call: impl Future<Output = Result<T, ObjectError>> + Send,
    ) -> Result<T, ObjectError> {
        self.requests.count(operation);
        let outcome = call.await;
        if let Err(error) = &outcome {
            self.log(operation.as_str(), object, error);
        }
        outcome
    }

    fn log(&self, operation: &'static str, object: &str, error: &ObjectError) {
        let region = self.requests.region();
        // Whether something is there is also asked where either answer will do.
        if matches!(error, ObjectError::NotFound(_) | ObjectError::AlreadyExists(_)) {
            tracing::debug!(region, operation, object, %error, "the object store answered");
            return;
        }
        let Some(left_out) = self.log_room.take() else { return };
        if left_out > 0 {
            tracing::warn!(region, left_out, "failed calls to the object store were left out of the log");
        }
        let error = Causes(error);
        tracing::warn!(region, operation, object, %error, "a call to the object store failed");
    }
}

#[async_trait]
impl ObjectStore for CountedObjects {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        let call = self.store.publish(staged, name);
        self.watch(ObjectOperation::Publish, name.as_str(), call).await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        let call = self.store.put(name, bytes);
        self.watch(ObjectOperation::Put, name.as_str(), call).await
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        let call = self.store.make_durable(name);
        self.watch(ObjectOperation::MakeDurable, name.as_str(), call).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let call = self.store.get(name, range);
        self.watch(ObjectOperation::Get, name.as_str(), call).await
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        let call = self.store.length(name);
        self.watch(ObjectOperation::Length, name.as_str(), call).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        let call = self.store.delete(name);
        self.watch(ObjectOperation::Delete, name.as_str(), call).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        let call = self.store.list(prefix, after, limit);
        self.watch(ObjectOperation::List, prefix, call).await
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
