//! Quotas, as the operations keep them.

use ebs::{Refusal, SnapshotId, SnapshotState};
use futures_util::future::join_all;

use super::bed::{AWAY, Bed, HOME, Node};
use crate::{ServiceError, ServiceSettings};

fn id(number: u32) -> SnapshotId {
    format!("snap-{number:08x}").parse().expect("an id")
}

async fn copies(node: &Node, numbers: std::ops::Range<u32>) -> Vec<Result<SnapshotId, ServiceError>> {
    join_all(numbers.map(|number| node.copy(HOME, id(number), AWAY))).await
}

fn is_refused(copy: &Result<SnapshotId, ServiceError>) -> bool {
    matches!(copy, Err(ServiceError::Refused(Refusal::TooManyCopies { limit: 20 })))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_copies_are_in_flight_and_no_more() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let raced = copies(&node, 0..40).await;
    assert_eq!(raced.iter().filter(|copy| is_refused(copy)).count(), 20, "{raced:?}");
    let accepted = raced.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(accepted.len(), 20);
    assert!(node.copy(AWAY, id(50), HOME).await.is_ok(), "each region has its own quota");

    node.delete(AWAY, accepted[0]).await;
    let raced = copies(&node, 60..63).await;
    assert_eq!(raced.iter().filter(|copy| is_refused(copy)).count(), 2, "one place was free: {raced:?}");

    node.work(AWAY).await;
    for copy in &accepted[1..] {
        assert_eq!(node.state(AWAY, *copy).await, SnapshotState::Error, "there is no such source");
    }
    let raced = copies(&node, 100..140).await;
    assert_eq!(raced.iter().filter(|copy| is_refused(copy)).count(), 20, "copies in error are not in flight");
    node.work(AWAY).await;
    node.work(HOME).await;
    node.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued_copies_wait_instead_of_being_refused() {
    let bed = Bed::new();
    let node = bed.node_with("a", |settings| ServiceSettings { queue_copies: true, ..settings }).await;
    let raced = copies(&node, 0..25).await;
    assert!(raced.iter().all(Result::is_ok), "{raced:?}");
    assert_eq!(node.under_way(AWAY).await.copies.queued, 25);
    node.work(AWAY).await;
    node.assert_nothing_left().await;
}
