//! Copies between stores.

mod lying_source;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use ebs::{BLOCK_BYTES, BlockIndex};

use super::{CopyOutcome, CopyProgress, CopySource, SourceChild, SourceLeaf, SourceRoot, copy_tree};
use crate::test_store::{TestStore, Volume, assert_equal, snapshot_id};
use crate::{Damage, SealedBlock, SnapshotTree, StoreError};

#[derive(Default)]
struct Heard {
    done: AtomicU64,
    total: AtomicU64,
}

impl CopyProgress for Heard {
    fn advanced(&self, done: u64, total: u64, _: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }
}

async fn copy(
    to: &TestStore,
    number: u32,
    source: &dyn CopySource,
    base: Option<SnapshotTree>,
) -> Result<CopyOutcome, StoreError> {
    let (session, keys, heard) = (to.new_session(), Arc::clone(&to.keys), Heard::default());
    let copied = copy_tree(&to.store, keys, session, snapshot_id(number), source, base, &heard).await;
    if copied.is_ok() {
        assert_eq!(heard.done.load(Ordering::Relaxed), heard.total.load(Ordering::Relaxed));
    }
    copied
}

fn two_regions() -> (tempfile::TempDir, TestStore, TestStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let (east, west) = (folder.path().join("east"), folder.path().join("west"));
    std::fs::create_dir_all(&east).and_then(|()| std::fs::create_dir_all(&west)).expect("folders");
    let stores = (TestStore::local(&east, 1), TestStore::memory(&west, 2));
    (folder, stores.0, stores.1)
}

fn volume(blocks: u32) -> Volume {
    (0..blocks).map(|number| (number * 61, u64::from(number % 50))).collect()
}

#[tokio::test]
async fn a_copy_to_another_region_equals_its_source_under_other_keys() {
    let (_folder, east, west) = two_regions();
    let source = east.snapshot(1, &volume(120), None).await;
    let outcome = copy(&west, 7, &source, None).await.expect("copies");
    let copied = west.open(&outcome.written).await;
    assert_eq!(copied.logical_hash(), source.logical_hash());
    drop(source);
    drop(east);
    assert_equal(&copied, &volume(120)).await;
    assert!((49..120 - 3).contains(&outcome.blocks_moved), "{} blocks moved", outcome.blocks_moved);
}

#[tokio::test]
async fn an_incremental_copy_moves_what_changed_and_little_more() {
    let (_folder, east, west) = two_regions();
    let first = (0..200).map(|number| (number, u64::from(number) + 1)).collect::<Volume>();
    let day_one = east.snapshot(1, &first, None).await;
    let base = copy(&west, 7, &day_one, None).await.expect("copies").written;
    let changes = Volume::from([(3, 901), (90, 902), (150, 0)]);
    let day_two = east.snapshot(2, &changes, Some(day_one)).await;
    let before = west.object_bytes().await;
    let outcome = copy(&west, 8, &day_two, Some(west.open(&base).await)).await.expect("copies");
    assert_eq!(outcome.blocks_moved, 2);
    assert!(outcome.bytes_moved < 2 * BLOCK_BYTES as u64 * 101 / 100, "{} bytes moved", outcome.bytes_moved);
    assert!(west.object_bytes().await - before < 3 * BLOCK_BYTES as u64);
    let mut expected = first;
    expected.extend(&changes);
    assert_equal(&west.open(&outcome.written).await, &expected).await;
}

#[tokio::test]
async fn a_copy_that_is_tried_again_moves_nothing_twice_and_one_without_a_base_finds_what_is_there() {
    let (_folder, east, west) = two_regions();
    let source = east.snapshot(1, &volume(100), None).await;
    copy(&west, 7, &source, None).await.expect("copies");
    let again = copy(&west, 8, &source, None).await.expect("copies again");
    assert_eq!(again.blocks_moved, 0);
    assert_equal(&west.open(&again.written).await, &volume(100)).await;
}

