//! What those who watch jobs are told of each attempt: that it begins, and one end.

use std::time::Duration;

use ebs::BLOCK_BYTES;

use super::bed::{AWAY, Bed, HOME, LEASE, Volume};
use super::owned_objects::Verdict;
use crate::{AttemptEnd, JobFailure, JobName, RetryCause};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attempt_is_seen_to_begin_and_to_end_once() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let source = node.snapshot(HOME, &Volume::from([(0, 1), (70, 2)])).await;
    let [began, (JobName::CompleteUpload, Some(AttemptEnd::Completed { .. }))] = bed.watcher.take()[..]
    else {
        panic!("an upload is completed by one attempt");
    };
    assert_eq!(began, (JobName::CompleteUpload, None));

    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    node.away.decide(|request| if request.writes() { Verdict::Refuse } else { Verdict::Proceed });
    node.attempt_to_its_end(AWAY).await;
    node.away.leave_alone();
    node.clock.advance(Duration::from_secs(1));
    node.attempt_to_its_end(AWAY).await;
    let record = node.record(AWAY, copy).await;
    let (bytes_moved, bytes_shared) = (record.bytes_moved, record.bytes_shared);
    assert!(bytes_moved > 2 * BLOCK_BYTES as u64 && bytes_shared == 0, "{bytes_moved}, {bytes_shared}");
    let expected = [
        None,
        Some(AttemptEnd::Retried(RetryCause::StoreUnavailable)),
        None,
        Some(AttemptEnd::Completed { bytes_moved, bytes_shared }),
    ];
    assert_eq!(bed.watcher.take(), expected.map(|end| (JobName::Copy, end)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_whose_snapshot_is_deleted_is_fenced_and_one_without_a_source_fails() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let source = node.snapshot(HOME, &Volume::from([(0, 1)])).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    let orphan = node.copy(HOME, source, HOME).await.expect("is accepted");
    bed.watcher.take();
    node.away.decide(|request| if request.writes() { Verdict::Hold } else { Verdict::Proceed });
    let attempt = node.attempt(AWAY).await.expect("a job may run");
    node.away.until(|seen| seen.held == 1).await;
    node.delete(AWAY, copy).await;
    node.clock.advance(LEASE / 4);
    attempt.await.expect("no panic");
    assert_eq!(bed.watcher.take(), [None, Some(AttemptEnd::Fenced)].map(|end| (JobName::Copy, end)));

    node.delete(HOME, source).await;
    node.attempt_to_its_end(HOME).await;
    assert_eq!(node.message(HOME, orphan).await, "Source snapshot is not found");
    let failed = Some(AttemptEnd::Failed(JobFailure::SourceNotFound));
    assert_eq!(bed.watcher.take(), [None, failed].map(|end| (JobName::Copy, end)));
}
