//! Jobs: claimed in order, one attempt at a time, with what earlier attempts pinned.

use catalog::{CatalogError, SessionKind};
use ebs::{SnapshotState, Timestamp};

use crate::bed::{
    Bed, FAR, NOW, QUOTAS, alice, claim, completed, completed_copy, copy, on_both_engines, pins, segment_id,
    snapshot_id, write_segment,
};

on_both_engines!(
    copies_of_one_lineage_run_one_after_the_other,
    a_lost_attempt_is_adopted_with_its_pins,
    a_retried_job_waits_for_its_time,
    a_failed_job_says_why_and_lets_go,
    a_commit_may_be_repeated_by_its_own_attempt_only,
    leases_end_and_are_put_off,
    a_node_that_starts_again_finds_its_leases_ended,
    a_heartbeat_notes_progress_that_grows,
);

async fn copies_of_one_lineage_run_one_after_the_other(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let lineage = snapshot_id();
    let mut ids = Vec::new();
    for of in [Some(lineage), Some(lineage), None, Some(lineage)] {
        let mut new = copy();
        new.source_lineage = of;
        catalog.create_copy(&new, &QUOTAS).await.expect("creates");
        ids.push(new.id);
    }
    let first = claim(&catalog).await;
    let other = claim(&catalog).await;
    assert_eq!([first.snapshot.snapshot.id, other.snapshot.snapshot.id], [ids[0], ids[2]]);
    assert_eq!(catalog.claim_job("n", NOW, FAR).await.expect("answers"), None);
    // An attempt that is put off keeps its place before the others.
    catalog.retry_job(first.session, NOW.plus_ms(10)).await.expect("gives up");
    assert_eq!(catalog.claim_job("n", NOW, FAR).await.expect("answers"), None);
    let first = catalog.claim_job("n", NOW.plus_ms(10), FAR).await.expect("claims").expect("a job");
    assert_eq!((first.snapshot.snapshot.id, first.attempt), (ids[0], 2));
    catalog.commit_snapshot(first.session, &completed(b"r", &domain)).await.expect("commits");
    let second = claim(&catalog).await;
    assert_eq!(second.snapshot.snapshot.id, ids[1]);
    assert!(catalog.delete_snapshot(alice(), ids[1]).await.expect("deletes"));
    assert_eq!(claim(&catalog).await.snapshot.snapshot.id, ids[3]);
}

async fn a_lost_attempt_is_adopted_with_its_pins(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (source, shared) = completed_copy(&catalog, &domain).await;
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let lost = catalog.claim_job("n1", NOW, NOW.plus_ms(60)).await.expect("claims").expect("a job");
    let own = write_segment(&catalog, lost.session, 0, &domain).await;
    let begun = segment_id(lost.session, 1);
    catalog.begin_segment(lost.session, begun, domain.id, NOW).await.expect("begins");
    assert!(catalog.pin_segment(lost.session, shared).await.expect("pins"));
    let root = catalog.pin_root(lost.session, source).await.expect("pins");
    assert_eq!(root, Some(shared.to_bytes().to_vec()));
    catalog.delete_snapshot(alice(), source).await.expect("deletes");

    assert_eq!(catalog.claim_job("n2", NOW.plus_ms(60), FAR).await.expect("answers"), None);
    assert_eq!(catalog.fence_expired_sessions(NOW.plus_ms(61)).await.expect("answers"), vec![]);
    let next = catalog.claim_job("n2", NOW.plus_ms(61), FAR).await.expect("claims").expect("the job");
    assert_eq!((next.id, next.attempt), (lost.id, 2));
    assert!(next.session > lost.session);
    let held = catalog.segments_of_session(next.session).await.expect("reads");
    let mut expected = vec![own, begun, shared];
    expected.sort_by_key(|id| id.to_bytes());
    assert_eq!(held.iter().map(|segment| segment.id).collect::<Vec<_>>(), expected);
    assert!(held.iter().all(|segment| segment.pin_count == 1));

    let epoch = catalog.bump_epoch().await.expect("bumps");
    catalog.list_roots(epoch).await.expect("lists");
    let roots = catalog.roots_to_mark(epoch, None, 10).await.expect("reads");
    assert_eq!(roots.iter().map(|root| root.snapshot).collect::<Vec<_>>(), vec![source]);
    for id in [own, shared] {
        assert!(!catalog.condemn(id, epoch, false).await.expect("answers"), "it is pinned");
    }
    for refused in [
        catalog.seal_segment(lost.session, begun, 1, 1, catalog::SealOrder::Last).await,
        catalog.commit_snapshot(lost.session, &completed(b"r", &domain)).await,
        catalog.retry_job(lost.session, NOW).await,
        catalog.fail_job(lost.session, "late").await,
    ] {
        assert!(matches!(refused, Err(CatalogError::Fenced)), "{refused:?}");
    }
    assert!(!catalog.heartbeat_job(lost.session, 1, FAR).await.expect("answers"));
    assert!(!catalog.renew_session(lost.session, FAR).await.expect("answers"));
    catalog.commit_snapshot(next.session, &completed(b"r", &domain)).await.expect("commits");
    for id in [own, shared] {
        let segment = catalog.segment(id).await.expect("reads").expect("is there");
        assert_eq!((segment.pin_count, segment.touch_epoch), (0, epoch.0));
    }
    let segment = catalog.segment(begun).await.expect("reads").expect("is there");
    assert_eq!(segment.state, catalog::SegmentState::Condemned, "nobody will seal it");
}

