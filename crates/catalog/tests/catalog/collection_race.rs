//! Writers, deleters, a fencer and a collector at the same time over one catalog. A snapshot's root is the list of
//! the segments it needs, so the test can mark and can check: no live snapshot over a condemned segment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use catalog::{CatalogError, Completed, DomainRecord, RegionCatalog, SegmentState, SnapshotRecord};
use ebs::{SegmentId, SnapshotState};

use crate::bed::{
    Bed, Dice, FAR, NOW, QUOTAS, alice, completed, completed_copy, copy, on_both_engines, write_segment,
};

on_both_engines!(
    no_live_snapshot_stands_over_a_condemned_segment,
    a_collection_with_an_older_list_is_noticed
);

const TIME: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Counts {
    committed: AtomicU64,
    fenced: AtomicU64,
    shared: AtomicU64,
    missed: AtomicU64,
    inherited: AtomicU64,
    deleted: AtomicU64,
    condemned: AtomicU64,
    stop: AtomicBool,
}

fn contents(root: &[u8]) -> BTreeSet<[u8; SegmentId::BYTES]> {
    root.chunks_exact(SegmentId::BYTES).map(|id| id.try_into().expect("a whole id")).collect()
}

async fn live(catalog: &RegionCatalog) -> Vec<SnapshotRecord> {
    let records = catalog.snapshots_page(alice(), None, 1_000).await.expect("reads");
    records.into_iter().filter(|record| record.snapshot.state == SnapshotState::Completed).collect()
}

async fn no_live_snapshot_stands_over_a_condemned_segment(bed: Bed) {
    let (one, domain) = bed.furnished().await;
    let handles = [Arc::new(one), Arc::new(bed.open().await)];
    let counts = Arc::new(Counts::default());
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..5_u64 {
        let (catalog, counts) = (Arc::clone(&handles[number as usize % 2]), Arc::clone(&counts));
        let (dice, domain) = (Dice(1_000 + 77 * number), domain.clone());
        tasks.spawn(async move { write(&catalog, &domain, &counts, dice).await });
    }
    let (catalog, counted) = (Arc::clone(&handles[1]), Arc::clone(&counts));
    tasks.spawn(async move { delete(&catalog, &counted, Dice(5)).await });
    let began = Instant::now();
    while began.elapsed() < TIME {
        collect(&handles[1], &counts).await;
        assert_eq!(violations(&handles[0]).await, Vec::<String>::new());
    }
    counts.stop.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task panics");
    }
    collect(&handles[0], &counts).await;
    assert_eq!(violations(&handles[0]).await, Vec::<String>::new());
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let seen =
        [&counts.committed, &counts.fenced, &counts.shared, &counts.inherited, &counts.deleted].map(read);
    println!("committed, fenced, shared, inherited, deleted: {seen:?}");
    println!("missed {}, condemned {}", read(&counts.missed), read(&counts.condemned));
    assert!(seen.iter().all(|count| *count > 0) && read(&counts.condemned) > 0, "everything happened");
}

