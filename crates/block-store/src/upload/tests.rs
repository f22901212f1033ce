//! Uploads, from the first block to the snapshot and over crashes.

mod failed_sync;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use ebs::{BLOCK_BYTES, BlockIndex, SessionId};
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, TestRunner};

use super::WriteBlockError;
use crate::test_store::{TestStore, Volume, assert_equal, block, size, snapshot_id};
use crate::{
    CompleteUploadError, ExpectedUpload, Memory, StoreError, block_digest, complete_upload, difference,
};

#[tokio::test]
async fn what_was_written_is_listed_and_read_on_the_largest_volume() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::local(folder.path(), 1);
    let last = size().blocks() - 1;
    let volume = Volume::from([(0, 5), (511, 6), (512, 0), (1 << 18, 7), (last, 8)]);
    let tree = store.snapshot(1, &volume, None).await;
    assert_equal(&tree, &volume).await;
    assert_eq!(tree.present_blocks(), 5);
    assert_eq!(tree.read_block(BlockIndex(1)).await.expect("reads"), None, "a hole is absent, not zeros");
    let (page, next) = tree.list_blocks(BlockIndex(1), 2).await.expect("lists");
    assert_eq!(page.iter().map(|block| block.index.0).collect::<Vec<_>>(), [511, 512]);
    assert_eq!(next, Some(BlockIndex(1 << 18)));
}

#[tokio::test]
async fn a_child_has_its_parents_blocks_and_shares_their_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::local(folder.path(), 1);
    let first = (0..40).map(|index| (index * 300, u64::from(index) + 1)).collect::<Volume>();
    let parent = store.snapshot(1, &first, None).await;
    let before = store.object_bytes().await;
    // One block is new, one is the parent's again, one hides the parent's with zeros, one moves content.
    let changes = Volume::from([(7, 99), (300, 2), (600, 0), (8, 10)]);
    let child = store.snapshot(2, &changes, Some(parent.clone())).await;
    let mut expected = first.clone();
    expected.extend(&changes);
    assert_equal(&child, &expected).await;
    assert_equal(&parent, &first).await;
    let grown = store.object_bytes().await - before;
    assert!(grown < 2 * BLOCK_BYTES as u64, "only the new block was stored, not {grown} bytes");
    let (differences, _) = difference(&parent, &child, BlockIndex(0), usize::MAX).await.expect("differs");
    assert_eq!(differences.iter().map(|block| block.index.0).collect::<Vec<_>>(), [7, 8, 600]);
}

#[tokio::test]
async fn the_last_of_several_writes_holds_also_after_a_crash() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = TestStore::local(folder.path(), 1);
    let snapshot = snapshot_id(1);
    for round in 0..4 {
        let upload = store.open_upload(snapshot, None).await;
        store.write(&upload, &Volume::from([(3, 10 + round), (4, 20 + round), (5 + round as u32, 0)])).await;
        // The process dies: nothing is closed, nothing is sealed.
        upload.appender.kill().await;
        drop(upload);
        store = store.reborn(folder.path());
    }
    let written = store.complete(snapshot, None, 6).await;
    let expected = Volume::from([(3, 13), (4, 23), (5, 0), (6, 0), (7, 0), (8, 0)]);
    assert_equal(&store.open(&written).await, &expected).await;
}

#[tokio::test]
async fn the_last_acknowledged_of_two_writers_writes_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::over_objects(Arc::new(Memory::of_many_nodes()), folder.path(), 1);
    let snapshot = snapshot_id(1);
    let nodes = [store.open_upload(snapshot, None).await, store.open_upload(snapshot, None).await];
    let turns = [(0, vec![0, 1]), (1, vec![1, 0]), (2, vec![0, 0, 0, 1]), (3, vec![1, 1, 1, 0])];
    let mut expected = Volume::new();
    for (index, turns) in turns {
        for (turn, node) in turns.into_iter().enumerate() {
            store.write_block(&nodes[node], index, turn as u64 + 1).await;
            expected.insert(index, turn as u64 + 1);
        }
    }
    for node in &nodes {
        node.close().await.expect("closes");
    }
    let written = store.complete(snapshot, None, expected.len()).await;
    assert_equal(&store.open(&written).await, &expected).await;
}

