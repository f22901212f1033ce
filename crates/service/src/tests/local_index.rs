//! The index of a node that has lost its own, or that was stopped while it read the segments again.

use block_store::ObjectStore;
use ebs::BLOCK_BYTES;

use super::bed::{Bed, HOME, Node, Volume, alice, eventually};
use super::owned_objects::{Operation, Verdict};

/// The bytes of all objects in the home region's store.
async fn stored_bytes(node: &Node) -> u64 {
    let mut bytes = 0;
    for name in node.home.list("", None, 1_000).await.expect("lists") {
        bytes += node.home.length(&name).await.expect("is there");
    }
    bytes
}

async fn has_index(node: &Node) -> bool {
    let domain = node.region(HOME).catalog.domain_of(alice()).await.expect("answers").expect("is there");
    node.region(HOME).store.has_index_of(domain.id).await.expect("answers")
}

/// Writes a block, which needs the keys of the account's domain.
async fn use_domain(node: &Node) {
    let upload = node.start_upload(HOME, None, None).await;
    node.put(HOME, upload, 0, 3).await.expect("is acknowledged");
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
    use_domain(&stopped).await;
    stopped.home.until(|seen| seen.disturbed > 0).await;
    assert!(!has_index(&stopped).await);
    drop(stopped);

    // The file of the index is there now, and has nothing of the domain.
    let again = bed.successor("b", "c").await;
    use_domain(&again).await;
    eventually("the index is whole", || has_index(&again)).await;
    let before = stored_bytes(&again).await;
    again.snapshot(HOME, &volume).await;
    let added = stored_bytes(&again).await - before;
    assert!(added < BLOCK_BYTES as u64, "blocks that were there were stored again: {added} bytes");
}
