//! Pruning: rows of what is over go, what is still needed stays, and no number comes back.

use catalog::{CatalogError, JobState, SessionKind, UnderWay};
use ebs::Timestamp;

use crate::bed::{
    Bed, FAR, NOW, QUOTAS, alice, claim, completed, completed_copy, copy, on_both_engines, segment_id,
    started, upload, write_segment,
};

on_both_engines!(
    ended_jobs_go_once_their_lease_is_long_over,
    unfinished_jobs_and_their_sessions_stay,
    sessions_of_an_open_upload_stay_until_it_is_over,
    sessions_that_pin_stay,
    numbers_do_not_come_back,
    batches_are_bounded,
);

const LATER: Timestamp = Timestamp(FAR.0 + 1);

async fn ended_jobs_go_once_their_lease_is_long_over(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let job = claim(&catalog).await;
    let id = job.snapshot.snapshot.id;
    let made = completed(b"root", &domain);
    catalog.commit_snapshot(job.session, &made).await.expect("commits");
    assert_eq!(catalog.prune_jobs(FAR).await.expect("answers"), 0, "the lease is not over");
    assert_eq!(catalog.prune_sessions().await.expect("answers"), 0, "the job names it");
    catalog.commit_snapshot(job.session, &made).await.expect("a commit may be repeated until then");
    assert_eq!(catalog.prune_jobs(LATER).await.expect("prunes"), 1);
    assert_eq!(catalog.prune_sessions().await.expect("prunes"), 1);
    assert_eq!(catalog.job_of_snapshot(id).await.expect("reads"), None);
    assert_eq!(catalog.under_way().await.expect("reads"), UnderWay::default());
    let again = catalog.commit_snapshot(job.session, &made).await;
    assert!(matches!(again, Err(CatalogError::Fenced)), "{again:?}");
    let other = catalog.commit_snapshot(job.session, &completed(b"other", &domain)).await;
    assert!(matches!(other, Err(CatalogError::Fenced)), "{other:?}");
    let kept = catalog.snapshot(alice(), id).await.expect("reads").expect("is there");
    assert_eq!(kept.root, Some(b"root".to_vec()), "the snapshot is as it was committed");
    assert!(catalog.delete_snapshot(alice(), id).await.expect("deletes"));
    assert_eq!(catalog.purge_deleted().await.expect("purges"), 1);
}

async fn unfinished_jobs_and_their_sessions_stay(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let lost = claim(&catalog).await;
    let segment = write_segment(&catalog, lost.session, 0, &domain).await;
    catalog.retry_job(lost.session, NOW).await.expect("gives up");
    assert_eq!(catalog.prune_jobs(LATER).await.expect("answers"), 0);
    assert_eq!(catalog.prune_sessions().await.expect("answers"), 0, "the next attempt takes its pins over");
    let next = claim(&catalog).await;
    assert_eq!(catalog.segments_of_session(next.session).await.expect("reads")[0].id, segment);
    assert_eq!(catalog.prune_jobs(LATER).await.expect("answers"), 0);
    assert_eq!(
        catalog.prune_sessions().await.expect("prunes"),
        1,
        "nothing names the first attempt any more"
    );
    catalog.commit_snapshot(next.session, &completed(b"root", &domain)).await.expect("commits");
    for refused in [
        catalog.retry_job(lost.session, NOW).await,
        catalog.begin_segment(lost.session, segment_id(lost.session, 1), domain.id, NOW).await,
    ] {
        assert!(matches!(refused, Err(CatalogError::Fenced)), "{refused:?}");
    }
    assert!(!catalog.renew_session(lost.session, FAR).await.expect("answers"));
}

async fn sessions_of_an_open_upload_stay_until_it_is_over(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = upload();
    started(&catalog, &new).await;
    let writer = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    let written = write_segment(&catalog, writer, 0, &domain).await;
    catalog.fence_session(writer).await.expect("fences");
    assert_eq!(catalog.prune_sessions().await.expect("answers"), 0);
    catalog.seal_upload(alice(), new.id, 1, None, NOW).await.expect("seals").expect("is there");
    let job = claim(&catalog).await;
    assert_eq!(catalog.prune_sessions().await.expect("answers"), 0);
    let found = catalog.segments_of_upload(new.id).await.expect("reads");
    assert_eq!(found.iter().map(|segment| segment.id).collect::<Vec<_>>(), [written]);
    catalog.commit_snapshot(job.session, &completed(b"root", &domain)).await.expect("commits");
    assert_eq!(catalog.prune_sessions().await.expect("prunes"), 1, "only the job's own is left");
}

async fn sessions_that_pin_stay(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (source, segment) = completed_copy(&catalog, &domain).await;
    let reader = catalog.open_session(SessionKind::Read, "n1", Some(NOW)).await.expect("opens");
    catalog.pin_root(reader, source).await.expect("pins").expect("is there");
    assert!(catalog.pin_segment(reader, segment).await.expect("pins"));
    assert_eq!(catalog.prune_sessions().await.expect("answers"), 0);
    catalog.close_session(reader).await.expect("closes");
    assert_eq!(catalog.prune_sessions().await.expect("prunes"), 1);
}

async fn numbers_do_not_come_back(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let job = claim(&catalog).await;
    catalog.commit_snapshot(job.session, &completed(b"root", &domain)).await.expect("commits");
    catalog.prune_jobs(LATER).await.expect("prunes");
    catalog.prune_sessions().await.expect("prunes");
    catalog.close().await;
    let catalog = bed.open().await;
    assert_eq!(
        catalog.under_way().await.expect("reads"),
        UnderWay::default(),
        "nothing is left to count from"
    );
    catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let next = claim(&catalog).await;
    assert!(next.session > job.session, "{:?} after {:?}", next.session, job.session);
    assert!(next.id > job.id, "{:?} after {:?}", next.id, job.id);
    let watched = catalog.job_of_snapshot(next.snapshot.snapshot.id).await.expect("reads").expect("is there");
    assert_eq!((watched.id, watched.state, watched.attempts), (next.id, JobState::Running, 1));
}

async fn batches_are_bounded(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    for _ in 0..1_001 {
        let session = catalog.open_session(SessionKind::Read, "n1", Some(FAR)).await.expect("opens");
        catalog.close_session(session).await.expect("closes");
    }
    assert_eq!(catalog.under_way().await.expect("reads").ended_sessions, 1_001);
    assert_eq!(catalog.prune_sessions().await.expect("prunes"), 1_000);
    assert_eq!(catalog.prune_sessions().await.expect("prunes"), 1);
}
