//! Aliases, tags of keys, settings, the managed key, and domains under keys.

use std::sync::Arc;

use catalog::{DomainKey, KeyChangeRefused, KeyStateChange, NewDomain, WrappedSecret};
use ebs::{AliasName, ManagedBy};

use crate::bed::{Bed, NOW, alice, bob, on_both_engines, plain_domain, tag};
use crate::kms_bed::{MANY, alias, created, new_key};

on_both_engines!(
    an_alias_has_one_maker_and_names_keys_of_its_account,
    an_alias_that_moved_meanwhile_stays_where_it_is,
    the_managed_key_is_made_once,
    tags_of_a_key_are_put_all_or_none,
    settings_are_kept_apart_and_outlive_no_key,
    a_domain_is_made_once_for_each_account_key_and_generation,
);

async fn an_alias_has_one_maker_and_names_keys_of_its_account(bed: Bed) {
    let handles = [Arc::new(bed.open().await), Arc::new(bed.open().await)];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let catalog = Arc::clone(&handles[number % 2]);
        let id = created(&catalog, &new_key(alice())).await.id;
        tasks.spawn(async move {
            match catalog.create_alias(alice(), &alias("one"), id, NOW, MANY).await {
                Ok(()) => Some(id),
                Err(KeyChangeRefused::Taken) => None,
                Err(error) => panic!("{error:?}"),
            }
        });
    }
    let winners: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let catalog = &handles[0];
    let named = catalog.key_of_alias(alice(), &alias("one")).await.expect("reads").map(|key| key.id);
    assert_eq!(named, Some(winners[0]));
    assert_eq!(catalog.key_of_alias(bob(), &alias("one")).await.expect("reads"), None);
    let refused = catalog.create_alias(bob(), &alias("two"), winners[0], NOW, MANY).await;
    assert!(matches!(refused, Err(KeyChangeRefused::KeyNotFound)), "{refused:?}");
    let refused = catalog.create_alias(alice(), &alias("two"), winners[0], NOW, 1).await;
    assert!(matches!(refused, Err(KeyChangeRefused::LimitExceeded { limit: 1 })), "{refused:?}");
    for name in ["B", "a", "_"] {
        catalog.create_alias(alice(), &alias(name), winners[0], NOW, MANY).await.expect("creates");
    }
    let page = catalog.aliases_page(alice(), Some(winners[0]), Some(&alias("B")), 2).await.expect("reads");
    assert_eq!(page.into_iter().map(|alias| alias.name).collect::<Vec<_>>(), [alias("_"), alias("a")]);
    assert_eq!(catalog.aliases_page(alice(), None, None, MANY).await.expect("reads").len(), 4);
}

async fn an_alias_that_moved_meanwhile_stays_where_it_is(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let [a, b, c] = [
        created(&one, &new_key(alice())).await,
        created(&one, &new_key(alice())).await,
        created(&one, &new_key(alice())).await,
    ]
    .map(|key| key.id);
    let name = alias("moved");
    for _ in 0..20 {
        one.create_alias(alice(), &name, a, NOW, MANY).await.expect("creates");
        let (to_b, to_c) = tokio::join!(
            one.update_alias(alice(), &name, (a, b), NOW, MANY),
            two.update_alias(alice(), &name, (a, c), NOW, MANY),
        );
        let (to_b, to_c) = (to_b.expect("answers"), to_c.expect("answers"));
        assert_ne!(to_b, to_c);
        let named = two.key_of_alias(alice(), &name).await.expect("reads").map(|key| key.id);
        assert_eq!(named, Some(if to_b { b } else { c }));
        assert!(!one.delete_alias(alice(), &name, a).await.expect("answers"));
        assert!(one.delete_alias(alice(), &name, if to_b { b } else { c }).await.expect("deletes"));
    }
}

async fn the_managed_key_is_made_once(bed: Bed) {
    let handles = [Arc::new(bed.open().await), Arc::new(bed.open().await)];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let catalog = Arc::clone(&handles[number % 2]);
        tasks.spawn(async move {
            catalog.create_managed_key(&new_key(alice()), &AliasName::aws_ebs()).await.expect("answers")
        });
    }
    let mut keys = tasks.join_all().await;
    keys.dedup();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].managed_by, ManagedBy::Aws);
    assert_eq!(
        handles[0].keys_page(alice(), None, MANY).await.expect("reads"),
        keys,
        "nothing of the others"
    );
    handles[0].create_key(&new_key(alice()), 1).await.expect("it is outside the quota");
}

