//! Attempts that lose their lease.

use std::time::Duration;

use ebs::{Clock, SnapshotId, SnapshotState};

use super::bed::{AWAY, Bed, HOME, LEASE, Node, START, Volume, eventually};
use super::owned_objects::Verdict;

const MOMENT: Duration = Duration::from_millis(1);

fn volume() -> Volume {
    Volume::from([(0, 1), (3, 0), (700, 2)])
}

/// A copy whose attempt at `node` has sealed its segments and is held before its root.
async fn stalled_copy(node: &Node) -> (SnapshotId, tokio::task::JoinHandle<()>) {
    let source = node.snapshot(HOME, &volume()).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    node.away.decide(|request| if request.is_root() { Verdict::Hold } else { Verdict::Proceed });
    let attempt = node.attempt(AWAY).await.expect("a job may run");
    node.away.until(|seen| seen.held == 1).await;
    (copy, attempt)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_stalls_past_its_lease_is_taken_over_and_commits_nothing() {
    let bed = Bed::new();
    let (stalled, other) = (bed.node("a").await, bed.node("b").await);
    let (copy, attempt) = stalled_copy(&stalled).await;

    other.clock.advance(LEASE);
    assert!(other.attempt(AWAY).await.is_none(), "the lease has not ended");
    other.clock.advance(MOMENT);
    other.away.decide(|request| if request.is_root() { Verdict::Hold } else { Verdict::Proceed });
    let taken_over = other.attempt(AWAY).await.expect("the lease has ended");
    other.away.until(|seen| seen.held == 1).await;
    assert_eq!(other.job(AWAY, copy).await.attempts, 2);

    // The clock of the stalled node stands still, so that nothing but its commit can end its attempt.
    stalled.away.release(1);
    attempt.await.expect("no panic");
    assert_eq!(stalled.state(AWAY, copy).await, SnapshotState::Pending, "a late commit is refused");

    other.away.release(1);
    taken_over.await.expect("no panic");
    assert_eq!(other.state(AWAY, copy).await, SnapshotState::Completed);
    for node in [&stalled, &other] {
        node.away.leave_alone();
        node.assert_equal(AWAY, copy, &volume()).await;
    }
    // What the stalled attempt read of the source ends with its own lease, if it did not end before.
    other.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_attempt_comes_back_after_its_job_is_done_and_changes_nothing() {
    let bed = Bed::new();
    let (stalled, other) = (bed.node("a").await, bed.node("b").await);
    let (copy, attempt) = stalled_copy(&stalled).await;
    other.clock.advance(LEASE + MOMENT);
    other.attempt_to_its_end(AWAY).await;
    let completed = other.record(AWAY, copy).await;
    assert_eq!(completed.snapshot.state, SnapshotState::Completed);
    stalled.away.release(1);
    attempt.await.expect("no panic");
    assert_eq!(other.record(AWAY, copy).await, completed);
    other.assert_equal(AWAY, copy, &volume()).await;
    other.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_hears_that_it_was_fenced_stops_at_once() {
    let bed = Bed::new();
    let (stalled, other) = (bed.node("a").await, bed.node("b").await);
    let (copy, attempt) = stalled_copy(&stalled).await;
    other.clock.advance(LEASE + MOMENT);
    other.attempt_to_its_end(AWAY).await;
    stalled.clock.advance(LEASE / 4);
    attempt.await.expect("no panic");
    assert_eq!(stalled.away.seen().held, 0, "it waits for its store no more");
    other.assert_equal(AWAY, copy, &volume()).await;
    // It was dropped where it stood; its read session at the source ends with its lease.
    other.clock.advance(LEASE);
    crate::jobs::upkeep::look_after(&other.service, &other.region(HOME)).await.expect("looks after");
    other.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_gives_signs_of_life_keeps_its_job() {
    let bed = Bed::new();
    let (slow, other) = (bed.node("a").await, bed.node("b").await);
    let (copy, attempt) = stalled_copy(&slow).await;
    let lease_until = || async { slow.job(AWAY, copy).await.lease_until };
    assert_eq!(lease_until().await, Some(START.plus_ms(LEASE.as_millis() as i64)));
    for _ in 0..8 {
        slow.clock.advance(LEASE / 4);
        let expected = slow.clock.now().plus_ms(LEASE.as_millis() as i64);
        eventually("the lease is put off", || async { lease_until().await == Some(expected) }).await;
    }
    other.clock.advance(LEASE * 2);
    assert!(other.attempt(AWAY).await.is_none(), "twice the lease has passed, and it was put off");
    slow.away.leave_alone();
    slow.away.release(1);
    attempt.await.expect("no panic");
    assert_eq!(slow.job(AWAY, copy).await.attempts, 1);
    slow.assert_equal(AWAY, copy, &volume()).await;
    slow.assert_nothing_left().await;
}
