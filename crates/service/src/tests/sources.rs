//! Sources of copies: missing in every way, and lost on the way.

use std::time::Duration;

use ebs::compat::MissingSource;
use ebs::{Compat, Refusal, SnapshotId, SnapshotState};

use super::bed::{AWAY, Bed, HOME, LEASE, Node, Volume, bob, copy_of};
use super::owned_objects::Verdict;
use crate::{ServiceError, ServiceSettings};

const NOT_FOUND: &str = "Source snapshot is not found";
const NOT_COMPLETE: &str = "Source snapshot is not complete";

async fn ends_in_error(node: &Node, region: &str, copy: SnapshotId, message: &str) {
    node.work(region).await;
    assert_eq!(node.state(region, copy).await, SnapshotState::Error);
    assert_eq!(node.message(region, copy).await, message);
    assert_eq!(node.job(region, copy).await.attempts, 1, "what can never succeed is not tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_missing_in_any_way_ends_the_copy_in_error() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let volume = Volume::from([(0, 1)]);
    let source = node.snapshot(HOME, &volume).await;
    let never: SnapshotId = "snap-00000bad".parse().expect("an id");
    for to in [HOME, AWAY] {
        let copy = node.copy(HOME, never, to).await.expect("is accepted");
        ends_in_error(&node, to, copy, NOT_FOUND).await;
        let copy = node.copy(AWAY, source, to).await.expect("is accepted");
        ends_in_error(&node, to, copy, NOT_FOUND).await;

        let deleted = node.snapshot(HOME, &volume).await;
        let copy = node.copy(HOME, deleted, to).await.expect("is accepted");
        node.delete(HOME, deleted).await;
        ends_in_error(&node, to, copy, NOT_FOUND).await;

        let theirs = node.call_as(bob(), to).copy_snapshot(&copy_of(HOME, source)).await;
        let theirs = theirs.expect("is accepted").snapshot;
        node.work(to).await;
        let shown = node.call_as(bob(), to).snapshot(theirs).await.expect("is there").snapshot;
        assert_eq!(shown.state, SnapshotState::Error, "the snapshot of another account is not there");
        assert_eq!(shown.state_message.as_deref(), Some(NOT_FOUND));

        let pending = node.start_upload(HOME, None, None).await;
        let copy = node.copy(HOME, pending, to).await.expect("is accepted");
        ends_in_error(&node, to, copy, NOT_COMPLETE).await;
        node.complete(HOME, pending, 7).await;
        node.work(HOME).await;
        assert_eq!(node.state(HOME, pending).await, SnapshotState::Error, "there are no seven blocks");
        let copy = node.copy(HOME, pending, to).await.expect("is accepted");
        ends_in_error(&node, to, copy, NOT_COMPLETE).await;
    }
    node.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_source_is_refused_at_once_if_so_set() {
    let bed = Bed::new();
    let compat = Compat { missing_source: MissingSource::Sync, ..Compat::default() };
    let node = bed.node_with("a", |settings| ServiceSettings { compat, ..settings }).await;
    let source = node.snapshot(HOME, &Volume::from([(0, 1)])).await;
    for (account, source) in [(super::bed::alice(), "snap-00000bad".parse().expect("an id")), (bob(), source)]
    {
        let refused = node.call_as(account, AWAY).copy_snapshot(&copy_of(HOME, source)).await;
        assert!(
            matches!(refused, Err(ServiceError::Refused(Refusal::SnapshotNotFound(id))) if id == source),
            "{refused:?}"
        );
    }
    assert_eq!(node.under_way(AWAY).await.copies.queued, 0, "a refused request has changed nothing");
    assert!(node.copy(HOME, source, AWAY).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_deleted_on_the_way_is_copied_to_its_end() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let volume = Volume::from([(0, 1), (900, 2)]);
    let source = node.snapshot(HOME, &volume).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    node.away.decide(|request| if request.writes() { Verdict::Hold } else { Verdict::Proceed });
    let attempt = node.attempt(AWAY).await.expect("a job may run");
    node.away.until(|seen| seen.held == 1).await;
    node.delete(HOME, source).await;
    node.away.leave_alone();
    node.away.release(1);
    attempt.await.expect("no panic");
    node.assert_equal(AWAY, copy, &volume).await;
    node.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_whose_hold_on_the_source_is_lost_is_made_again() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let volume = Volume::from([(0, 1), (900, 2)]);
    let source = node.snapshot(HOME, &volume).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    node.away.decide(|request| if request.is_root() { Verdict::Hold } else { Verdict::Proceed });
    let attempt = node.attempt(AWAY).await.expect("a job may run");
    node.away.until(|seen| seen.held == 1).await;
    let now = crate::service::Service::clone(&node.service).shared.clock.now();
    let lease_end = now.plus_ms(LEASE.as_millis() as i64 + 1);
    let fenced = node.region(HOME).catalog.fence_expired_sessions(lease_end).await.expect("fences");
    assert_eq!(fenced.len(), 1, "the one that reads the source");
    node.clock.advance(LEASE / 4);
    attempt.await.expect("no panic");
    assert_eq!(node.state(AWAY, copy).await, SnapshotState::Pending);
    assert_eq!(node.away.seen().held, 0, "the attempt has stopped");
    node.away.leave_alone();
    node.clock.advance(Duration::from_millis(500));
    node.attempt_to_its_end(AWAY).await;
    assert_eq!(node.job(AWAY, copy).await.attempts, 2);
    node.assert_equal(AWAY, copy, &volume).await;
    node.assert_nothing_left().await;
}
