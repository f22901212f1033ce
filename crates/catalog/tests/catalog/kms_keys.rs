//! Keys: their states, their rotation, their end, and how many there are.

use std::sync::Arc;

use catalog::{KeyChangeRefused, KeyStateChange, NewDomain, RotationCause, RotationSchedule, WrappedSecret};
use ebs::{GrantConstraints, KeyId, KeyState, ManagedBy, RotationKind};

use crate::bed::{Bed, NOW, alice, bob, on_both_engines, tag};
use crate::kms_bed::{MANY, alias, created, material, new_key};
use crate::kms_grants::grant;

on_both_engines!(
    a_key_is_kept_as_it_was_made,
    keys_come_in_pages_of_one_account,
    each_change_of_state_is_from_the_states_that_allow_it,
    the_quota_of_keys_is_exact,
    one_of_two_nodes_rotates_a_key,
    on_demand_rotations_are_counted_and_leave_the_schedule,
    a_deleted_key_loses_its_material_and_nothing_else_does,
    a_key_is_deleted_or_kept_never_both,
);

async fn a_key_is_kept_as_it_was_made(bed: Bed) {
    let catalog = bed.open().await;
    let mut new = new_key(alice());
    new.rotation = Some(RotationSchedule { period_days: 90, next: NOW.plus_ms(5) });
    new.tags = vec![tag("b", "2"), tag("a", "1")];
    let key = created(&catalog, &new).await;
    assert_eq!((key.account, key.managed_by, key.state), (alice(), ManagedBy::Customer, KeyState::Enabled));
    assert_eq!((key.current_material, key.rotation), (new.material.id, new.rotation));
    let kept = catalog.current_material(new.id).await.expect("reads").expect("is there");
    assert_eq!((kept.wrapped, kept.rotation), (new.material.wrapped.clone(), None));
    let tags = catalog.key_tags_page(new.id, None, 10).await.expect("reads");
    assert_eq!(tags, vec![tag("a", "1"), tag("b", "2")]);
    assert!(matches!(catalog.create_key(&new, MANY).await, Err(KeyChangeRefused::Taken)));
    catalog.put_key_policy(new.id, "another").await.expect("puts");
    let policy = catalog.key_policy(new.id).await.expect("reads");
    assert_eq!(policy, Some(("another".to_owned(), key.revision + 1)));
    catalog.put_key_description(new.id, "described").await.expect("puts");
    drop(catalog);
    let reopened = bed.open().await.key(new.id).await.expect("reads").expect("is there");
    assert_eq!(reopened.description, "described");
}

async fn keys_come_in_pages_of_one_account(bed: Bed) {
    let catalog = bed.open().await;
    let mut expected = Vec::new();
    for _ in 0..7 {
        expected.push(created(&catalog, &new_key(alice())).await.id);
        created(&catalog, &new_key(bob())).await;
    }
    let (mut found, mut after): (Vec<KeyId>, _) = (Vec::new(), None);
    loop {
        let page = catalog.keys_page(alice(), after, 3).await.expect("reads");
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        found.extend(page.iter().map(|key| key.id));
    }
    assert_eq!(found, expected);
}

