//! Snapshots: created, listed, found and deleted, each by its owner only.

use catalog::{CatalogError, CreateRefused, Quotas};
use ebs::operation::SnapshotCursor;
use ebs::{SnapshotOrigin, SnapshotState, Timestamp, TransferType};

use crate::bed::{
    Bed, NOW, QUOTAS, alice, bob, claim, completed, completed_copy, copy, gib, on_both_engines, pins,
    snapshot_id, tag, write_segment,
};

on_both_engines!(
    a_copy_is_pending_with_its_tags_and_a_job,
    an_account_sees_its_own_only,
    pages_cover_every_row_once_in_order,
    a_deleted_copy_is_gone_and_its_job_refused,
    the_newest_completed_copy_of_a_lineage_is_found,
    an_id_is_taken_once_and_a_refusal_leaves_nothing,
    texts_with_nul_are_refused_on_either_engine,
    deleted_rows_are_purged_when_nobody_pins_them,
);

async fn a_copy_is_pending_with_its_tags_and_a_job(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let mut new = copy();
    new.tags = vec![tag("b", "2"), tag("a", "1"), tag("é", "")];
    new.transfer_type = TransferType::TimeBased { minutes: 45 };
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!(record.snapshot.state, SnapshotState::Pending);
    assert_eq!(record.snapshot.origin, SnapshotOrigin::Copy);
    assert_eq!(record.snapshot.state_message.as_deref(), Some("Metadata not updated"));
    assert_eq!(record.snapshot.tags, vec![tag("a", "1"), tag("b", "2"), tag("é", "")]);
    assert_eq!(record.snapshot.transfer_type, TransferType::TimeBased { minutes: 45 });
    assert_eq!(record.snapshot.volume_size, None);
    assert_eq!(record.source.as_ref(), Some(&new.source));
    assert_eq!(record.lineage, new.source.snapshot);

    let job = claim(&catalog).await;
    assert_eq!((job.snapshot, job.attempt, job.payload.as_slice()), (record, 1, b"payload".as_slice()));
    let first = snapshot_id();
    catalog.note_copy_metadata(job.session, gib(8), first).await.expect("notes");
    let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!((record.snapshot.volume_size, record.snapshot.state_message), (Some(gib(8)), None));
    assert_eq!(record.lineage, first);
    let segment = write_segment(&catalog, job.session, 0, &domain).await;
    let done = completed(b"root", &domain);
    catalog.commit_snapshot(job.session, &done).await.expect("commits");
    let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!(record.snapshot.state, SnapshotState::Completed);
    assert_eq!(record.snapshot.progress_percent, 100);
    assert_eq!(record.snapshot.full_size_bytes, Some(3 * 524_288));
    assert_eq!(record.snapshot.completion_time, Some(done.completion_time));
    assert_eq!((record.root.as_deref(), record.domain), (Some(b"root".as_slice()), Some(domain.id)));
    assert_eq!((record.bytes_moved, record.bytes_shared), (1_000, 2_000));
    assert_eq!(pins(&catalog, segment).await, 0);
}

async fn an_account_sees_its_own_only(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    assert_eq!(catalog.snapshot(bob(), new.id).await.expect("reads"), None);
    assert_eq!(catalog.snapshots_by_id(bob(), &[new.id]).await.expect("reads"), vec![]);
    assert_eq!(catalog.snapshots_page(bob(), None, 10).await.expect("reads"), vec![]);
    assert!(!catalog.delete_snapshot(bob(), new.id).await.expect("answers"));
    let found = catalog.snapshots_by_id(alice(), &[new.id, snapshot_id(), new.id]).await.expect("reads");
    assert_eq!(found.len(), 1);
}

async fn pages_cover_every_row_once_in_order(bed: Bed) {
    const ROWS: i64 = 3_000;
    let (catalog, _) = bed.furnished().await;
    let mut expected = Vec::new();
    for number in 0..ROWS {
        let mut new = copy();
        // Runs of equal start times longer than a page, and runs shorter than one.
        new.start_time = if number < 1_000 { NOW } else { Timestamp(NOW.0 + 7 * (number % 331) - 1_000) };
        new.tags = if number % 100 == 0 { vec![tag("n", &number.to_string())] } else { vec![] };
        catalog.create_copy(&new, &QUOTAS).await.expect("creates");
        expected.push((std::cmp::Reverse(new.start_time), new.id, new.tags));
    }
    expected.sort();
    for limit in [7, 500, 1_000] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = catalog.snapshots_page(alice(), after, limit).await.expect("reads");
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = Some(SnapshotCursor { start_time: last.snapshot.start_time, id: last.snapshot.id });
            found.extend(page.into_iter().map(|record| {
                let shown = record.snapshot;
                (std::cmp::Reverse(shown.start_time), shown.id, shown.tags)
            }));
        }
        assert_eq!(found.len(), expected.len());
        assert!(found == expected, "pages of {limit} are out of order");
    }
}

