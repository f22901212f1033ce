//! Races of two handles, each with connections of its own, on one catalog: whoever comes first, the outcome is
//! one of those that the order of the two allows.

use std::collections::BTreeSet;
use std::sync::Arc;

use catalog::{
    CatalogError, ClientToken, CreateRefused, NewUpload, Quotas, RegionCatalog, SegmentState, SessionKind,
    StartRefused, Started,
};

use crate::bed::{
    Bed, Dice, FAR, NOW, QUOTAS, alice, claim, completed, completed_copy, copy, on_both_engines, pins,
    segment_id, snapshot_id, upload, write_segment,
};

on_both_engines!(
    a_segment_is_pinned_or_condemned,
    an_attempt_is_committed_or_fenced,
    a_session_that_ends_keeps_nothing_pinned,
    a_deleted_upload_keeps_no_session,
    a_copy_is_deleted_with_or_without_its_commit,
    a_root_is_pinned_or_its_snapshot_deleted_unlisted,
    no_job_is_claimed_twice,
    a_lost_job_is_claimed_by_one,
    adoption_leaves_no_moment_unpinned,
    the_quota_of_copies_is_exact,
    the_quotas_of_an_account_are_exact,
    a_client_token_starts_one_upload,
    one_session_pins_once_from_many_tasks,
    whatever_meets_at_the_end_of_an_upload_lets_go_once,
);

const ROUNDS: u64 = 60;

async fn pair(bed: &Bed) -> (RegionCatalog, RegionCatalog, catalog::DomainRecord) {
    let (one, domain) = bed.furnished().await;
    (one, bed.open().await, domain)
}

async fn a_segment_is_pinned_or_condemned(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let (mut dice_one, mut dice_two) = (Dice(11), Dice(23));
    let mut outcomes = [0, 0];
    for _ in 0..ROUNDS {
        let (_, segment) = completed_copy(&one, &domain).await;
        let session = one.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
        let epoch = one.bump_epoch().await.expect("bumps");
        let pin = async {
            dice_one.pause().await;
            one.pin_segment(session, segment).await.expect("answers")
        };
        let condemn = async {
            dice_two.pause().await;
            two.condemn(segment, epoch, false).await.expect("answers")
        };
        let (pinned, condemned) = tokio::join!(pin, condemn);
        assert_ne!(pinned, condemned);
        outcomes[usize::from(pinned)] += 1;
        let state = one.segment(segment).await.expect("reads").expect("is there").state;
        assert_eq!(state == SegmentState::Condemned, condemned);
        one.close_session(session).await.expect("closes");
        assert_eq!(pins(&two, segment).await, 0);
    }
    assert!(outcomes[0] > 0 && outcomes[1] > 0, "each side won at times: {outcomes:?}");
}

async fn an_attempt_is_committed_or_fenced(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let (mut dice_one, mut dice_two) = (Dice(31), Dice(47));
    for _ in 0..ROUNDS {
        let new = copy();
        one.create_copy(&new, &QUOTAS).await.expect("creates");
        let job = claim(&one).await;
        let segment = write_segment(&one, job.session, 0, &domain).await;
        let commit = async {
            dice_one.pause().await;
            one.commit_snapshot(job.session, &completed(b"r", &domain)).await
        };
        let fence = async {
            dice_two.pause().await;
            two.fence_session(job.session).await.expect("answers")
        };
        let (committed, fenced) = tokio::join!(commit, fence);
        match committed {
            Ok(()) => assert!(!fenced),
            Err(CatalogError::Fenced) => assert!(fenced),
            Err(error) => panic!("{error:?}"),
        }
        assert_eq!(pins(&one, segment).await, u64::from(fenced), "kept for the next attempt");
        assert!(one.delete_snapshot(alice(), new.id).await.expect("deletes"));
        assert_eq!(pins(&one, segment).await, 0);
    }
}

