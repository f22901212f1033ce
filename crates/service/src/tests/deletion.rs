//! Deleting what is under way, at every stage of it.

use std::sync::Arc;

use catalog::UnderWay;
use ebs::{Refusal, SnapshotId};

use super::bed::{AWAY, Bed, HOME, LEASE, Node, Volume};
use super::owned_objects::{OwnedObjects, Verdict};
use crate::ServiceError;

async fn is_gone(node: &Node, region: &str, id: SnapshotId) {
    let found = node.call(region).snapshot(id).await;
    assert!(matches!(found, Err(ServiceError::Refused(Refusal::SnapshotNotFound(_)))), "{found:?}");
}

/// Holds an attempt at its `stage`-th call to `objects`, deletes its snapshot there and then, and lets the call go
/// on if `released`; else the attempt hears of it at its next sign of life. `false` if it had no such call.
async fn deleted_at(
    node: &Node,
    region: &str,
    id: SnapshotId,
    objects: &Arc<OwnedObjects>,
    (stage, released): (u64, bool),
) -> bool {
    objects.decide(move |request| if request.number == stage { Verdict::Hold } else { Verdict::Proceed });
    let mut attempt = node.attempt(region).await.expect("a job may run");
    let was_held = tokio::select! {
        () = objects.until(|seen| seen.held == 1) => true,
        ended = &mut attempt => {
            ended.expect("no panic");
            false
        }
    };
    objects.leave_alone();
    let before = node.under_way(region).await;
    node.delete(region, id).await;
    let after = node.under_way(region).await;
    // Where source and copy are of one region, the attempt still reads the source: one session, one root.
    let readers = before.live_sessions.saturating_sub(1);
    let UnderWay { live_sessions, copies, upload_completions, segment_pins, root_pins, .. } = after;
    assert_eq!(
        (copies, upload_completions, segment_pins),
        Default::default(),
        "the deletion itself lets go of everything"
    );
    assert_eq!([live_sessions, root_pins], [readers; 2], "nothing but the source is held any more");
    if was_held {
        match released {
            true => objects.release(1),
            false => node.clock.advance(LEASE / 4),
        }
        attempt.await.expect("no panic");
    }
    is_gone(node, region, id).await;
    assert!(node.attempt(region).await.is_none(), "its job is over");
    node.clock.advance(LEASE * 2);
    for region in [HOME, AWAY] {
        crate::jobs::upkeep::look_after(&node.service, &node.region(region)).await.expect("looks after");
    }
    node.assert_nothing_left().await;
    was_held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_deleted_at_any_stage_leaves_nothing() {
    let bed = Bed::new();
    let (maker, node) = (bed.node("a").await, bed.node("b").await);
    let (mut content, mut stages) = (0, 0);
    for released in [true, false] {
        for side in [HOME, AWAY] {
            for stage in 1.. {
                content += 10;
                let volume = Volume::from([(0, content), (600, content + 1)]);
                // By another node, so that this one has nothing of it in its memory and reads all that it needs.
                let source = maker.snapshot(HOME, &volume).await;
                let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
                let objects = if side == HOME { &node.home } else { &node.away };
                let was_held = deleted_at(&node, AWAY, copy, objects, (stage, released)).await;
                node.assert_equal(HOME, source, &volume).await;
                stages += u32::from(was_held);
                if !was_held {
                    break;
                }
            }
        }
    }
    assert!(stages >= 8, "only {stages} stages were met");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_in_its_region_that_is_deleted_at_any_stage_leaves_nothing() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let volume = Volume::from([(0, 1)]);
    let source = node.snapshot(HOME, &volume).await;
    for stage in 1.. {
        let copy = node.copy(HOME, source, HOME).await.expect("is accepted");
        if !deleted_at(&node, HOME, copy, &node.home, (stage, true)).await {
            assert!(stage > 1, "a root is written");
            break;
        }
    }
    node.assert_equal(HOME, source, &volume).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_deleted_while_it_completes_leaves_nothing() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    for stage in 1.. {
        let id = node.start_upload(HOME, None, None).await;
        node.put(HOME, id, 0, stage).await.expect("is acknowledged");
        node.complete(HOME, id, 1).await;
        if !deleted_at(&node, HOME, id, &node.home, (stage, true)).await {
            assert!(stage > 3, "segments and a root are read and written");
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_before_its_job_begins_leaves_nothing() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    let source = node.snapshot(HOME, &Volume::from([(0, 1)])).await;
    let copy = node.copy(HOME, source, AWAY).await.expect("is accepted");
    node.delete(AWAY, copy).await;
    is_gone(&node, AWAY, copy).await;
    let open = node.start_upload(HOME, Some(source), None).await;
    node.put(HOME, open, 0, 2).await.expect("is acknowledged");
    node.delete(HOME, open).await;
    let sealed = node.start_upload(HOME, Some(source), None).await;
    node.put(HOME, sealed, 0, 3).await.expect("is acknowledged");
    node.complete(HOME, sealed, 1).await;
    node.delete(HOME, sealed).await;
    for region in [HOME, AWAY] {
        assert!(node.attempt(region).await.is_none());
    }
    node.assert_nothing_left().await;
}
