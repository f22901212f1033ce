//! Listings of a node that has nothing in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ebs::BlockIndex;
use ebs::operation::list_changed_blocks::ListChangedBlocksRequest;
use ebs::operation::list_snapshot_blocks::ListSnapshotBlocksRequest;

use super::bed::{Bed, HOME, Node, Volume};
use super::owned_objects::{Operation, Verdict};

/// Leaves of the volume that is listed, one block in each.
const LEAVES: u32 = 240;
/// Nodes that are read at the same time.
const AHEAD: usize = 8;

fn sparse() -> Volume {
    (0..LEAVES).map(|leaf| (index_in(leaf), u64::from(leaf % 7))).collect()
}

fn index_in(leaf: u32) -> u32 {
    leaf << 9 | leaf
}

/// From now on reads of slots are counted and become what `verdict` says. A node that has no index asks for the
/// lengths of segments, to make one beside what it serves; it is refused, so that only what is listed is read.
fn decide(node: &Node, verdict: Verdict) -> Arc<AtomicU64> {
    let reads = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&reads);
    node.home.decide(move |request| match request.operation {
        Operation::Length => Verdict::Refuse,
        Operation::Get => {
            counted.fetch_add(1, Ordering::Relaxed);
            verdict
        }
        _ => Verdict::Proceed,
    });
    reads
}

async fn page(node: &Node, snapshot: ebs::SnapshotId, from: u32) -> (Vec<u32>, Option<u32>) {
    let request = ListSnapshotBlocksRequest { snapshot, from: BlockIndex(from), max_results: 100 };
    let reply = node.call(HOME).list_snapshot_blocks(&request).await.expect("lists");
    (reply.blocks.iter().map(|index| index.0).collect(), reply.next.map(|index| index.0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaves_are_read_ahead_in_order_and_none_for_nothing() {
    let bed = Bed::new();
    let volume = sparse();
    let snapshot = bed.node("a").await.snapshot(HOME, &volume).await;
    let node = Arc::new(bed.node("b").await);
    // Root and branch are read; the leaves, which come next, are held.
    decide(&node, Verdict::Proceed);
    assert_eq!(page(&node, snapshot, index_in(LEAVES)).await, (Vec::new(), None));
    let reads = decide(&node, Verdict::Hold);
    let listing = tokio::spawn({
        let node = Arc::clone(&node);
        async move { page(&node, snapshot, 0).await }
    });
    node.home.until(|seen| seen.held == AHEAD).await;
    node.home.release(LEAVES as usize);
    let all = volume.keys().copied().collect::<Vec<_>>();
    let (first, next) = listing.await.expect("no panic");
    assert_eq!((first.as_slice(), next), (&all[..100], Some(all[100])));
    assert_eq!(node.home.seen().held_most, AHEAD);
    assert!(reads.load(Ordering::Relaxed) <= 101, "a page, the leaf in which the rest begins, and no more");
    let (second, next) = page(&node, snapshot, all[100]).await;
    assert_eq!((second.as_slice(), next), (&all[100..200], Some(all[200])));
    let (third, next) = page(&node, snapshot, all[200]).await;
    assert_eq!((third.as_slice(), next), (&all[200..], None));
    // How much of the second page its first leaf gives is not known, so one leaf of the third may be read with it.
    let reads = reads.load(Ordering::Relaxed);
    assert!((u64::from(LEAVES)..=u64::from(LEAVES) + 1).contains(&reads), "{reads} reads of {LEAVES} leaves");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_leaves_are_read_ahead_in_order() {
    let bed = Bed::new();
    let writer = bed.node("a").await;
    let first = writer.snapshot(HOME, &sparse()).await;
    let child = writer.start_upload(HOME, Some(first), None).await;
    let changed = (0..LEAVES).filter(|leaf| leaf % 2 == 0).map(index_in).collect::<Vec<_>>();
    for index in &changed {
        writer.put(HOME, child, *index, 100).await.expect("is acknowledged");
    }
    writer.complete(HOME, child, changed.len()).await;
    writer.work(HOME).await;
    let node = Arc::new(bed.node("b").await);
    let list = |from: u32| {
        let node = Arc::clone(&node);
        let from = BlockIndex(from);
        let request = ListChangedBlocksRequest { first, second: child, from, max_results: 100 };
        async move {
            let reply = node.call(HOME).list_changed_blocks(&request).await.expect("lists");
            let indexes = reply.blocks.iter().map(|block| block.index.0).collect::<Vec<_>>();
            (indexes, reply.next.map(|index| index.0))
        }
    };
    // Roots and branches are read; the leaves, which come next, are held.
    decide(&node, Verdict::Proceed);
    assert_eq!(list(index_in(LEAVES)).await, (Vec::new(), None));
    decide(&node, Verdict::Hold);
    let listing = tokio::spawn(list(0));
    node.home.until(|seen| seen.held == AHEAD).await;
    decide(&node, Verdict::Proceed);
    node.home.release(AHEAD);
    assert_eq!(listing.await.expect("no panic"), (changed[..100].to_vec(), Some(changed[100])));
    assert_eq!(list(changed[100]).await, (changed[100..].to_vec(), None));
}
