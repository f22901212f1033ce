//! The index of a node that has lost its own, or that was stopped while it read the segments again.

use block_store::ObjectStore;
use ebs::BLOCK_BYTES;

use super::bed::{Bed, HOME, Node, Volume};
use super::owned_objects::{Operation, Verdict};

/// The bytes of all objects in the home region's store.
async fn stored_bytes(node: &Node) -> u64 {
    let mut bytes = 0;
    for name in node.home.list("", None, 1_000).await.expect("lists") {
        bytes += node.home.length(&name).await.expect("is there");
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_could_not_be_read_again_is_read_at_the_next_start() {
    let bed = Bed::new();
    let volume = Volume::from([(0, 1), (600, 2)]);
    bed.node("a").await.snapshot(HOME, &volume).await;

    let stopped = bed.node("b").await;
    stopped.home.decide(|request| match request.operation {
        Operation::Get | Operation::Length => Verdict::Refuse,
        _ => Verdict::Proceed,
    });
    assert!(!stopped.has_index(HOME).await);
    stopped.home.until(|seen| seen.disturbed > 0).await;
    assert!(!stopped.has_index(HOME).await);
    drop(stopped);

    // The file of the index is there now, and has nothing of the domain.
    let again = bed.successor("b", "c").await;
    again.settle_index(HOME).await;
    let before = stored_bytes(&again).await;
    again.snapshot(HOME, &volume).await;
    let added = stored_bytes(&again).await - before;
    assert!(added < BLOCK_BYTES as u64, "blocks that were there were stored again: {added} bytes");
}
