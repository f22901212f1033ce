//! Attempts that fail: the pauses between them, and the last.

use std::time::Duration;

use catalog::JobState;
use ebs::{Clock, SnapshotState};

use super::bed::{AWAY, Bed, HOME, LEASE, START, Volume};
use super::owned_objects::Verdict;
use crate::{AttemptEnd, JobFailure, JobName};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pauses_double_from_half_a_second_to_a_minute() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let volume = Volume::from([(0, 1), (70, 2)]);
    let source = node.snapshot(HOME, &volume).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    node.away.decide(|request| if request.writes() { Verdict::Refuse } else { Verdict::Proceed });
    let pauses = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000];
    for (attempt, pause) in (1_u32..).zip(pauses) {
        node.attempt_to_its_end(AWAY).await;
        let job = node.job(AWAY, copy).await;
        assert_eq!((job.state, job.attempts), (JobState::Queued, attempt));
        assert_eq!(job.run_at.ms_since(node.clock.now()), pause, "after attempt {attempt}");
        node.clock.advance(Duration::from_millis(pause as u64 - 1));
        assert!(node.attempt(AWAY).await.is_none(), "attempt {attempt} was followed too soon");
        node.clock.advance(Duration::from_millis(1));
    }
    assert_eq!(node.state(AWAY, copy).await, SnapshotState::Pending);
    node.away.leave_alone();
    node.work(AWAY).await;
    node.assert_equal(AWAY, copy, &volume).await;
    node.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_five_hundredth_attempt_is_the_last() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let source = node.snapshot(HOME, &Volume::from([(0, 1)])).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    let catalog = node.region(AWAY).catalog.clone();
    for attempt in 1..=498 {
        let job = catalog.claim_job("a", START, START.plus_ms(LEASE.as_millis() as i64)).await;
        let job = job.expect("claims").expect("the job");
        assert_eq!(job.attempt, attempt);
        catalog.retry_job(job.session, START).await.expect("gives up");
    }
    node.away.decide(|request| if request.writes() { Verdict::Refuse } else { Verdict::Proceed });
    node.attempt_to_its_end(AWAY).await;
    let job = node.job(AWAY, copy).await;
    assert_eq!((job.state, job.attempts), (JobState::Queued, 499));
    node.clock.advance(Duration::from_secs(60));
    bed.watcher.take();
    node.attempt_to_its_end(AWAY).await;
    let given_up = Some(AttemptEnd::Failed(JobFailure::GivenUp));
    assert_eq!(bed.watcher.take(), [(JobName::Copy, None), (JobName::Copy, given_up)]);
    let job = node.job(AWAY, copy).await;
    assert_eq!((job.state, job.attempts), (JobState::Failed, 500));
    assert_eq!(node.state(AWAY, copy).await, SnapshotState::Error);
    assert_eq!(node.message(AWAY, copy).await, "The snapshot could not be completed");
    node.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failed_attempt_has_sealed_is_not_moved_again() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let volume = Volume::from([(0, 1), (1, 2), (600, 3)]);
    let source = node.snapshot(HOME, &volume).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    node.away.decide(|request| if request.is_root() { Verdict::Refuse } else { Verdict::Proceed });
    node.attempt_to_its_end(AWAY).await;
    assert_eq!(node.away.seen().disturbed, 1, "the root was refused after the segments were written");
    node.away.leave_alone();
    node.clock.advance(Duration::from_secs(1));
    node.work(AWAY).await;
    node.assert_equal(AWAY, copy, &volume).await;
    assert_eq!(node.record(AWAY, copy).await.bytes_moved, 0);
    node.assert_nothing_left().await;
}