async fn tags_of_a_key_are_put_all_or_none(bed: Bed) {
    let catalog = bed.open().await;
    let id = created(&catalog, &new_key(alice())).await.id;
    catalog.put_key_tags(id, &[tag("b", ""), tag("A", "1")], 2).await.expect("puts");
    let refused = catalog.put_key_tags(id, &[tag("b", "x"), tag("c", "")], 2).await;
    assert!(matches!(refused, Err(KeyChangeRefused::LimitExceeded { limit: 2 })), "{refused:?}");
    assert_eq!(catalog.key_tags_page(id, None, 9).await.expect("reads"), [tag("A", "1"), tag("b", "")]);
    catalog.delete_key_tags(id, &["A".to_owned(), "absent".to_owned()]).await.expect("deletes");
    assert_eq!(catalog.key_tags_page(id, Some("A"), 9).await.expect("reads"), [tag("b", "")]);
    catalog.set_key_state(id, KeyStateChange::ScheduleDeletion(NOW)).await.expect("schedules");
    let refused = catalog.put_key_tags(id, &[tag("b", "x")], 2).await;
    assert!(matches!(refused, Err(KeyChangeRefused::WrongState(_))), "{refused:?}");
}

async fn settings_are_kept_apart_and_outlive_no_key(bed: Bed) {
    let catalog = bed.open().await;
    assert_eq!(catalog.ebs_settings(alice()).await.expect("reads"), catalog::EbsSettings::default());
    let id = created(&catalog, &new_key(bob())).await.id;
    catalog.set_default_key(alice(), Some(id)).await.expect("sets");
    catalog.set_encryption_by_default(alice(), true).await.expect("sets");
    let both = catalog::EbsSettings { encryption_by_default: true, default_key: Some(id) };
    assert_eq!(catalog.ebs_settings(alice()).await.expect("reads"), both);
    assert_eq!(catalog.ebs_settings(bob()).await.expect("reads"), catalog::EbsSettings::default());
    catalog.set_key_state(id, KeyStateChange::ScheduleDeletion(NOW)).await.expect("schedules");
    let refused = catalog.set_default_key(bob(), Some(id)).await;
    assert!(matches!(refused, Err(KeyChangeRefused::WrongState(_))), "{refused:?}");
    catalog.delete_due_keys(NOW, MANY).await.expect("deletes");
    let left = catalog::EbsSettings { default_key: None, ..both };
    assert_eq!(catalog.ebs_settings(alice()).await.expect("reads"), left);
}

async fn a_domain_is_made_once_for_each_account_key_and_generation(bed: Bed) {
    let (one, two) = (bed.open().await, bed.open().await);
    let key = new_key(alice());
    created(&one, &key).await;
    let plain = one.create_domain(&plain_domain(bob(), 7)).await.expect("answers").expect("a domain");
    let wraps = DomainKey { id: key.id, material: key.material.id };
    let kms_key = Some(wraps);
    let new = |account, generation, byte: u8| NewDomain {
        account,
        kms_key,
        generation,
        wrapped_secret: WrappedSecret(vec![byte; 60].into()),
    };
    let (first, second) = (new(bob(), 0, 1), new(bob(), 0, 2));
    let (a, b) = tokio::join!(one.create_domain(&first), two.create_domain(&second));
    let a = a.expect("answers").expect("a domain");
    assert_eq!(Some(&a), b.expect("answers").as_ref());
    assert_eq!(a.kms_key, kms_key);
    let newer = one.create_domain(&new(bob(), 1, 3)).await.expect("answers").expect("a domain");
    let others = one.create_domain(&new(alice(), 0, 4)).await.expect("answers").expect("a domain");
    assert_eq!(two.domain_of(bob(), Some(key.id)).await.expect("reads").as_ref(), Some(&newer));
    assert_eq!(two.domain_of(bob(), None).await.expect("reads"), Some(plain));
    assert_eq!(two.domain_of(alice(), None).await.expect("reads"), None);
    let page = two.domains_of_key(key.id, Some(a.id), 10).await.expect("reads");
    assert_eq!(page, [newer, others]);
    let unknown = DomainKey { material: crate::kms_bed::material().id, ..wraps };
    let refused = NewDomain { kms_key: Some(unknown), ..new(bob(), 9, 1) };
    assert_eq!(one.create_domain(&refused).await.expect("answers"), None);
    one.set_key_state(key.id, KeyStateChange::Disable).await.expect("disables");
    assert_eq!(one.create_domain(&new(bob(), 9, 1)).await.expect("answers"), None);
    assert_eq!(
        one.create_domain(&new(bob(), 0, 9)).await.expect("answers"),
        Some(a),
        "what is there is given"
    );
}
