//! What a process had been told was durable is there after it was killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use catalog::{CatalogTarget, RegionCatalog};
use ebs::{RegionName, SnapshotId, SnapshotState};

use crate::bed::{Bed, QUOTAS, alice, claim, completed, copy, plain_domain, write_segment};

const FILE: &str = "EBBSTONE_TEST_CRASH_FILE";
const SAID: &str = "committed ";

#[test]
fn what_was_committed_outlives_a_kill() {
    let bed = Bed::sqlite();
    let CatalogTarget::Sqlite(path) = &bed.target else { panic!("a SQLite bed has a file") };
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["crash::commit_until_killed", "--exact", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let told: BTreeSet<SnapshotId> = lines
        .map(|line| line.expect("text"))
        .filter_map(|line| Some(line.split_once(SAID)?.1.parse().expect("an id")))
        .take(40)
        .collect();
    child.kill().expect("is killed");
    child.wait().expect("ends");
    assert_eq!(told.len(), 40);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let records = runtime.block_on(async {
        let catalog = RegionCatalog::open(&bed.target, &bed.region).await.expect("opens again");
        let records = catalog.snapshots_page(alice(), None, 1_000).await.expect("reads");
        // What was in progress is there whole or not at all, and does not stand in the way.
        catalog.create_copy(&copy_for_parent(), &QUOTAS).await.expect("creates");
        records
    });
    let completed = records.iter().filter(|record| record.snapshot.state == SnapshotState::Completed);
    let completed: BTreeSet<SnapshotId> = completed.map(|record| record.snapshot.id).collect();
    assert!(told.is_subset(&completed));
    assert!(records.len() <= completed.len() + 1, "at most one copy was in progress");
}

/// The child counts its ids from the same start as this process.
fn copy_for_parent() -> catalog::NewCopy {
    catalog::NewCopy { id: "snap-ffffffff".parse().expect("an id"), ..copy() }
}

/// The child of `what_was_committed_outlives_a_kill`, which names the file. Run by itself it has nothing to do.
#[tokio::test]
async fn commit_until_killed() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let region: RegionName = "test-1".parse().expect("a region");
    let target = CatalogTarget::Sqlite(path.into());
    let catalog = RegionCatalog::open(&target, &region).await.expect("opens");
    catalog.create_store(crate::bed::INCARNATION, b"check").await.expect("a store");
    let domain = catalog.create_domain(&plain_domain(alice(), 7)).await.expect("answers").expect("a domain");
    loop {
        let new = copy();
        catalog.create_copy(&new, &QUOTAS).await.expect("creates");
        let job = claim(&catalog).await;
        write_segment(&catalog, job.session, 0, &domain).await;
        catalog.commit_snapshot(job.session, &completed(b"root", &domain)).await.expect("commits");
        println!("{SAID}{}", new.id);
    }
}
