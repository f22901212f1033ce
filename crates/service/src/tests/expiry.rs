//! Uploads that nobody writes.

use std::time::Duration;

use ebs::{Refusal, SnapshotId, SnapshotState};

use super::bed::{Bed, HOME, Node, Volume};
use crate::ServiceError;
use crate::jobs::upkeep::look_after;

const TIMEOUT: Duration = Duration::from_secs(600);
const MOMENT: Duration = Duration::from_millis(1);

async fn open_upload(node: &Node) -> SnapshotId {
    let id = node.start_upload(HOME, None, Some(10)).await;
    node.put(HOME, id, 0, 1).await.expect("is acknowledged");
    id
}

async fn state_after(node: &Node, id: SnapshotId, wait: Duration) -> SnapshotState {
    node.clock.advance(wait);
    look_after(&node.service, &node.region(HOME)).await.expect("looks after");
    node.state(HOME, id).await
}

#[tokio::test]
async fn an_upload_expires_at_its_timeout_and_not_a_moment_before() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let id = open_upload(&node).await;
    assert_eq!(state_after(&node, id, TIMEOUT - MOMENT).await, SnapshotState::Pending);
    assert_eq!(state_after(&node, id, MOMENT).await, SnapshotState::Error);
    assert_eq!(node.message(HOME, id).await, "No block was written before the upload's timeout ended");
    let refused = node.put(HOME, id, 1, 2).await;
    assert!(
        matches!(refused, Err(ServiceError::Refused(Refusal::SnapshotNotFound(refused))) if refused == id),
        "{refused:?}"
    );
    node.assert_nothing_left().await;
}

#[tokio::test]
async fn a_write_puts_the_end_off_and_is_noted_every_five_seconds() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let id = open_upload(&node).await;
    node.clock.advance(Duration::from_millis(4_999));
    node.put(HOME, id, 1, 2).await.expect("is acknowledged");
    assert_eq!(
        state_after(&node, id, TIMEOUT - Duration::from_millis(5_000)).await,
        SnapshotState::Pending,
        "a moment before the end that the first write has set"
    );
    node.put(HOME, id, 2, 3).await.expect("is acknowledged");
    assert_eq!(state_after(&node, id, MOMENT).await, SnapshotState::Pending, "the last write was noted");
    assert_eq!(state_after(&node, id, TIMEOUT - MOMENT - MOMENT).await, SnapshotState::Pending);
    assert_eq!(state_after(&node, id, MOMENT).await, SnapshotState::Error);

    let id = open_upload(&node).await;
    node.clock.advance(Duration::from_millis(4_999));
    node.put(HOME, id, 1, 2).await.expect("is acknowledged");
    let end = TIMEOUT - Duration::from_millis(4_999);
    assert_eq!(state_after(&node, id, end).await, SnapshotState::Error, "a write so soon is not noted");
    node.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_sealed_does_not_expire() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let id = open_upload(&node).await;
    node.complete(HOME, id, 1).await;
    assert_eq!(state_after(&node, id, TIMEOUT * 2).await, SnapshotState::Pending);
    node.work(HOME).await;
    node.assert_equal(HOME, id, &Volume::from([(0, 1)])).await;
    node.assert_nothing_left().await;
}
