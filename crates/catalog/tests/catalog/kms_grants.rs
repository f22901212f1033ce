//! Grants: found again by name, counted, in pages, and gone at once.

use std::sync::Arc;

use catalog::{KeyChangeRefused, KeyStateChange};
use ebs::{EncryptionContext, Grant, GrantConstraints, GrantId, GrantOperation, KeyArn, KeyId};

use crate::bed::{Bed, NOW, alice, next, on_both_engines, snapshot_id};
use crate::kms_bed::{MANY, created, new_key};

on_both_engines!(
    a_grant_of_the_same_name_and_content_is_made_once,
    grants_come_in_pages_and_end_at_once,
    the_limit_of_grants_is_exact,
);

/// A grant with an id that no other call gave; later ones have higher ids.
pub(crate) fn grant(key: KeyId, name: Option<&str>, constraints: GrantConstraints) -> Grant {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&next().to_be_bytes());
    Grant {
        id: GrantId(id),
        key: KeyArn { region: "test-1".parse().expect("a region"), account: alice(), key },
        name: name.map(str::to_owned),
        grantee: "arn:aws:iam::111111111111:user/reader".to_owned(),
        retiring: None,
        issuer: "arn:aws:iam::111111111111:root".to_owned(),
        operations: [GrantOperation::Decrypt, GrantOperation::DescribeKey].into(),
        constraints,
        created: NOW,
    }
}

async fn a_grant_of_the_same_name_and_content_is_made_once(bed: Bed) {
    let handles = [Arc::new(bed.open().await), Arc::new(bed.open().await)];
    let key = created(&handles[0], &new_key(alice())).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..12 {
        let catalog = Arc::clone(&handles[number % 2]);
        let new = grant(key.id, Some("named"), GrantConstraints::default());
        tasks.spawn(async move { catalog.create_grant(&new, MANY).await.expect("creates") });
    }
    let mut ids = tasks.join_all().await;
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let revision = handles[0].key(key.id).await.expect("reads").expect("is there").revision;
    assert_eq!(revision, key.revision + 1, "one change");
    let constraints =
        GrantConstraints { equals: None, subset: Some(EncryptionContext::of_snapshot(snapshot_id())) };
    for other in [
        grant(key.id, Some("named"), constraints),
        grant(key.id, Some("Named"), GrantConstraints::default()),
        grant(key.id, None, GrantConstraints::default()),
        grant(key.id, None, GrantConstraints::default()),
        Grant { retiring: Some("r".to_owned()), ..grant(key.id, Some("named"), GrantConstraints::default()) },
    ] {
        assert_eq!(handles[1].create_grant(&other, MANY).await.expect("creates"), other.id);
        let kept = handles[0].grant(key.id, other.id).await.expect("reads").expect("is there");
        let region = bed.region.clone();
        assert_eq!(kept, Grant { key: KeyArn { region, ..other.key.clone() }, ..other });
    }
}

async fn grants_come_in_pages_and_end_at_once(bed: Bed) {
    let catalog = bed.open().await;
    let [key, other] =
        [created(&catalog, &new_key(alice())).await, created(&catalog, &new_key(alice())).await];
    let mut expected = Vec::new();
    for number in 0..7 {
        let mut new = grant(key.id, None, GrantConstraints::default());
        if number % 2 == 0 {
            new.grantee = "arn:aws:iam::111111111111:root".to_owned();
            new.retiring = Some("arn:aws:iam::111111111111:role/retires".to_owned());
        }
        expected.push(catalog.create_grant(&new, MANY).await.expect("creates"));
        catalog
            .create_grant(&grant(other.id, None, GrantConstraints::default()), MANY)
            .await
            .expect("creates");
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.grants_page(key.id, None, after, 2).await.expect("reads");
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        found.extend(page.iter().map(|grant| grant.id));
    }
    assert_eq!(found, expected);
    let root = Some("arn:aws:iam::111111111111:root");
    assert_eq!(catalog.grants_page(key.id, root, None, 10).await.expect("reads").len(), 4);
    let retirable = catalog.retirable_grants_page("arn:aws:iam::111111111111:role/retires", None, 3).await;
    let retirable: Vec<_> = retirable.expect("reads").into_iter().map(|grant| grant.id).collect();
    assert_eq!(retirable, [expected[0], expected[2], expected[4]]);

    let before = catalog.key(key.id).await.expect("reads").expect("is there").revision;
    assert!(!catalog.delete_grant(other.id, expected[0]).await.expect("answers"), "it is for another key");
    assert!(catalog.delete_grant(key.id, expected[0]).await.expect("deletes"));
    assert!(!catalog.delete_grant(key.id, expected[0]).await.expect("answers"));
    assert_eq!(catalog.grant(key.id, expected[0]).await.expect("reads"), None);
    let after = catalog.key(key.id).await.expect("reads").expect("is there").revision;
    assert_eq!(after, before + 1);
}

async fn the_limit_of_grants_is_exact(bed: Bed) {
    let handles = [Arc::new(bed.open().await), Arc::new(bed.open().await)];
    let key = created(&handles[0], &new_key(alice())).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let catalog = Arc::clone(&handles[number % 2]);
        let new = grant(key.id, None, GrantConstraints::default());
        tasks.spawn(async move { catalog.create_grant(&new, 5).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|made| *made).count(), 5);
    handles[0].set_key_state(key.id, KeyStateChange::Disable).await.expect("disables");
    let refused = handles[0].create_grant(&grant(key.id, None, GrantConstraints::default()), MANY).await;
    assert!(matches!(refused, Err(KeyChangeRefused::WrongState(_))), "{refused:?}");
}
