//! Tags: on all resources or on none, and in one order on both engines.

use catalog::TagsRefused;
use ebs::operation::delete_tags::TagMatch;
use ebs::operation::describe_tags::TagCursor;

use crate::bed::{Bed, QUOTAS, alice, bob, copy, on_both_engines, snapshot_id, tag};

on_both_engines!(
    putting_is_all_or_nothing,
    the_limit_counts_what_is_there,
    deleting_by_key_by_value_and_all,
    pages_are_in_byte_order_on_either_engine,
    many_tags_on_many_snapshots,
    a_page_of_snapshots_has_few_tags_and_at_least_one_snapshot,
);

async fn two_copies(catalog: &catalog::RegionCatalog) -> [ebs::SnapshotId; 2] {
    let pair = [copy(), copy()];
    for new in &pair {
        catalog.create_copy(new, &QUOTAS).await.expect("creates");
    }
    pair.map(|new| new.id)
}

async fn tags_of(catalog: &catalog::RegionCatalog, id: ebs::SnapshotId) -> Vec<ebs::Tag> {
    catalog.snapshot(alice(), id).await.expect("reads").expect("is there").snapshot.tags
}

async fn putting_is_all_or_nothing(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let [one, two] = two_copies(&catalog).await;
    let missing = snapshot_id();
    let refused = catalog.put_tags(alice(), &[one, missing, two], &[tag("k", "v")], 50).await;
    assert!(matches!(refused, Err(TagsRefused::SnapshotNotFound(id)) if id == missing), "{refused:?}");
    let refused = catalog.put_tags(bob(), &[one], &[tag("k", "v")], 50).await;
    assert!(matches!(refused, Err(TagsRefused::SnapshotNotFound(id)) if id == one), "{refused:?}");
    assert_eq!(tags_of(&catalog, one).await, vec![]);
    catalog.put_tags(alice(), &[two, one, one], &[tag("k", "v")], 50).await.expect("puts");
    catalog.put_tags(alice(), &[two], &[tag("k", "w")], 50).await.expect("puts");
    assert_eq!(tags_of(&catalog, one).await, vec![tag("k", "v")]);
    assert_eq!(tags_of(&catalog, two).await, vec![tag("k", "w")]);
}

async fn the_limit_counts_what_is_there(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let [one, two] = two_copies(&catalog).await;
    catalog.put_tags(alice(), &[two], &[tag("a", ""), tag("b", "")], 3).await.expect("puts");
    let refused = catalog.put_tags(alice(), &[one, two], &[tag("c", ""), tag("d", "")], 3).await;
    assert!(matches!(refused, Err(TagsRefused::TooManyTags(id)) if id == two), "{refused:?}");
    assert_eq!(tags_of(&catalog, one).await, vec![]);
    // A new value for a key that is there is no further tag.
    catalog.put_tags(alice(), &[one, two], &[tag("b", "x"), tag("c", "")], 3).await.expect("puts");
    assert_eq!(tags_of(&catalog, two).await, vec![tag("a", ""), tag("b", "x"), tag("c", "")]);
}

async fn deleting_by_key_by_value_and_all(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let [one, two] = two_copies(&catalog).await;
    let tags = [tag("a", "1"), tag("b", ""), tag("c", "3")];
    catalog.put_tags(alice(), &[one, two], &tags, 50).await.expect("puts");
    let matches =
        |key: &str, value: Option<&str>| TagMatch { key: key.to_owned(), value: value.map(str::to_owned) };
    let some = [matches("a", Some("")), matches("b", Some("")), matches("c", None), matches("z", None)];
    catalog.delete_tags(alice(), &[one], &some).await.expect("deletes");
    assert_eq!(tags_of(&catalog, one).await, vec![tag("a", "1")]);
    catalog.delete_tags(alice(), &[one, two], &[]).await.expect("deletes");
    assert_eq!(tags_of(&catalog, two).await, vec![]);
    let refused = catalog.delete_tags(bob(), &[one], &[]).await;
    assert!(matches!(refused, Err(TagsRefused::SnapshotNotFound(_))), "{refused:?}");
}

