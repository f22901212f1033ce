//! What operations ask of the object store.

use super::bed::{Bed, HOME, Volume};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_were_just_written_are_not_read_back() {
    let bed = Bed::new();
    let node = bed.node("a").await;
    // Zeros, so that no block is read: three leaves below one branch.
    let volume = Volume::from([(0, 0), (600, 0), (70_000, 0)]);
    let id = node.snapshot(HOME, &volume).await;
    node.home.leave_alone();
    node.assert_equal(HOME, id, &volume).await;
    assert_eq!(node.home.seen().calls, 1, "the root is read, and no leaf or branch");
}