async fn a_session_that_ends_keeps_nothing_pinned(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let (_, segment) = completed_copy(&one, &domain).await;
    let (mut dice_one, mut dice_two, mut dice_three) = (Dice(7), Dice(59), Dice(83));
    for _ in 0..3 * ROUNDS {
        let session = one.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
        let begun = segment_id(session, 0);
        let (pinned, began, fenced) = tokio::join!(
            async {
                dice_one.pause().await;
                one.pin_segment(session, segment).await
            },
            async {
                dice_two.pause().await;
                one.begin_segment(session, begun, domain.id, NOW).await
            },
            async {
                dice_three.pause().await;
                two.fence_session(session).await.expect("answers")
            },
        );
        assert!(fenced);
        assert!(matches!(pinned, Ok(true) | Err(CatalogError::Fenced)), "{pinned:?}");
        assert!(matches!(began, Ok(()) | Err(CatalogError::Fenced)), "{began:?}");
        assert_eq!(pins(&one, segment).await, 0);
        let begun = one.segment(begun).await.expect("reads");
        assert_eq!(begun.is_some(), began.is_ok());
        assert!(begun.is_none_or(|begun| (begun.state, begun.pin_count) == (SegmentState::Condemned, 0)));
    }
}

async fn a_deleted_upload_keeps_no_session(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let (mut dice_one, mut dice_two) = (Dice(19), Dice(67));
    for _ in 0..ROUNDS {
        let new = upload();
        one.start_upload(&new, &QUOTAS).await.expect("starts");
        let open = async {
            dice_one.pause().await;
            one.open_upload_session(new.id, "n").await.expect("answers")
        };
        let delete = async {
            dice_two.pause().await;
            two.delete_snapshot(alice(), new.id).await.expect("answers")
        };
        let (session, deleted) = tokio::join!(open, delete);
        assert!(deleted);
        if let Some(session) = session {
            let late = one.begin_segment(session, segment_id(session, 0), domain.id, NOW).await;
            assert!(matches!(late, Err(CatalogError::Fenced)), "{late:?}");
        }
    }
}

async fn a_copy_is_deleted_with_or_without_its_commit(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let (mut dice_one, mut dice_two) = (Dice(5), Dice(97));
    for _ in 0..ROUNDS {
        let new = copy();
        one.create_copy(&new, &QUOTAS).await.expect("creates");
        let job = claim(&one).await;
        let segment = write_segment(&one, job.session, 0, &domain).await;
        let commit = async {
            dice_one.pause().await;
            one.commit_snapshot(job.session, &completed(b"r", &domain)).await
        };
        let delete = async {
            dice_two.pause().await;
            two.delete_snapshot(alice(), new.id).await.expect("answers")
        };
        let (committed, deleted) = tokio::join!(commit, delete);
        assert!(deleted);
        assert!(matches!(committed, Ok(()) | Err(CatalogError::Fenced)), "{committed:?}");
        assert_eq!(one.snapshot(alice(), new.id).await.expect("reads"), None);
        assert_eq!(pins(&one, segment).await, 0);
        let late = one.commit_snapshot(job.session, &completed(b"r", &domain)).await;
        assert!(matches!(late, Err(CatalogError::Fenced)), "{late:?}");
    }
}

/// A root that a session was given is on every list taken after the deletion of its snapshot.
async fn a_root_is_pinned_or_its_snapshot_deleted_unlisted(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let (mut dice_one, mut dice_two) = (Dice(3), Dice(71));
    for _ in 0..ROUNDS {
        let (id, _) = completed_copy(&one, &domain).await;
        let session = one.open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
        let pin = async {
            dice_one.pause().await;
            one.pin_root(session, id).await.expect("answers").is_some()
        };
        let collect = async {
            dice_two.pause().await;
            assert!(two.delete_snapshot(alice(), id).await.expect("deletes"));
            let epoch = two.bump_epoch().await.expect("bumps");
            two.list_roots(epoch).await.expect("lists");
            let roots = two.roots_to_mark(epoch, None, 10).await.expect("reads");
            roots.iter().any(|root| root.snapshot == id)
        };
        let (pinned, listed) = tokio::join!(pin, collect);
        assert_eq!(pinned, listed);
        one.close_session(session).await.expect("closes");
    }
}