#[tokio::test]
async fn a_recovery_that_died_after_it_published_is_done_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::local(folder.path(), 1);
    let (snapshot, expected) = (snapshot_id(1), Volume::from([(3, 1), (4, 2)]));
    let upload = store.open_upload(snapshot, None).await;
    store.write(&upload, &expected).await;
    upload.appender.kill().await;
    drop(upload);
    let store = store.reborn(folder.path());
    // The last step of the recovery, after the segment is published, is its row.
    store.ledger.fenced.lock().expect("locks").push(SessionId(1));
    let (keys, session) = (Arc::clone(&store.keys), store.new_session());
    let died = crate::Upload::open(&store.store, keys, snapshot, session, None, &store.segments()).await;
    assert!(matches!(died, Err(StoreError::Fenced)), "{died:?}");
    store.ledger.fenced.lock().expect("locks").clear();
    let store = store.reborn(folder.path());
    store.open_upload(snapshot, None).await.close().await.expect("closes");
    let written = store.complete(snapshot, None, expected.len()).await;
    assert_equal(&store.open(&written).await, &expected).await;
}

#[tokio::test]
async fn wrong_counts_and_checksums_make_no_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::memory(folder.path(), 1);
    let snapshot = snapshot_id(1);
    let upload = store.open_upload(snapshot, None).await;
    store.write(&upload, &Volume::from([(1, 1), (2, 2)])).await;
    upload.close().await.expect("closes");
    let digests = [1, 2].map(|content| block_digest(&block(content)).0).concat();
    let linear = block_digest(&digests).0;
    let attempt = async |changed_blocks, checksum| {
        let expected = ExpectedUpload { changed_blocks, checksum };
        let (session, keys) = (store.new_session(), std::sync::Arc::clone(&store.keys));
        complete_upload(&store.store, keys, session, (snapshot, size()), None, &store.segments(), expected)
            .await
    };
    assert!(matches!(attempt(1, None).await, Err(CompleteUploadError::CountMismatch)));
    assert!(matches!(attempt(2, Some([0; 32])).await, Err(CompleteUploadError::ChecksumMismatch)));
    assert!(attempt(2, Some(linear)).await.is_ok());
}

#[tokio::test]
async fn a_block_with_another_digest_is_refused_and_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::memory(folder.path(), 1);
    let upload = store.open_upload(snapshot_id(1), None).await;
    let memory = store.store.shared.memory.take(1).await;
    let refused = upload.write_block(BlockIndex(0), block(1), block_digest(b"other"), memory).await;
    let Err(WriteBlockError::Checksum { computed }) = refused else { panic!("was not refused: {refused:?}") };
    assert_eq!(computed, block_digest(&block(1)));
    upload.close().await.expect("closes");
    assert!(store.segments().is_empty(), "nothing was written");
}

#[tokio::test]
async fn a_fenced_session_writes_nothing_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::memory(folder.path(), 1);
    let upload = store.open_upload(snapshot_id(1), None).await;
    store.ledger.fenced.lock().expect("locks").push(SessionId(1));
    let memory = store.store.shared.memory.take(1).await;
    let plain: Bytes = block(1);
    let digest = block_digest(&plain);
    let refused = upload.write_block(BlockIndex(0), plain, digest, memory).await;
    assert!(matches!(refused, Err(WriteBlockError::Store(StoreError::Fenced))), "{refused:?}");
    assert!(upload.has_failed());
}

#[test]
fn random_uploads_equal_a_map_of_what_was_written() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let writes = proptest::collection::vec((0u32..3000, 0u64..5), 1..20);
    let generations = proptest::collection::vec((writes, any::<bool>()), 1..4);
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let equal = generations.prop_map(|generations| {
        runtime.block_on(async {
            let folder = tempfile::tempdir().expect("a folder");
            let store = TestStore::memory(folder.path(), 1);
            let (mut parent, mut model) = (None, BTreeMap::new());
            for (number, (writes, from_parent)) in generations.into_iter().enumerate() {
                if !from_parent {
                    (parent, model) = (None, BTreeMap::new());
                }
                let snapshot = snapshot_id(number as u32);
                let upload = store.open_upload(snapshot, parent.clone()).await;
                for (index, content) in &writes {
                    store.write_block(&upload, *index, *content).await;
                }
                upload.close().await.expect("closes");
                let changed =
                    writes.iter().map(|(index, _)| *index).collect::<std::collections::BTreeSet<_>>();
                model.extend(writes);
                let written = store.complete(snapshot, parent, changed.len()).await;
                let tree = store.open(&written).await;
                assert_equal(&tree, &model).await;
                parent = Some(tree);
            }
        });
    });
    runner.run(&equal, |()| Ok(())).expect("every upload equals its model");
}