async fn a_deleted_copy_is_gone_and_its_job_refused(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let job = claim(&catalog).await;
    let segment = write_segment(&catalog, job.session, 0, &domain).await;
    assert!(catalog.delete_snapshot(alice(), new.id).await.expect("deletes"));
    assert!(!catalog.delete_snapshot(alice(), new.id).await.expect("answers"));
    assert_eq!(catalog.snapshot(alice(), new.id).await.expect("reads"), None);
    let refused = catalog.commit_snapshot(job.session, &completed(b"r", &domain)).await;
    assert!(matches!(refused, Err(CatalogError::Fenced)), "{refused:?}");
    assert!(!catalog.heartbeat_job(job.session, 5, Timestamp(5)).await.expect("answers"));
    assert!(matches!(catalog.fail_job(job.session, "x").await, Err(CatalogError::Fenced)));
    assert_eq!(pins(&catalog, segment).await, 0);
    assert_eq!(catalog.claim_job("n2", NOW, NOW).await.expect("answers"), None);
    // A job that waits for its second attempt goes the same way.
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let job = claim(&catalog).await;
    let segment = write_segment(&catalog, job.session, 0, &domain).await;
    catalog.retry_job(job.session, NOW).await.expect("gives up");
    assert_eq!(pins(&catalog, segment).await, 1);
    assert!(catalog.delete_snapshot(alice(), new.id).await.expect("deletes"));
    assert_eq!(pins(&catalog, segment).await, 0);
    assert_eq!(catalog.claim_job("n2", NOW, NOW).await.expect("answers"), None);
}

async fn the_newest_completed_copy_of_a_lineage_is_found(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (lineage, other) = (snapshot_id(), snapshot_id());
    let mut ids = Vec::new();
    for (number, of) in [(0, lineage), (1, lineage), (2, other), (3, lineage)] {
        let mut new = copy();
        new.start_time = NOW.plus_ms(number);
        new.source_lineage = Some(of);
        catalog.create_copy(&new, &QUOTAS).await.expect("creates");
        ids.push(new.id);
        if number < 3 {
            let job = catalog.claim_job("n", NOW.plus_ms(9), NOW.plus_ms(90)).await.expect("claims");
            let session = job.expect("a job").session;
            catalog.commit_snapshot(session, &completed(b"r", &domain)).await.expect("commits");
        }
    }
    let region = "us-west-2".parse().expect("a region");
    let found = catalog.newest_completed_copy(alice(), &region, lineage).await.expect("reads");
    assert_eq!(found.map(|record| record.snapshot.id), Some(ids[1]));
    assert_eq!(catalog.newest_completed_copy(bob(), &region, lineage).await.expect("reads"), None);
    let elsewhere = "us-east-1".parse().expect("a region");
    assert_eq!(catalog.newest_completed_copy(alice(), &elsewhere, lineage).await.expect("reads"), None);
    catalog.delete_snapshot(alice(), ids[1]).await.expect("deletes");
    let found = catalog.newest_completed_copy(alice(), &region, lineage).await.expect("reads");
    assert_eq!(found.map(|record| record.snapshot.id), Some(ids[0]));
}

async fn an_id_is_taken_once_and_a_refusal_leaves_nothing(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let new = copy();
    catalog.create_copy(&new, &QUOTAS).await.expect("creates");
    let again = catalog.create_copy(&new, &QUOTAS).await;
    assert!(matches!(again, Err(CreateRefused::IdTaken(id)) if id == new.id), "{again:?}");
    let tight = Quotas { copies_in_flight: 1, ..QUOTAS };
    let refused = catalog.create_copy(&copy(), &tight).await;
    assert!(matches!(refused, Err(CreateRefused::TooManyCopies { limit: 1 })), "{refused:?}");
    let tight = Quotas { snapshots: 1, ..QUOTAS };
    for _ in 0..3 {
        // Had a refusal counted, the room made by the deletion below would be used up.
        let refused = catalog.create_copy(&copy(), &tight).await;
        assert!(matches!(refused, Err(CreateRefused::TooManySnapshots { limit: 1 })), "{refused:?}");
    }
    assert_eq!(catalog.snapshots_page(alice(), None, 10).await.expect("reads").len(), 1);
    catalog.delete_snapshot(alice(), new.id).await.expect("deletes");
    catalog.create_copy(&copy(), &tight).await.expect("there is room again");
}

async fn texts_with_nul_are_refused_on_either_engine(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let mut new = copy();
    new.tags = vec![tag("a\0b", "x")];
    let refused = catalog.create_copy(&new, &QUOTAS).await;
    assert!(matches!(refused, Err(CreateRefused::Catalog(CatalogError::NulCharacter))), "{refused:?}");
    assert_eq!(catalog.snapshot(alice(), new.id).await.expect("reads"), None);
}

async fn deleted_rows_are_purged_when_nobody_pins_them(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (kept, _) = completed_copy(&catalog, &domain).await;
    let (id, _) = completed_copy(&catalog, &domain).await;
    let far = Timestamp(i64::MAX);
    let (reader, _) = catalog.open_read_session("n", far, id).await.expect("opens").expect("is live");
    catalog.delete_snapshot(alice(), id).await.expect("deletes");
    assert_eq!(catalog.purge_deleted().await.expect("purges"), 0);
    catalog.close_session(reader).await.expect("closes");
    assert_eq!(catalog.purge_deleted().await.expect("purges"), 1);
    assert!(catalog.snapshot(alice(), kept).await.expect("reads").is_some());
}