async fn no_job_is_claimed_twice(bed: Bed) {
    const JOBS: usize = 40;
    let (one, two, _) = pair(&bed).await;
    for _ in 0..JOBS {
        one.create_copy(&copy(), &QUOTAS).await.expect("creates");
    }
    let handles = [Arc::new(one), Arc::new(two)];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let catalog = Arc::clone(&handles[number % 2]);
        tasks.spawn(async move {
            let mut claimed = Vec::new();
            while let Some(job) = catalog.claim_job("n", NOW, FAR).await.expect("answers") {
                claimed.push((job.id, job.session));
            }
            claimed
        });
    }
    let claimed = tasks.join_all().await.concat();
    let jobs: BTreeSet<_> = claimed.iter().map(|(job, _)| *job).collect();
    let sessions: BTreeSet<_> = claimed.iter().map(|(_, session)| *session).collect();
    assert_eq!((claimed.len(), jobs.len(), sessions.len()), (JOBS, JOBS, JOBS));
}

async fn a_lost_job_is_claimed_by_one(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    one.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let mut now = NOW;
    let mut last = one.claim_job("n", now, now).await.expect("claims").expect("a job");
    for round in 0..ROUNDS as u32 {
        write_segment(&one, last.session, round, &domain).await;
        now = now.plus_ms(1);
        let beat = async { one.heartbeat_job(last.session, 1, now).await.expect("answers") };
        let (a, b, alive) = tokio::join!(one.claim_job("a", now, now), two.claim_job("b", now, now), beat);
        let mut winners: Vec<_> =
            [a, b].into_iter().filter_map(|claimed| claimed.expect("answers")).collect();
        if winners.is_empty() {
            assert!(alive, "the lease was put off before either looked");
            now = now.plus_ms(1);
            winners.push(one.claim_job("c", now, now).await.expect("claims").expect("the job"));
        }
        assert_eq!(winners.len(), 1);
        last = winners.remove(0);
        let held = one.segments_of_session(last.session).await.expect("reads");
        assert_eq!(held.len(), round as usize + 1);
        assert!(held.iter().all(|segment| segment.pin_count == 1));
    }
}

async fn adoption_leaves_no_moment_unpinned(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    one.create_copy(&copy(), &QUOTAS).await.expect("creates");
    let mut now = NOW;
    let mut job = one.claim_job("n", now, now).await.expect("claims").expect("a job");
    let segment = write_segment(&one, job.session, 0, &domain).await;
    let epoch = one.bump_epoch().await.expect("bumps");
    let adopt = async {
        for _ in 0..ROUNDS {
            now = now.plus_ms(1);
            job = one.claim_job("n", now, now).await.expect("claims").expect("the job");
        }
        job.session
    };
    let condemn = async {
        for _ in 0..3 * ROUNDS {
            assert!(!two.condemn(segment, epoch, false).await.expect("answers"));
        }
    };
    let (last, ()) = tokio::join!(adopt, condemn);
    assert_eq!(pins(&one, segment).await, 1);
    one.fail_job(last, "enough").await.expect("fails");
    assert!(two.condemn(segment, epoch, false).await.expect("condemns"));
}