/// Copies whose content is a segment of their own, perhaps another's segment, perhaps all of another snapshot.
async fn write(catalog: &RegionCatalog, domain: &DomainRecord, counts: &Counts, mut dice: Dice) {
    let mut known: Vec<SegmentId> = Vec::new();
    while !counts.stop.load(Ordering::Relaxed) {
        catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
        let Some(job) = catalog.claim_job("n", NOW, FAR).await.expect("answers") else { continue };
        let own = write_segment(catalog, job.session, 0, domain).await;
        let mut needed = BTreeSet::from([own.to_bytes()]);
        if let Some(shared) = known.get(dice.below(known.len().max(1))).copied() {
            dice.pause().await;
            if catalog.pin_segment(job.session, shared).await.expect("pins") {
                needed.insert(shared.to_bytes());
                counts.shared.fetch_add(1, Ordering::Relaxed);
            } else {
                counts.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
        let others = live(catalog).await;
        if dice.below(2) == 0 && !others.is_empty() {
            let base = others[dice.below(others.len())].snapshot.id;
            if let Some(root) = catalog.pin_root(job.session, base).await.expect("pins") {
                needed.extend(contents(&root));
                counts.inherited.fetch_add(1, Ordering::Relaxed);
            }
        }
        known.extend(needed.iter().map(|id| SegmentId::from_bytes(*id)));
        known.drain(..known.len().saturating_sub(40));
        dice.pause().await;
        if dice.below(5) == 0 {
            catalog.delete_snapshot(alice(), job.snapshot.snapshot.id).await.expect("deletes");
        }
        let root: Vec<u8> = needed.into_iter().flatten().collect();
        let done = Completed { root, ..completed(b"", domain) };
        match catalog.commit_snapshot(job.session, &done).await {
            Ok(()) => counts.committed.fetch_add(1, Ordering::Relaxed),
            Err(CatalogError::Fenced) => counts.fenced.fetch_add(1, Ordering::Relaxed),
            Err(error) => panic!("{error:?}"),
        };
    }
}

/// Keeps few snapshots alive, so that there is always garbage.
async fn delete(catalog: &RegionCatalog, counts: &Counts, mut dice: Dice) {
    while !counts.stop.load(Ordering::Relaxed) {
        let live = live(catalog).await;
        if live.len() < 6 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        let victim = live[dice.below(live.len())].snapshot.id;
        if catalog.delete_snapshot(alice(), victim).await.expect("deletes") {
            counts.deleted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn collect(catalog: &RegionCatalog, counts: &Counts) {
    let epoch = catalog.bump_epoch().await.expect("bumps");
    catalog.list_roots(epoch).await.expect("lists");
    let mut marked = BTreeSet::new();
    let mut after = None;
    loop {
        let roots = catalog.roots_to_mark(epoch, after, 3).await.expect("reads");
        let Some(last) = roots.last() else { break };
        after = Some(last.snapshot);
        marked.extend(roots.iter().flat_map(|root| contents(&root.root)));
    }
    for id in catalog.segments_to_condemn(epoch, None, 10_000).await.expect("reads") {
        let condemned = catalog.condemn(id, epoch, marked.contains(&id.to_bytes())).await.expect("answers");
        counts.condemned.fetch_add(u64::from(condemned), Ordering::Relaxed);
    }
}

/// The live snapshots that stand over a segment that is not sealed. What is bad counts only if its snapshot is
/// still live after it was seen to be bad.
async fn violations(catalog: &RegionCatalog) -> Vec<String> {
    let mut found = Vec::new();
    for record in live(catalog).await {
        for id in contents(&record.root.expect("a completed snapshot has a root")) {
            let id = SegmentId::from_bytes(id);
            let state = catalog.segment(id).await.expect("reads").expect("is there").state;
            let snapshot = record.snapshot.id;
            if state != SegmentState::Sealed
                && catalog.snapshot(alice(), snapshot).await.expect("reads").is_some()
            {
                found.push(format!("{snapshot} is live over {id:?}, which is {state:?}"));
            }
        }
    }
    found
}

/// What the race looks for can be seen: a collector that condemns by the list of an earlier round does harm.
async fn a_collection_with_an_older_list_is_noticed(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let older = catalog.bump_epoch().await.expect("bumps");
    catalog.list_roots(older).await.expect("lists");
    assert_eq!(catalog.roots_to_mark(older, None, 10).await.expect("reads"), vec![]);
    let (_, segment) = completed_copy(&catalog, &domain).await;
    assert!(!catalog.condemn(segment, older, false).await.expect("answers"));
    assert_eq!(violations(&catalog).await, Vec::<String>::new());
    let newer = catalog.bump_epoch().await.expect("bumps");
    assert!(catalog.condemn(segment, newer, false).await.expect("condemns"));
    assert_eq!(violations(&catalog).await.len(), 1);
}
