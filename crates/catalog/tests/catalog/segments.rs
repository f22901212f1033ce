//! Segments: born pinned, shared while sealed, condemned when nothing needs them.

use catalog::{CatalogError, Epoch, SegmentState, SessionKind};

use crate::bed::{
    Bed, FAR, NOW, alice, completed_copy, on_both_engines, pins, segment_id, snapshot_id, upload,
    write_segment,
};

on_both_engines!(
    a_segment_is_born_with_one_pin,
    pinning_counts_each_session_once,
    what_is_condemned_is_not_shared,
    an_old_collection_cannot_list_or_condemn_new_work,
    a_deleted_snapshot_cannot_be_pinned,
    a_domains_segments_are_paged,
    uploads_in_progress_are_marked,
);

async fn a_segment_is_born_with_one_pin(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let session = catalog.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    let id = segment_id(session, 0);
    catalog.begin_segment(session, id, domain.id, NOW).await.expect("begins");
    catalog.begin_segment(session, id, domain.id, NOW).await.expect("begins again");
    let segment = catalog.segment(id).await.expect("reads").expect("is there");
    assert_eq!((segment.state, segment.pin_count, segment.created), (SegmentState::Intent, 1, NOW));
    let other = catalog.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    assert!(!catalog.pin_segment(other, id).await.expect("answers"), "it is not sealed");
    assert!(matches!(
        catalog.seal_segment(other, id, 1, 1, catalog::SealOrder::Last).await,
        Err(CatalogError::Missing { .. })
    ));
    catalog.seal_segment(session, id, 10, 2, catalog::SealOrder::Last).await.expect("seals");
    catalog.seal_segment(session, id, 10, 2, catalog::SealOrder::Last).await.expect("is sealed");
    assert!(matches!(
        catalog.seal_segment(session, id, 11, 2, catalog::SealOrder::Last).await,
        Err(CatalogError::Missing { .. })
    ));
    assert!(matches!(
        catalog.begin_segment(session, id, domain.id, NOW).await,
        Err(CatalogError::Missing { .. })
    ));
    let segment = catalog.segment(id).await.expect("reads").expect("is there");
    assert_eq!((segment.state, segment.bytes, segment.slots), (SegmentState::Sealed, 10, 2));
    catalog.close_session(session).await.expect("closes");
    catalog.close_session(session).await.expect("is closed");
    assert_eq!(pins(&catalog, id).await, 0);
    let late = catalog.begin_segment(session, segment_id(session, 1), domain.id, NOW).await;
    assert!(matches!(late, Err(CatalogError::Fenced)), "{late:?}");
}

async fn pinning_counts_each_session_once(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (_, segment) = completed_copy(&catalog, &domain).await;
    let one = catalog.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    let two = catalog.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    for session in [one, one, two, two] {
        assert!(catalog.pin_segment(session, segment).await.expect("pins"));
    }
    assert_eq!(pins(&catalog, segment).await, 2);
    catalog.close_session(one).await.expect("closes");
    assert_eq!(pins(&catalog, segment).await, 1);
    assert!(catalog.fence_session(two).await.expect("fences"));
    assert_eq!(pins(&catalog, segment).await, 0);
    assert!(
        !catalog
            .pin_segment(
                catalog.open_session(SessionKind::Job, "n", None).await.expect("opens"),
                segment_id(two, 77)
            )
            .await
            .expect("answers"),
        "there is no such segment"
    );
}

async fn what_is_condemned_is_not_shared(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (_, segment) = completed_copy(&catalog, &domain).await;
    let session = catalog.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    let epoch = catalog.bump_epoch().await.expect("bumps");
    assert_eq!(catalog.segments_to_condemn(epoch, None, 10).await.expect("reads"), vec![segment]);
    assert!(!catalog.condemn(segment, epoch, true).await.expect("answers"), "it is marked");
    assert!(catalog.condemn(segment, epoch, false).await.expect("condemns"));
    assert!(!catalog.condemn(segment, epoch, false).await.expect("answers"), "it is condemned");
    assert!(!catalog.pin_segment(session, segment).await.expect("answers"));
    assert_eq!(pins(&catalog, segment).await, 0);
}

async fn an_old_collection_cannot_list_or_condemn_new_work(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let old = catalog.bump_epoch().await.expect("bumps");
    let (_, segment) = completed_copy(&catalog, &domain).await;
    assert!(!catalog.condemn(segment, old, false).await.expect("answers"), "stamped with this epoch");
    let new = catalog.bump_epoch().await.expect("bumps");
    assert_eq!(new, Epoch(old.0 + 1));
    assert!(matches!(catalog.list_roots(old).await, Err(CatalogError::Fenced)));
    assert_eq!(catalog.list_roots(new).await.expect("lists"), 1);
    assert_eq!(catalog.list_roots(new).await.expect("lists again"), 1);
    assert_eq!(catalog.roots_to_mark(old, None, 10).await.expect("reads"), vec![]);
    let roots = catalog.roots_to_mark(new, None, 10).await.expect("reads");
    assert_eq!(catalog.roots_to_mark(new, Some(roots[0].snapshot), 10).await.expect("reads"), vec![]);
    let store = catalog.store().await.expect("reads").expect("is there");
    assert_eq!(store.epoch, new);
}

async fn a_deleted_snapshot_cannot_be_pinned(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let (id, _) = completed_copy(&catalog, &domain).await;
    let session = catalog.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    assert!(catalog.pin_root(session, id).await.expect("pins").is_some());
    assert!(catalog.pin_root(session, id).await.expect("pins again").is_some());
    catalog.delete_snapshot(alice(), id).await.expect("deletes");
    assert_eq!(catalog.pin_root(session, id).await.expect("answers"), None);
    assert_eq!(catalog.pin_root(session, snapshot_id()).await.expect("answers"), None);
    let epoch = catalog.bump_epoch().await.expect("bumps");
    assert_eq!(catalog.list_roots(epoch).await.expect("lists"), 1, "the pin of before holds");
    catalog.close_session(session).await.expect("closes");
    assert_eq!(catalog.list_roots(epoch).await.expect("lists"), 0);
}

async fn a_domains_segments_are_paged(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let session = catalog.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    let mut expected = Vec::new();
    for sequence in 0..25 {
        expected.push(write_segment(&catalog, session, sequence * 77, &domain).await);
    }
    catalog.begin_segment(session, segment_id(session, 5), domain.id, NOW).await.expect("begins");
    expected.sort_by_key(|id| id.to_bytes());
    let mut found = Vec::new();
    loop {
        let after = found.last().copied();
        let page = catalog.segments_of_domain(domain.id, after, 4).await.expect("reads");
        if page.is_empty() {
            break;
        }
        found.extend(page.iter().map(|segment| segment.id));
    }
    assert_eq!(found, expected);
}

async fn uploads_in_progress_are_marked(bed: Bed) {
    let (catalog, domain) = bed.furnished().await;
    let new = upload();
    crate::bed::started(&catalog, &new).await;
    let session = catalog.open_upload_session(new.id, "n").await.expect("opens").expect("is open");
    let one = write_segment(&catalog, session, 0, &domain).await;
    let two = write_segment(&catalog, session, 1, &domain).await;
    assert_eq!(catalog.upload_segments_to_mark(None, 10).await.expect("reads"), vec![one, two]);
    assert_eq!(catalog.upload_segments_to_mark(Some(one), 10).await.expect("reads"), vec![two]);
    catalog.delete_snapshot(alice(), new.id).await.expect("deletes");
    assert_eq!(catalog.upload_segments_to_mark(None, 10).await.expect("reads"), vec![]);
}
