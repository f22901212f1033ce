//! An object store that fails at every call in turn, in every way: what was asked for ends completed and equal, and
//! nothing stays behind.

use ebs::SnapshotState;

use super::bed::{AWAY, Bed, HOME, Node, Volume};
use super::owned_objects::{OwnedObjects, Request, Verdict};

/// The ways in which a call fails. Reads have no durability to lose, so that one of them is no fault for them.
const FAULTS: [Verdict; 3] = [Verdict::Refuse, Verdict::LoseAnswer, Verdict::NotDurable];

fn at(stage: u64, fault: Verdict) -> impl FnMut(&Request<'_>) -> Verdict + Send {
    move |request| {
        let bites = request.number == stage && (fault != Verdict::NotDurable || request.writes());
        if bites { fault } else { Verdict::Proceed }
    }
}

/// Whether the attempts that have ended since the plan was made had a call of this number.
fn was_reached(objects: &OwnedObjects, stage: u64) -> bool {
    objects.seen().calls >= stage
}

/// Copies a new snapshot with a fault at each call in turn to the store of `side`, and gives how many calls there were.
async fn copies_survive(node: &Node, (from, to): (&str, &str), side: &str, fault: Verdict) -> u64 {
    for stage in 1.. {
        let content =
            stage * 1_000 + fault as u64 * 100 + u64::from(side == HOME) * 10 + u64::from(to == HOME);
        let volume = Volume::from([(0, content * 10), (2, 0), (600, content * 10 + 1)]);
        let source = node.snapshot(from, &volume).await;
        let copy = node.copy(from, source, to).await.expect("is accepted");
        let objects = if side == HOME { &node.home } else { &node.away };
        objects.decide(at(stage, fault));
        node.work_through(to, copy).await;
        let reached = was_reached(objects, stage);
        objects.leave_alone();
        assert_eq!(node.state(to, copy).await, SnapshotState::Completed, "{fault:?} at call {stage}");
        node.assert_equal(to, copy, &volume).await;
        node.assert_equal(from, source, &volume).await;
        node.assert_nothing_left().await;
        if !reached {
            return stage - 1;
        }
    }
    0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_survives_a_fault_at_any_call_to_its_own_store() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    for fault in FAULTS {
        let calls = copies_survive(&node, (HOME, AWAY), AWAY, fault).await;
        assert!(calls >= 2, "a segment and a root are written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_survives_a_fault_at_any_call_to_its_sources_store() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    for fault in [Verdict::Refuse, Verdict::LoseAnswer] {
        let calls = copies_survive(&node, (HOME, AWAY), HOME, fault).await;
        assert!(calls >= 3, "a root, nodes and blocks are read");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_in_its_region_survives_a_fault_at_any_call() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    for fault in FAULTS {
        let calls = copies_survive(&node, (HOME, HOME), HOME, fault).await;
        assert!(calls >= 1, "a root is written");
    }
}

/// Uploads a child with a fault at each call in turn, sending again what was not acknowledged, and gives how many
/// calls there were.
async fn uploads_survive(node: &Node, fault: Verdict) -> u64 {
    let parent = node.snapshot(HOME, &Volume::from([(0, 1), (1, 2)])).await;
    for stage in 1.. {
        let content = stage * 1_000 + fault as u64 * 100;
        let written = Volume::from([(1, content + 1), (2, 0), (600, content + 2)]);
        let id = node.start_upload(HOME, Some(parent), None).await;
        node.home.decide(at(stage, fault));
        for (index, content) in &written {
            let mut sent = 1;
            while let Err(error) = node.put(HOME, id, *index, *content).await {
                assert!(sent < 5, "block {index} is never taken: {error:?}; {fault:?} at call {stage}");
                sent += 1;
            }
        }
        node.complete(HOME, id, written.len()).await;
        node.work_through(HOME, id).await;
        let reached = was_reached(&node.home, stage);
        node.home.leave_alone();
        assert_eq!(
            node.state(HOME, id).await,
            SnapshotState::Completed,
            "{fault:?} at call {stage}: {}",
            node.message(HOME, id).await
        );
        let mut whole = written.clone();
        whole.insert(0, 1);
        node.assert_equal(HOME, id, &whole).await;
        node.assert_nothing_left().await;
        if !reached {
            return stage - 1;
        }
    }
    0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_to_a_folder_survives_a_fault_at_any_call() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    for fault in FAULTS {
        let calls = uploads_survive(&node, fault).await;
        assert!(calls >= 3, "segments and a root are written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_to_a_bucket_survives_a_fault_at_any_call() {
    let bed = Bed::of_buckets();
    let node = bed.node("a").await;
    for fault in FAULTS {
        let calls = uploads_survive(&node, fault).await;
        assert!(calls >= 4, "each block's segment and a root are written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_store_fails_for_good_nothing_is_completed() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let volume = Volume::from([(0, 1), (600, 2)]);
    let source = node.snapshot(HOME, &volume).await;
    for fault in FAULTS {
        let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
        node.away.decide(move |request| if request.writes() { fault } else { Verdict::Proceed });
        for _ in 0..3 {
            node.attempt_to_its_end(AWAY).await;
            assert_eq!(node.state(AWAY, copy).await, SnapshotState::Pending, "{fault:?}");
            node.clock.advance(std::time::Duration::from_secs(60));
        }
        node.away.leave_alone();
        node.work_through(AWAY, copy).await;
        node.assert_equal(AWAY, copy, &volume).await;
    }
    node.assert_nothing_left().await;
}