async fn the_quota_of_copies_is_exact(bed: Bed) {
    let (one, two, _) = pair(&bed).await;
    let handles = [Arc::new(one), Arc::new(two)];
    let quotas = Quotas { copies_in_flight: 10, ..QUOTAS };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let catalog = Arc::clone(&handles[number % 2]);
        tasks.spawn(async move { catalog.create_copy(&copy(), &quotas).await });
    }
    let mut created = 0;
    for outcome in tasks.join_all().await {
        match outcome {
            Ok(()) => created += 1,
            Err(CreateRefused::TooManyCopies { limit: 10 }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(created, 10);
}

async fn the_quotas_of_an_account_are_exact(bed: Bed) {
    let (one, two, _) = pair(&bed).await;
    let handles = [Arc::new(one), Arc::new(two)];
    let quotas = Quotas { uploads_pending: 5, snapshots: 12, ..QUOTAS };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40 {
        let catalog = Arc::clone(&handles[number % 2]);
        tasks.spawn(async move {
            if number % 4 < 2 {
                match catalog.create_copy(&copy(), &quotas).await {
                    Ok(()) => [0, 1],
                    Err(CreateRefused::TooManySnapshots { .. }) => [0, 0],
                    Err(error) => panic!("{error:?}"),
                }
            } else {
                match catalog.start_upload(&upload(), &quotas).await {
                    Ok(_) => [1, 1],
                    Err(StartRefused::TooManySnapshots { .. } | StartRefused::TooManyUploads { .. }) => {
                        [0, 0]
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
    }
    let created = tasks.join_all().await;
    let sum = |which: usize| created.iter().map(|counts| counts[which]).sum::<u32>();
    assert!(sum(0) <= 5, "{} uploads", sum(0));
    assert_eq!(sum(1), 12);
}

async fn a_client_token_starts_one_upload(bed: Bed) {
    let (one, two, _) = pair(&bed).await;
    let handles = [Arc::new(one), Arc::new(two)];
    for round in 0..5 {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..12 {
            let catalog = Arc::clone(&handles[number % 2]);
            tasks.spawn(async move {
                let token = ClientToken { token: format!("token {round}"), request_hash: [1; 32] };
                let new = NewUpload { id: snapshot_id(), client_token: Some(token), ..upload() };
                match catalog.start_upload(&new, &QUOTAS).await.expect("answers") {
                    Started::New => (true, new.id),
                    Started::Replayed(original) => (false, original.snapshot.id),
                }
            });
        }
        let outcomes = tasks.join_all().await;
        assert_eq!(outcomes.iter().filter(|(new, _)| *new).count(), 1);
        assert_eq!(outcomes.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>().len(), 1);
    }
}

async fn one_session_pins_once_from_many_tasks(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let handles = [Arc::new(one), Arc::new(two)];
    let (_, segment) = completed_copy(&handles[0], &domain).await;
    let session = handles[0].open_session(SessionKind::Job, "n", Some(FAR)).await.expect("opens");
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..24 {
        let catalog = Arc::clone(&handles[number % 2]);
        tasks.spawn(async move { catalog.pin_segment(session, segment).await.expect("answers") });
    }
    assert!(tasks.join_all().await.into_iter().all(|pinned| pinned));
    assert_eq!(pins(&handles[0], segment).await, 1);
}

async fn whatever_meets_at_the_end_of_an_upload_lets_go_once(bed: Bed) {
    let (one, two, domain) = pair(&bed).await;
    let mut dice = [Dice(2), Dice(13), Dice(41), Dice(89), Dice(101)];
    for _ in 0..ROUNDS {
        let new = upload();
        one.start_upload(&new, &QUOTAS).await.expect("starts");
        let session = one.open_upload_session(new.id, "n").await.expect("opens").expect("is open");
        let segment = write_segment(&one, session, 0, &domain).await;
        let [d0, d1, d2, d3, d4] = &mut dice;
        let end = NOW.plus_ms(60_000);
        let (sealed, _, _, _, deleted) = tokio::join!(
            async {
                d0.pause().await;
                one.seal_upload(alice(), new.id, 1, None, NOW).await.expect("answers")
            },
            async {
                d1.pause().await;
                two.expire_uploads(end).await.expect("answers")
            },
            async {
                d2.pause().await;
                one.fence_session(session).await.expect("answers")
            },
            async {
                d3.pause().await;
                two.claim_job("n", NOW, FAR).await.expect("answers")
            },
            async {
                d4.pause().await;
                two.delete_snapshot(alice(), new.id).await.expect("answers")
            },
        );
        assert!(deleted);
        assert!(sealed.is_none_or(|state| state != ebs::SnapshotState::Completed));
        assert_eq!(pins(&one, segment).await, 0);
        assert_eq!(one.claim_job("n", FAR, FAR).await.expect("answers"), None);
    }
}
