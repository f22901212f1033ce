//! Attempts that run at the same time.

use ebs::SnapshotState;

use super::bed::{AWAY, Bed, HOME, Volume, eventually};
use super::owned_objects::Verdict;
use crate::ServiceSettings;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_thirty_two_attempts_run_at_a_time() {
    let bed = Bed::new();
    let node = bed.node_with("a", |settings| ServiceSettings { queue_copies: true, ..settings }).await;
    let mut copies = Vec::new();
    for content in 1..=36 {
        let source = node.snapshot(HOME, &Volume::from([(0, content)])).await;
        copies.push((node.copy(HOME, source, AWAY).await.expect("is accepted"), content));
    }
    node.away.decide(|request| if request.is_root() { Verdict::Hold } else { Verdict::Proceed });
    let running = node.run_jobs();
    node.away.until(|seen| seen.held == 32).await;
    let under_way = node.under_way(AWAY).await;
    assert_eq!((under_way.copies.running, under_way.copies.queued), (32, 4));
    for left in (0..4).rev() {
        node.away.release(1);
        eventually("the end of one lets another begin", || async {
            let under_way = node.under_way(AWAY).await;
            (under_way.copies.running, under_way.copies.queued) == (32, left)
        })
        .await;
        node.away.until(|seen| seen.held == 32).await;
    }
    assert_eq!(node.away.seen().held_most, 32);
    node.away.leave_alone();
    node.away.release(32);
    for (copy, content) in copies {
        eventually("each is completed", || async {
            node.state(AWAY, copy).await == SnapshotState::Completed
        })
        .await;
        node.assert_equal(AWAY, copy, &Volume::from([(0, content)])).await;
    }
    node.service.stop();
    running.await.expect("no panic");
    node.assert_nothing_left().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_copies_do_not_wait_for_a_huge_one() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let before = node.home.seen().calls;
    let huge = (0..80).map(|index| (index, u64::from(index) + 1)).collect::<Volume>();
    let huge_source = node.snapshot(HOME, &huge).await;
    assert!(node.home.seen().calls > before, "its blocks are in the store");
    let small = Volume::from([(5, 1_000)]);
    let small_source = node.snapshot(HOME, &small).await;
    let huge_copy = node.copy(HOME, huge_source, AWAY).await.expect("is accepted");
    // The first reads of the huge copy are held while they fill their share of the memory.
    node.home.decide(|request| if request.number > 1 { Verdict::Hold } else { Verdict::Proceed });
    let running = node.run_jobs();
    node.home.until(|seen| seen.held > 0).await;
    node.home.leave_alone();
    for _ in 0..10 {
        let copy = node.copy(HOME, small_source, AWAY).await.expect("is accepted");
        eventually("a small copy is completed", || async {
            node.state(AWAY, copy).await == SnapshotState::Completed
        })
        .await;
        node.assert_equal(AWAY, copy, &small).await;
    }
    assert!(node.home.seen().held > 0, "the huge copy is still where it was");
    assert_eq!(node.state(AWAY, huge_copy).await, SnapshotState::Pending);
    node.home.release(node.home.seen().held);
    eventually("the huge copy is completed", || async {
        node.state(AWAY, huge_copy).await == SnapshotState::Completed
    })
    .await;
    node.assert_equal(AWAY, huge_copy, &huge).await;
    node.service.stop();
    running.await.expect("no panic");
    node.assert_nothing_left().await;
}