async fn pages_are_in_byte_order_on_either_engine(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let ids = two_copies(&catalog).await;
    let mut keys = ["b", "B", "a", "A", "é", "e", "_", "z", "-a", "日本"];
    let tags = keys.map(|key| tag(key, "v"));
    catalog.put_tags(alice(), &ids, &tags, 50).await.expect("puts");
    keys.sort_unstable();
    let mut sorted = ids;
    sorted.sort();
    let expected: Vec<_> =
        sorted.iter().flat_map(|id| keys.iter().map(|key| (*id, (*key).to_owned()))).collect();
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = catalog.tags_page(alice(), after.as_ref(), 3).await.expect("reads");
        let Some(last) = page.last() else { break };
        after = Some(TagCursor { resource: last.resource, key: last.tag.key.clone() });
        found.extend(page.into_iter().map(|item| (item.resource, item.tag.key)));
    }
    assert_eq!(found, expected);
    assert_eq!(catalog.tags_page(bob(), None, 10).await.expect("reads"), vec![]);
    catalog.delete_snapshot(alice(), sorted[0]).await.expect("deletes");
    assert_eq!(catalog.tags_page(alice(), None, 100).await.expect("reads").len(), keys.len());
}

async fn many_tags_on_many_snapshots(bed: Bed) {
    let (catalog, _) = bed.furnished().await;
    let mut ids = Vec::new();
    for _ in 0..60 {
        let new = copy();
        catalog.create_copy(&new, &QUOTAS).await.expect("creates");
        ids.push(new.id);
    }
    let tags: Vec<_> = (0..50).map(|number| tag(&format!("k{number:02}"), "v")).collect();
    catalog.put_tags(alice(), &ids, &tags, 50).await.expect("puts");
    for record in catalog.snapshots_by_id(alice(), &ids).await.expect("reads") {
        assert_eq!(record.snapshot.tags, tags);
    }
    let refused = catalog.put_tags(alice(), &ids, &[tag("one more", "")], 50).await;
    assert!(matches!(refused, Err(TagsRefused::TooManyTags(id)) if id == ids[0]), "{refused:?}");
}

async fn a_page_of_snapshots_has_few_tags_and_at_least_one_snapshot(bed: Bed) {
    const MANY: usize = 600;
    let (catalog, _) = bed.furnished().await;
    let mut tags_of = std::collections::BTreeMap::new();
    for number in 0..40 {
        let new = copy();
        catalog.create_copy(&new, &QUOTAS).await.expect("creates");
        let tags = (0..[0, 50, 3, MANY][number % 4]).map(|key| tag(&format!("{key:03}"), "v"));
        let tags = tags.collect::<Vec<_>>();
        if !tags.is_empty() {
            catalog.put_tags(alice(), &[new.id], &tags, MANY).await.expect("puts");
        }
        tags_of.insert(new.id, tags);
    }
    let (mut after, mut pages) = (None, 0);
    loop {
        let page = catalog.snapshots_page(alice(), after, 100).await.expect("reads");
        let Some(last) = page.last() else { break };
        after = Some(ebs::operation::SnapshotCursor {
            start_time: last.snapshot.start_time,
            id: last.snapshot.id,
        });
        let tags = page.iter().map(|record| record.snapshot.tags.len()).sum::<usize>();
        assert!(tags <= 512 || page.len() == 1, "{tags} tags of {} snapshots", page.len());
        pages += 1;
        for record in page {
            assert_eq!(tags_of.remove(&record.snapshot.id), Some(record.snapshot.tags));
        }
    }
    assert!(tags_of.is_empty(), "every snapshot is in a page");
    assert!(pages < 40, "small ones come together");
}
