//! What those who watch are told: how many of each there are, at one moment.

use catalog::{RegionCatalog, SnapshotCounts, UnderWay, Unfinished};

use crate::bed::{
    Bed, FAR, NOW, QUOTAS, alice, bob, claim, completed, copy, on_both_engines, started, upload,
    write_segment,
};

on_both_engines!(jobs_uploads_and_pins_are_counted_as_they_come_and_go, snapshots_are_counted_by_state);

async fn counts(catalog: &RegionCatalog) -> SnapshotCounts {
    catalog.snapshot_counts().await.expect("counts")
}

async fn jobs_uploads_and_pins_are_counted_as_they_come_and_go(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let under_way = async || catalog.under_way().await.expect("counts");
    assert_eq!(under_way().await, UnderWay::default());
    for _ in 0..3 {
        catalog.create_copy(&copy(), &QUOTAS).await.expect("creates");
    }
    let new = upload();
    started(&catalog, &new).await;
    let queued =
        UnderWay { copies: Unfinished { queued: 3, running: 0 }, open_uploads: 1, ..UnderWay::default() };
    assert_eq!(under_way().await, queued);

    let job = claim(&catalog).await;
    write_segment(&catalog, job.session, 0, &domain).await;
    write_segment(&catalog, job.session, 1, &domain).await;
    let writer = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    write_segment(&catalog, writer, 0, &domain).await;
    let running = UnderWay {
        copies: Unfinished { queued: 2, running: 1 },
        open_uploads: 1,
        live_sessions: 2,
        segment_pins: 3,
        ..UnderWay::default()
    };
    assert_eq!(under_way().await, running);

    catalog.commit_snapshot(job.session, &completed(b"root", &domain)).await.expect("commits");
    catalog.seal_upload(alice(), new.id, 1, None, NOW).await.expect("seals");
    let sealed = under_way().await;
    assert_eq!(sealed.copies, Unfinished { queued: 2, running: 0 });
    assert_eq!(sealed.upload_completions, Unfinished { queued: 1, running: 0 });
    assert_eq!((sealed.open_uploads, sealed.ended_jobs), (0, 1));
    let jobs = [claim(&catalog).await, claim(&catalog).await, claim(&catalog).await];
    let claimed = under_way().await;
    assert_eq!(claimed.copies, Unfinished { queued: 0, running: 2 });
    assert_eq!(claimed.upload_completions, Unfinished { queued: 0, running: 1 });
    for job in jobs {
        catalog.fail_job(job.session, "failed").await.expect("fails");
    }
    let reader = catalog.open_read_session("n1", FAR, job.snapshot.snapshot.id).await.expect("opens");
    assert!(reader.is_some(), "the first copy is completed");
    let ended = under_way().await;
    assert_eq!((ended.copies, ended.upload_completions), Default::default());
    assert_eq!((ended.ended_jobs, ended.segment_pins, ended.root_pins, ended.live_sessions), (4, 0, 1, 1));
}

async fn snapshots_are_counted_by_state(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    assert_eq!(counts(&catalog).await, SnapshotCounts::default());
    for account in [alice(), alice(), alice(), bob()] {
        let mut new = copy();
        new.account = account;
        catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    }
    started(&catalog, &upload()).await;
    assert_eq!(counts(&catalog).await, SnapshotCounts { pending: 5, ..SnapshotCounts::default() });
    let first = claim(&catalog).await;
    catalog.commit_snapshot(first.session, &completed(b"one", &domain)).await.expect("commits");
    let second = claim(&catalog).await;
    catalog.commit_snapshot(second.session, &completed(b"two", &domain)).await.expect("commits");
    let third = claim(&catalog).await;
    catalog.fail_job(third.session, "failed").await.expect("fails");
    assert_eq!(counts(&catalog).await, SnapshotCounts { pending: 2, completed: 2, error: 1 });
    for gone in [first, third] {
        let snapshot = gone.snapshot.snapshot;
        assert!(catalog.delete_snapshot(snapshot.owner, snapshot.id).await.expect("deletes"));
    }
    assert_eq!(counts(&catalog).await, SnapshotCounts { pending: 2, completed: 1, error: 0 });
}