async fn a_retried_job_waits_for_its_time(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let first = claim(&catalog).await;
    let segment = write_segment(&catalog, first.session, 0, &domain).await;
    catalog.retry_job(first.session, NOW.plus_ms(100)).await.expect("gives up");
    let late = catalog.pin_segment(first.session, segment).await;
    assert!(matches!(late, Err(CatalogError::Fenced)), "{late:?}");
    assert_eq!(pins(&catalog, segment).await, 1);
    assert_eq!(catalog.claim_job("n", NOW.plus_ms(99), FAR).await.expect("answers"), None);
    let second = catalog.claim_job("n", NOW.plus_ms(100), FAR).await.expect("claims").expect("the job");
    assert_eq!(catalog.segments_of_session(second.session).await.expect("reads")[0].id, segment);
    // Work of the second attempt that the first had begun is the second's.
    assert!(catalog.pin_segment(second.session, segment).await.expect("pins"));
    assert_eq!(pins(&catalog, segment).await, 1);
}

async fn a_failed_job_says_why_and_lets_go(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let job = claim(&catalog).await;
    let segment = write_segment(&catalog, job.session, 0, &domain).await;
    catalog.fail_job(job.session, "Source snapshot is not found").await.expect("fails");
    let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!(record.snapshot.state, SnapshotState::Error);
    assert_eq!(record.snapshot.state_message.as_deref(), Some("Source snapshot is not found"));
    assert_eq!(pins(&catalog, segment).await, 0);
    assert_eq!(catalog.claim_job("n", FAR, FAR).await.expect("answers"), None);
    assert!(matches!(catalog.fail_job(job.session, "again").await, Err(CatalogError::Fenced)));
}

async fn a_commit_may_be_repeated_by_its_own_attempt_only(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let job = claim(&catalog).await;
    let done = completed(b"root", &domain);
    let unknown = catalog::Completed { domain: ebs::DomainId(99), ..done.clone() };
    let refused = catalog.commit_snapshot(job.session, &unknown).await;
    assert!(matches!(refused, Err(CatalogError::Missing { what: "domain" })), "{refused:?}");
    catalog.commit_snapshot(job.session, &done).await.expect("commits");
    catalog.commit_snapshot(job.session, &done).await.expect("was committed");
    let other = completed(b"another root", &domain);
    let refused = catalog.commit_snapshot(job.session, &other).await;
    assert!(matches!(refused, Err(CatalogError::Fenced)), "{refused:?}");
    let stranger = catalog.open_session(SessionKind::Job, "n", None).await.expect("opens");
    let refused = catalog.commit_snapshot(stranger, &done).await;
    assert!(matches!(refused, Err(CatalogError::Fenced)), "{refused:?}");
    catalog.delete_snapshot(alice(), new.id).await.expect("deletes");
    let refused = catalog.commit_snapshot(job.session, &done).await;
    assert!(matches!(refused, Err(CatalogError::Fenced)), "{refused:?}");
}

async fn leases_end_and_are_put_off(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (id, segment) = completed_copy(&catalog, &domain).await;
    let until = Timestamp(100);
    let (reader, record) = catalog.open_read_session("n", until, id).await.expect("opens").expect("is live");
    assert_eq!(record.root, Some(segment.to_bytes().to_vec()));
    let unleased = catalog.open_session(SessionKind::Gc, "n", None).await.expect("opens");
    assert!(!catalog.renew_session(unleased, until).await.expect("answers"));
    assert_eq!(catalog.fence_expired_sessions(until).await.expect("fences"), vec![]);
    assert!(catalog.renew_session(reader, Timestamp(200)).await.expect("renews"));
    assert_eq!(catalog.fence_expired_sessions(Timestamp(200)).await.expect("fences"), vec![]);
    assert_eq!(catalog.fence_expired_sessions(Timestamp(201)).await.expect("fences"), vec![reader]);
    assert!(!catalog.renew_session(reader, FAR).await.expect("answers"));
    assert!(matches!(catalog.pin_root(reader, id).await, Err(CatalogError::Fenced)));
    assert!(!catalog.fence_session(reader).await.expect("answers"));
    catalog.delete_snapshot(alice(), id).await.expect("deletes");
    assert_eq!(catalog.open_read_session("n", until, id).await.expect("answers"), None);
}

async fn a_heartbeat_notes_progress_that_grows(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let job = catalog.claim_job("n", NOW, NOW.plus_ms(10)).await.expect("claims").expect("a job");
    for (told, shown) in [(30, 30), (20, 30), (255, 100)] {
        assert!(catalog.heartbeat_job(job.session, told, NOW.plus_ms(50)).await.expect("beats"));
        let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
        assert_eq!(record.snapshot.progress_percent, shown);
    }
    assert_eq!(catalog.claim_job("n", NOW.plus_ms(50), FAR).await.expect("answers"), None);
    assert!(catalog.claim_job("n", NOW.plus_ms(51), FAR).await.expect("answers").is_some());
}

async fn a_node_that_starts_again_finds_its_leases_ended(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let mine = catalog.claim_job("n1", NOW, FAR).await.expect("claims").expect("a job");
    let other = catalog.claim_job("n2", NOW, FAR).await.expect("claims").expect("a job");
    let unleased = catalog.open_session(SessionKind::Gc, "n1", None).await.expect("opens");
    assert_eq!(catalog.end_leases_of("n1").await.expect("ends"), 1);
    let again = catalog.claim_job("n1", NOW, FAR).await.expect("claims").expect("the job");
    assert_eq!((again.id, again.attempt), (mine.id, 2));
    assert_eq!(catalog.claim_job("n1", NOW, FAR).await.expect("answers"), None);
    catalog.commit_snapshot(other.session, &completed(b"r", &domain)).await.expect("commits");
    let refused = catalog.commit_snapshot(mine.session, &completed(b"r", &domain)).await;
    assert!(matches!(refused, Err(CatalogError::Fenced)), "{refused:?}");
    assert!(catalog.fence_session(unleased).await.expect("fences"), "it had no lease to end");
}