#[tokio::test]
async fn a_copy_onto_a_base_that_has_more_loses_what_the_source_has_not() {
    let (_folder, east, west) = two_regions();
    let large = east.snapshot(1, &Volume::from([(0, 1), (600, 2), (1 << 20, 3)]), None).await;
    let small = east.snapshot(2, &Volume::from([(0, 1)]), None).await;
    let base = copy(&west, 7, &large, None).await.expect("copies").written;
    let outcome = copy(&west, 8, &small, Some(west.open(&base).await)).await.expect("copies");
    assert_equal(&west.open(&outcome.written).await, &Volume::from([(0, 1)])).await;
}

#[tokio::test]
async fn inside_a_domain_a_copy_is_one_small_object() {
    let (_folder, east, _west) = two_regions();
    let source = east.snapshot(1, &volume(120), None).await;
    let before = east.object_bytes().await;
    let shared = east
        .store
        .share_snapshot(&east.keys, east.new_session(), snapshot_id(9), &source)
        .await
        .expect("shares");
    assert!(east.object_bytes().await - before < 1024);
    assert_equal(&east.open(&shared).await, &volume(120)).await;
}

#[tokio::test]
async fn a_copy_of_a_copy_still_opens() {
    let (_folder, east, west) = two_regions();
    let source = east.snapshot(1, &volume(30), None).await;
    let there = copy(&west, 7, &source, None).await.expect("copies");
    let there = west.open(&there.written).await;
    let third = tempfile::tempdir().expect("a folder");
    let third = TestStore::memory(third.path(), 3);
    let back = copy(&third, 8, &there, None).await.expect("copies on");
    assert_equal(&third.open(&back.written).await, &volume(30)).await;
}

#[tokio::test]
async fn rot_at_the_source_is_noticed_and_not_shipped() {
    let (folder, east, west) = two_regions();
    let source = east.snapshot(1, &Volume::from([(0, 1), (1, 2)]), None).await;
    let largest =
        walk(&folder.path().join("east/store/seg")).into_iter().max_by_key(|(_, bytes)| bytes.len());
    let (path, bytes) = largest.expect("a segment");
    let mut bytes = bytes.to_vec();
    bytes[64 + 256 + 1000] ^= 4;
    std::fs::write(path, bytes).expect("writes");
    let damaged = copy(&west, 7, &source, None).await;
    assert!(matches!(damaged, Err(StoreError::Damaged { damage: Damage::Checksum, .. })), "{damaged:?}");
    assert!(source.read_block(BlockIndex(0)).await.is_err());
    assert!(source.read_block(BlockIndex(1)).await.is_ok());
}

/// A source whose blocks are swapped: each is whole, and none is what it should be.
struct Swapped(SnapshotTree);

#[async_trait]
impl CopySource for Swapped {
    async fn root(&self) -> Result<SourceRoot, StoreError> {
        CopySource::root(&self.0).await
    }
    async fn branch(&self, slot: u16) -> Result<Vec<SourceChild>, StoreError> {
        CopySource::branch(&self.0, slot).await
    }
    async fn leaf(&self, number: u32) -> Result<SourceLeaf, StoreError> {
        let mut leaf = CopySource::leaf(&self.0, number).await?;
        let digest = leaf.blocks[0].digest;
        leaf.blocks[0].digest = leaf.blocks[1].digest;
        leaf.blocks[1].digest = digest;
        Ok(leaf)
    }
    async fn blocks(&self, leaf: u32, slots: &[u16]) -> Result<Vec<(u16, SealedBlock)>, StoreError> {
        CopySource::blocks(&self.0, leaf, slots).await
    }
}

#[tokio::test]
async fn a_copy_that_does_not_equal_its_source_is_an_error() {
    let (_folder, east, west) = two_regions();
    let source = east.snapshot(1, &Volume::from([(0, 1), (1, 2)]), None).await;
    let wrong = copy(&west, 7, &Swapped(source), None).await;
    assert!(matches!(wrong, Err(StoreError::Damaged { damage: Damage::Checksum, .. })), "{wrong:?}");
}

fn walk(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Bytes)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(walk(&path)),
            false => files.push((path.clone(), std::fs::read(path).expect("reads").into())),
        }
    }
    files
}