async fn each_change_of_state_is_from_the_states_that_allow_it(bed: Bed) {
    use KeyStateChange::{CancelDeletion, Disable, Enable, ScheduleDeletion};
    let catalog = bed.open().await;
    let id = created(&catalog, &new_key(alice())).await.id;
    let steps = [
        (CancelDeletion, Err(KeyState::Enabled)),
        (Enable, Ok(KeyState::Enabled)),
        (Disable, Ok(KeyState::Disabled)),
        (CancelDeletion, Err(KeyState::Disabled)),
        (ScheduleDeletion(NOW), Ok(KeyState::PendingDeletion)),
        (Enable, Err(KeyState::PendingDeletion)),
        (Disable, Err(KeyState::PendingDeletion)),
        (ScheduleDeletion(NOW), Err(KeyState::PendingDeletion)),
        (CancelDeletion, Ok(KeyState::Disabled)),
        (Enable, Ok(KeyState::Enabled)),
    ];
    let mut revision = catalog.key(id).await.expect("reads").expect("is there").revision;
    for (change, expected) in steps {
        let before = catalog.key(id).await.expect("reads").expect("is there").state;
        let outcome = match catalog.set_key_state(id, change).await {
            Ok(key) => Ok(key.state),
            Err(KeyChangeRefused::WrongState(state)) => Err(state),
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(outcome, expected, "{change:?} of {before:?}");
        let now = catalog.key(id).await.expect("reads").expect("is there");
        assert_eq!(now.revision > revision, now.state != before);
        assert_eq!(now.deletion_date.is_some(), now.state == KeyState::PendingDeletion);
        revision = now.revision;
    }
    let absent = catalog.set_key_state(new_key(bob()).id, Enable).await;
    assert!(matches!(absent, Err(KeyChangeRefused::KeyNotFound)), "{absent:?}");
}

async fn the_quota_of_keys_is_exact(bed: Bed) {
    let handles = [Arc::new(bed.open().await), Arc::new(bed.open().await)];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..20 {
        let catalog = Arc::clone(&handles[number % 2]);
        tasks.spawn(async move { catalog.create_key(&new_key(alice()), 5).await });
    }
    let mut made = 0;
    for outcome in tasks.join_all().await {
        match outcome {
            Ok(()) => made += 1,
            Err(KeyChangeRefused::LimitExceeded { limit: 5 }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(made, 5);
    assert_eq!(handles[0].keys_page(alice(), None, MANY).await.expect("reads").len(), 5);
}

async fn one_of_two_nodes_rotates_a_key(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    for _ in 0..10 {
        let mut new = new_key(alice());
        new.rotation = Some(RotationSchedule { period_days: 90, next: NOW });
        created(&one, &new).await;
        let due = one.keys_to_rotate(NOW, MANY).await.expect("reads");
        assert_eq!(due.iter().map(|key| key.id).collect::<Vec<_>>(), vec![new.id]);
        let cause = RotationCause::Due { due: NOW, next: NOW.plus_ms(1) };
        let (m1, m2) = (material(), material());
        let (a, b) = tokio::join!(
            one.rotate_key(new.id, new.material.id, &m1, NOW, cause),
            two.rotate_key(new.id, new.material.id, &m2, NOW, cause),
        );
        let (a, b) = (a.expect("answers"), b.expect("answers"));
        assert_ne!(a, b, "one of them rotates it");
        let won = if a { m1 } else { m2 };
        let current = two.current_material(new.id).await.expect("reads").expect("is there");
        assert_eq!((current.id, current.rotation), (won.id, Some(RotationKind::Automatic)));
        assert!(one.material(new.id, new.material.id).await.expect("reads").is_some(), "the old one is kept");
        assert_eq!(one.materials_page(new.id, None, 10).await.expect("reads").len(), 2);
        assert_eq!(one.keys_to_rotate(NOW, MANY).await.expect("reads"), vec![]);
    }
}

async fn on_demand_rotations_are_counted_and_leave_the_schedule(bed: Bed) {
    let catalog = bed.open().await;
    let schedule = Some(RotationSchedule { period_days: 100, next: NOW.plus_ms(9) });
    let key = created(&catalog, &new_key(alice())).await;
    catalog.set_rotation(key.id, schedule).await.expect("sets");
    let mut was = key.current_material;
    let cause = RotationCause::OnDemand { limit: 3 };
    for _ in 0..3 {
        let new = material();
        assert!(catalog.rotate_key(key.id, was, &new, NOW, cause).await.expect("rotates"));
        assert!(!catalog.rotate_key(key.id, was, &material(), NOW, cause).await.expect("answers"));
        was = new.id;
    }
    let refused = catalog.rotate_key(key.id, was, &material(), NOW, cause).await;
    assert!(matches!(refused, Err(KeyChangeRefused::LimitExceeded { limit: 3 })), "{refused:?}");
    assert_eq!(catalog.key(key.id).await.expect("reads").expect("is there").rotation, schedule);
    let (mut found, mut after) = (0, None);
    loop {
        let page = catalog.materials_page(key.id, after, 2).await.expect("reads");
        let Some(last) = page.last() else { break };
        after = Some((last.created, last.id));
        found += page.len();
    }
    assert_eq!(found, 4);
    catalog.set_key_state(key.id, KeyStateChange::Disable).await.expect("disables");
    let refused = catalog.rotate_key(key.id, was, &material(), NOW, cause).await;
    assert!(matches!(refused, Err(KeyChangeRefused::WrongState(KeyState::Disabled))), "{refused:?}");
    assert_eq!(catalog.keys_to_rotate(NOW.plus_ms(9), MANY).await.expect("reads"), vec![]);
}

async fn a_deleted_key_loses_its_material_and_nothing_else_does(bed: Bed) {
    let catalog = bed.open().await;
    let mut doomed = new_key(alice());
    doomed.tags = vec![tag("k", "v")];
    created(&catalog, &doomed).await;
    let kept = created(&catalog, &new_key(alice())).await;
    for (key, name) in [(doomed.id, "doomed"), (kept.id, "kept")] {
        catalog.create_alias(alice(), &alias(name), key, NOW, MANY).await.expect("creates");
        let new = grant(key, Some("g"), GrantConstraints::default());
        catalog.create_grant(&new, MANY).await.expect("creates");
    }
    catalog.set_default_key(alice(), Some(doomed.id)).await.expect("sets");
    let date = NOW.plus_ms(100);
    catalog.set_key_state(doomed.id, KeyStateChange::ScheduleDeletion(date)).await.expect("schedules");
    assert_eq!(catalog.delete_due_keys(date.plus_ms(-1), MANY).await.expect("answers"), vec![]);
    assert!(!catalog.shred_key(doomed.id).await.expect("answers"), "it can be brought back still");
    assert_eq!(catalog.delete_due_keys(date, MANY).await.expect("answers"), vec![doomed.id]);
    // A process that ends here has deleted the key and not shredded it: it is given again.
    drop(catalog);
    let catalog = bed.open().await;
    assert_eq!(catalog.delete_due_keys(date, MANY).await.expect("answers"), vec![doomed.id]);
    assert_eq!(catalog.key_of_alias(alice(), &alias("doomed")).await.expect("reads"), None);
    assert_eq!(catalog.ebs_settings(alice()).await.expect("reads").default_key, None);
    let cancelled = catalog.set_key_state(doomed.id, KeyStateChange::CancelDeletion).await;
    assert!(matches!(cancelled, Err(KeyChangeRefused::KeyNotFound)), "{cancelled:?}");
    assert!(catalog.shred_key(doomed.id).await.expect("shreds"));
    assert!(!catalog.shred_key(doomed.id).await.expect("answers"));
    assert_eq!(catalog.delete_due_keys(date, MANY).await.expect("answers"), vec![]);
    assert_eq!(catalog.materials_page(doomed.id, None, 10).await.expect("reads"), vec![]);
    assert_eq!(catalog.key_tags_page(doomed.id, None, 10).await.expect("reads"), vec![]);
    assert_eq!(catalog.grants_page(doomed.id, None, None, 10).await.expect("reads"), vec![]);
    assert_eq!(catalog.key_policy(doomed.id).await.expect("reads"), None);
    let state = catalog.key(doomed.id).await.expect("reads").map(|key| key.state);
    assert_eq!(state, Some(KeyState::Deleted), "it is remembered");
    assert_eq!(catalog.keys_page(alice(), None, 10).await.expect("reads").len(), 1);
    catalog.create_key(&new_key(alice()), 2).await.expect("its place in the quota is free");
    assert!(catalog.current_material(kept.id).await.expect("reads").is_some());
    assert_eq!(catalog.grants_page(kept.id, None, None, 10).await.expect("reads").len(), 1);
    assert!(catalog.key_of_alias(alice(), &alias("kept")).await.expect("reads").is_some());
}

async fn a_key_is_deleted_or_kept_never_both(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    for _ in 0..20 {
        let new = new_key(alice());
        created(&one, &new).await;
        one.set_key_state(new.id, KeyStateChange::ScheduleDeletion(NOW)).await.expect("schedules");
        let domain = NewDomain {
            account: bob(),
            kms_key: Some(catalog::DomainKey { id: new.id, material: new.material.id }),
            generation: 0,
            wrapped_secret: WrappedSecret(vec![1; 60].into()),
        };
        let (cancelled, deleted, used) = tokio::join!(
            one.set_key_state(new.id, KeyStateChange::CancelDeletion),
            two.delete_due_keys(NOW, MANY),
            two.create_domain(&domain),
        );
        let deleted = deleted.expect("answers").contains(&new.id);
        assert_eq!(used.expect("answers"), None, "a key that is not enabled wraps nothing");
        match cancelled {
            Ok(key) => assert!(!deleted && key.state == KeyState::Disabled),
            Err(KeyChangeRefused::KeyNotFound) => assert!(deleted),
            Err(error) => panic!("{error:?}"),
        }
        assert_eq!(one.shred_key(new.id).await.expect("answers"), deleted);
        assert_eq!(one.current_material(new.id).await.expect("reads").is_none(), deleted);
    }
}
