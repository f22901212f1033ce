//! A write that could not be synchronised: the kernel may have dropped what it could not write, and says so once only.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use ebs::{BLOCK_BYTES, BlockIndex};
use futures_util::future::join_all;

use crate::segment::{OpenSegment, SyncFault};
use crate::test_store::{TestStore, Volume, assert_equal, block, snapshot_id};
use crate::upload::WriteBlockError;
use crate::{ObjectName, StoreError, Upload, block_digest};

/// What the medium has in the end of what it did not synchronise.
#[derive(Clone, Copy, Debug)]
enum Kept {
    All,
    Nothing,
    Zeros,
    FirstHalf,
}

async fn write(store: &TestStore, upload: &Upload, index: u32, content: u64) -> Result<(), WriteBlockError> {
    let plain = block(content);
    let digest = block_digest(&plain);
    let memory = store.store.shared.memory.take(BLOCK_BYTES as u64).await;
    upload.write_block(BlockIndex(index), plain, digest, memory).await
}

fn is_poisoned(written: &Result<(), WriteBlockError>) -> bool {
    matches!(written, Err(WriteBlockError::Store(StoreError::Poisoned)))
}

fn staged(store: &TestStore) -> PathBuf {
    let staging = &store.store.shared.staging;
    let [segment] = store.segments().try_into().expect("one segment");
    staging.join(OpenSegment::staged_name(segment.id))
}

/// Leaves of the file at `path` what was synchronised, its first `synced` bytes, and `kept` of the rest.
fn lose(path: &Path, synced: u64, kept: Kept) {
    let file = OpenOptions::new().write(true).open(path).expect("opens");
    let length = file.metadata().expect("a length").len();
    let lost_from = match kept {
        Kept::All => return,
        Kept::Nothing => return file.set_len(synced).expect("is cut"),
        Kept::Zeros => synced,
        Kept::FirstHalf => synced + (length - synced) / 2,
    };
    file.write_all_at(&vec![0; (length - lost_from) as usize], lost_from).expect("writes");
}

#[tokio::test]
async fn a_writer_that_could_not_synchronise_acknowledges_nothing_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::local(folder.path(), 1);
    let upload = store.open_upload(snapshot_id(1), None).await;
    write(&store, &upload, 0, 1).await.expect("is acknowledged");
    let fault = SyncFault::of(&store.store.shared.staging);
    let together = join_all((1..6).map(|index| write(&store, &upload, index, u64::from(index) + 1))).await;
    assert!(together.iter().all(is_poisoned), "{together:?}");
    // The next synchronisation would succeed, and would say nothing about what was lost before it.
    drop(fault);
    for index in 1..6 {
        let written = write(&store, &upload, index, u64::from(index) + 1).await;
        assert!(is_poisoned(&written), "{written:?}");
    }
    assert!(upload.has_failed());
    let closed = upload.close().await;
    assert!(matches!(closed, Err(StoreError::Poisoned)), "{closed:?}");
    assert!(store.segments().iter().all(|segment| !segment.sealed), "nothing of it is published");
}

#[tokio::test]
async fn after_a_failed_synchronisation_what_was_acknowledged_is_kept_and_the_rest_is_written_anew() {
    for kept in [Kept::All, Kept::Nothing, Kept::Zeros, Kept::FirstHalf] {
        let folder = tempfile::tempdir().expect("a folder");
        let store = TestStore::local(folder.path(), 1);
        let snapshot = snapshot_id(1);
        let upload = store.open_upload(snapshot, None).await;
        store.write(&upload, &Volume::from([(0, 1), (1, 2), (2, 3)])).await;
        let file = staged(&store);
        let synced = fs::metadata(&file).expect("is there").len();
        let fault = SyncFault::of(&store.store.shared.staging);
        // One block that has content already, and one that will get its first.
        for (index, content) in [(2, 77), (3, 78)] {
            assert!(write(&store, &upload, index, content).await.is_err(), "{kept:?}");
        }
        drop((upload, fault));
        let in_doubt = fs::metadata(&file).expect("is there").ino();
        lose(&file, synced, kept);

        let upload = store.open_upload(snapshot, None).await;
        assert!(!file.exists(), "the file in doubt has been taken up");
        let first = ObjectName::segment(store.segments()[0].id);
        let published = fs::metadata(folder.path().join("store").join(first.as_str())).expect("is there");
        assert_ne!(published.ino(), in_doubt, "{kept:?}: the file in doubt itself is not published");
        // The client sends again what was not acknowledged; of one it has changed its mind.
        store.write(&upload, &Volume::from([(2, 4), (3, 78), (4, 5)])).await;
        upload.close().await.expect("closes");
        let expected = Volume::from([(0, 1), (1, 2), (2, 4), (3, 78), (4, 5)]);
        let written = store.complete(snapshot, None, expected.len()).await;
        assert_equal(&store.open(&written).await, &expected).await;
    }
}
