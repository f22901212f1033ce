//! Uploads: started once, written by any node, sealed, expired, deleted.

use catalog::{
    CatalogError, ClientToken, JobKind, Quotas, SealOrder, SessionKind, StartRefused, Started, UploadState,
};
use ebs::SnapshotState;

use crate::bed::{
    Bed, FAR, NOW, QUOTAS, alice, bob, claim, completed, completed_copy, copy, gib, on_both_engines, pins,
    segment_id, snapshot_id, started, upload, write_segment,
};

on_both_engines!(
    an_upload_is_sealed_and_completed,
    segments_of_an_upload_are_in_the_order_of_their_seals,
    a_client_token_replays_or_is_refused,
    parents_are_checked,
    quotas_are_kept,
    an_inactive_upload_expires_and_lets_go,
    a_deleted_upload_lets_go,
    an_ended_session_keeps_what_the_upload_needs,
    the_parents_root_is_pinned_until_the_end,
);

async fn an_upload_is_sealed_and_completed(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = upload();
    assert_eq!(started(&catalog, &new).await, Started::New);
    let first = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    let second = catalog.open_upload_session(new.id, "n2").await.expect("opens").expect("is open");
    let segments = [
        write_segment(&catalog, first, 0, &domain).await,
        write_segment(&catalog, first, 1, &domain).await,
        write_segment(&catalog, second, 0, &domain).await,
    ];
    assert!(catalog.touch_upload(new.id, NOW.plus_ms(500)).await.expect("touches"));
    catalog.note_upload_progress(new.id, 40).await.expect("notes");
    let record = catalog.upload(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!((record.state, record.last_activity), (UploadState::Open, NOW.plus_ms(500)));
    assert_eq!(catalog.upload(bob(), new.id).await.expect("reads"), None);

    let seal = |account, changed| catalog.seal_upload(account, new.id, changed, Some([5; 32]), NOW);
    assert_eq!(seal(bob(), 3).await.expect("answers"), None);
    assert_eq!(seal(alice(), 3).await.expect("seals"), Some(SnapshotState::Pending));
    assert_eq!(seal(alice(), 4).await.expect("answers"), Some(SnapshotState::Pending));
    assert!(!catalog.touch_upload(new.id, NOW).await.expect("answers"));
    assert_eq!(catalog.open_upload_session(new.id, "n3").await.expect("answers"), None);

    let job = claim(&catalog).await;
    assert_eq!(job.kind, JobKind::CompleteUpload { changed_blocks: 3, checksum: Some([5; 32]) });
    assert_eq!(job.snapshot.snapshot.progress_percent, 40);
    let found = catalog.segments_of_upload(new.id).await.expect("reads");
    assert_eq!(found.iter().map(|segment| segment.id).collect::<Vec<_>>(), segments);
    assert_eq!(catalog.segments_of_session(job.session).await.expect("reads").len(), 3);
    assert!(matches!(
        catalog.begin_segment(first, crate::bed::segment_id(first, 9), domain.id, NOW).await,
        Err(CatalogError::Fenced)
    ));
    catalog.commit_snapshot(job.session, &completed(b"root", &domain)).await.expect("commits");
    assert_eq!(seal(alice(), 3).await.expect("answers"), Some(SnapshotState::Completed));
    let record = catalog.upload(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!((record.state, record.snapshot_state), (UploadState::Done, SnapshotState::Completed));
    for segment in segments {
        assert_eq!(pins(&catalog, segment).await, 0);
    }
    let of_copy = copy();
    catalog.create_copy(&of_copy, &QUOTAS).await.expect("creates");
    assert_eq!(catalog.seal_upload(alice(), of_copy.id, 0, None, NOW).await.expect("answers"), None);
}

async fn segments_of_an_upload_are_in_the_order_of_their_seals(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = upload();
    started(&catalog, &new).await;
    let one = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    let two = catalog.open_upload_session(new.id, "n2").await.expect("opens").expect("is open");
    let [a, b, c] = [segment_id(one, 0), segment_id(two, 0), segment_id(two, 1)];
    let begin = async |session, id| catalog.begin_segment(session, id, domain.id, NOW).await.expect("begins");
    let seal = async |session, id, order| {
        catalog.seal_segment(session, id, 10, 1, order).await.expect("seals");
    };
    let order = async || {
        let found = catalog.segments_of_upload(new.id).await.expect("reads");
        assert!(found.is_sorted_by_key(|segment| segment.upload_order));
        found.iter().map(|segment| segment.id).collect::<Vec<_>>()
    };
    begin(one, a).await;
    begin(two, b).await;
    assert_eq!(order().await, [a, b], "the order of their beginnings while they are open");
    seal(two, b, SealOrder::Last).await;
    begin(two, c).await;
    seal(one, a, SealOrder::AsBegun).await;
    assert_eq!(order().await, [a, b, c], "sealed for a writer that is gone: as it was begun");
    seal(one, a, SealOrder::Last).await;
    assert_eq!(order().await, [b, c, a], "the writer was not gone, and acknowledges only now");
    let other = bed.open().await;
    let reader = other.open_session(SessionKind::Read, "n1", Some(FAR)).await.expect("opens");
    begin(reader, segment_id(reader, 0)).await;
    let of_none = catalog.segment(segment_id(reader, 0)).await.expect("reads").expect("is there");
    assert_eq!(of_none.upload_order, 0);
}

async fn a_client_token_replays_or_is_refused(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let token = |hash| Some(ClientToken { token: "t".to_owned(), request_hash: [hash; 32] });
    let first = catalog::NewUpload { client_token: token(1), ..upload() };
    assert_eq!(started(&catalog, &first).await, Started::New);
    let again = catalog::NewUpload { id: snapshot_id(), ..first.clone() };
    match started(&catalog, &again).await {
        Started::Replayed(record) => assert_eq!(record.snapshot.id, first.id),
        Started::New => panic!("a second upload was started"),
    }
    let other = catalog::NewUpload { id: snapshot_id(), client_token: token(2), ..first.clone() };
    let refused = catalog.start_upload(&other, &QUOTAS).await;
    assert!(matches!(refused, Err(StartRefused::ClientTokenReused)), "{refused:?}");
    let of_bob = catalog::NewUpload { account: bob(), ..other };
    assert_eq!(started(&catalog, &of_bob).await, Started::New);
    catalog.delete_snapshot(alice(), first.id).await.expect("deletes");
    assert_eq!(started(&catalog, &again).await, Started::New);
}

async fn parents_are_checked(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (parent, _) = completed_copy(&catalog, &domain).await;
    let pending = copy();
    catalog.create_copy(&pending, &QUOTAS).await.expect("creates");
    let child = |parent| catalog::NewUpload { parent: Some(parent), volume_size: gib(8), ..upload() };
    let lineage = catalog.snapshot(alice(), parent).await.expect("reads").expect("is there").lineage;
    let new = child(parent);
    assert_eq!(started(&catalog, &new).await, Started::New);
    let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!((record.parent, record.lineage), (Some(parent), lineage));

    let start = |new| async { catalog.start_upload(&{ new }, &QUOTAS).await };
    let refused = start(child(pending.id)).await;
    assert!(matches!(refused, Err(StartRefused::ParentNotCompleted(id)) if id == pending.id), "{refused:?}");
    let refused = start(child(snapshot_id())).await;
    assert!(matches!(refused, Err(StartRefused::ParentNotFound(_))), "{refused:?}");
    let refused = start(catalog::NewUpload { account: bob(), ..child(parent) }).await;
    assert!(matches!(refused, Err(StartRefused::ParentNotFound(_))), "{refused:?}");
    let refused = start(catalog::NewUpload { volume_size: gib(7), ..child(parent) }).await;
    assert!(matches!(refused, Err(StartRefused::SmallerThanParent { parent_size }) if parent_size == gib(8)));
    catalog.delete_snapshot(alice(), parent).await.expect("deletes");
    let refused = start(child(parent)).await;
    assert!(matches!(refused, Err(StartRefused::ParentNotFound(_))), "{refused:?}");
}

async fn quotas_are_kept(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let tight = Quotas { uploads_pending: 2, snapshots: 3, ..QUOTAS };
    let first = upload();
    catalog.start_upload(&first, &tight).await.expect("the first");
    catalog.start_upload(&upload(), &tight).await.expect("the second");
    let refused = catalog.start_upload(&upload(), &tight).await;
    assert!(matches!(refused, Err(StartRefused::TooManyUploads { limit: 2 })), "{refused:?}");
    let of_bob = catalog::NewUpload { account: bob(), ..upload() };
    catalog.start_upload(&of_bob, &tight).await.expect("bob has a quota of his own");
    assert_eq!(catalog.expire_uploads(NOW.plus_ms(60_000)).await.expect("expires").len(), 3);
    catalog.start_upload(&upload(), &tight).await.expect("the third snapshot, the first pending upload");
    let refused = catalog.start_upload(&upload(), &tight).await;
    assert!(matches!(refused, Err(StartRefused::TooManySnapshots { limit: 3 })), "{refused:?}");
}

async fn an_inactive_upload_expires_and_lets_go(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (new, busy) = (upload(), upload());
    started(&catalog, &new).await;
    started(&catalog, &busy).await;
    let session = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    let segment = write_segment(&catalog, session, 0, &domain).await;
    catalog.touch_upload(busy.id, NOW.plus_ms(1)).await.expect("touches");
    assert_eq!(catalog.expire_uploads(NOW.plus_ms(59_999)).await.expect("expires"), vec![]);
    assert_eq!(catalog.expire_uploads(NOW.plus_ms(60_000)).await.expect("expires"), vec![new.id]);
    assert_eq!(pins(&catalog, segment).await, 0);
    assert_eq!(catalog.pin_segment(session, segment).await.ok(), None, "the session is fenced");
    let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!(record.snapshot.state, SnapshotState::Error);
    assert!(record.snapshot.state_message.is_some());
    let state = catalog.seal_upload(alice(), new.id, 1, None, NOW).await.expect("answers");
    assert_eq!(state, Some(SnapshotState::Error));
    assert_eq!(catalog.claim_job("n", FAR, FAR).await.expect("answers"), None);
    // A sealed upload does not expire, however long its job takes.
    catalog.seal_upload(alice(), busy.id, 0, None, NOW).await.expect("seals");
    assert_eq!(catalog.expire_uploads(FAR).await.expect("expires"), vec![]);
}

async fn a_deleted_upload_lets_go(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = upload();
    started(&catalog, &new).await;
    let session = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    let segment = write_segment(&catalog, session, 0, &domain).await;
    assert!(catalog.delete_snapshot(alice(), new.id).await.expect("deletes"));
    assert_eq!(pins(&catalog, segment).await, 0);
    assert!(matches!(catalog.pin_segment(session, segment).await, Err(CatalogError::Fenced)));
    assert!(!catalog.touch_upload(new.id, NOW).await.expect("answers"));
    assert_eq!(catalog.open_upload_session(new.id, "n1").await.expect("answers"), None);
    assert_eq!(catalog.seal_upload(alice(), new.id, 0, None, NOW).await.expect("answers"), None);
}

async fn an_ended_session_keeps_what_the_upload_needs(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = upload();
    started(&catalog, &new).await;
    let closed = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    let fenced = catalog.open_upload_session(new.id, "n1").await.expect("opens").expect("is open");
    let segments = [
        write_segment(&catalog, closed, 0, &domain).await,
        write_segment(&catalog, fenced, 0, &domain).await,
    ];
    catalog.close_session(closed).await.expect("closes");
    assert!(catalog.fence_session(fenced).await.expect("fences"));
    let epoch = catalog.bump_epoch().await.expect("bumps");
    for segment in segments {
        assert!(!catalog.condemn(segment, epoch, false).await.expect("answers"));
    }
    catalog.seal_upload(alice(), new.id, 2, None, NOW).await.expect("seals");
    let job = claim(&catalog).await;
    assert_eq!(catalog.segments_of_session(job.session).await.expect("reads").len(), 2);
    catalog.fail_job(job.session, "checksum mismatch").await.expect("fails");
    for segment in segments {
        assert!(catalog.condemn(segment, epoch, false).await.expect("condemns"));
    }
    let record = catalog.snapshot(alice(), new.id).await.expect("reads").expect("is there");
    assert_eq!(record.snapshot.state_message.as_deref(), Some("checksum mismatch"));
}

async fn the_parents_root_is_pinned_until_the_end(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (parent, segment) = completed_copy(&catalog, &domain).await;
    let new = catalog::NewUpload { parent: Some(parent), volume_size: gib(8), ..upload() };
    started(&catalog, &new).await;
    catalog.delete_snapshot(alice(), parent).await.expect("deletes");
    let is_root = || async {
        let epoch = catalog.bump_epoch().await.expect("bumps");
        catalog.list_roots(epoch).await.expect("lists");
        let roots = catalog.roots_to_mark(epoch, None, 100).await.expect("reads");
        roots.iter().any(|root| root.snapshot == parent && root.root == segment.to_bytes())
    };
    assert!(is_root().await, "before any session was opened");
    let record = catalog.pinned_snapshot(parent).await.expect("reads").expect("is pinned");
    assert_eq!((record.snapshot.id, record.root), (parent, Some(segment.to_bytes().to_vec())));
    assert_eq!(catalog.pinned_snapshot(new.id).await.expect("reads"), None);
    catalog.seal_upload(alice(), new.id, 0, None, NOW).await.expect("seals");
    assert!(is_root().await, "before the job was claimed");
    let job = claim(&catalog).await;
    assert!(is_root().await, "while the job runs");
    catalog.retry_job(job.session, NOW).await.expect("gives up");
    assert!(is_root().await, "between two attempts");
    let job = claim(&catalog).await;
    catalog.commit_snapshot(job.session, &completed(b"root", &domain)).await.expect("commits");
    assert!(!is_root().await, "after the commit");
    assert_eq!(catalog.pinned_snapshot(parent).await.expect("reads"), None);
}
