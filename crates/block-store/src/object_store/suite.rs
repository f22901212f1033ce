//! What every backend of the port must keep, as one test.

use bytes::Bytes;
use ebs::{Incarnation, SegmentId, SessionId};

use super::{ObjectError, ObjectName, ObjectStore};

fn name(session: u64, sequence: u32) -> ObjectName {
    ObjectName::segment(SegmentId {
        incarnation: Incarnation([3; 16]),
        session: SessionId(session),
        sequence,
    })
}

/// Runs the suite on an empty store.
pub(crate) async fn run(store: &dyn ObjectStore) {
    reads_what_was_put(store).await;
    publishes_files_once(store).await;
    lists_in_order(store).await;
}

async fn reads_what_was_put(store: &dyn ObjectStore) {
    let name = name(1, 0);
    assert!(matches!(store.get(&name, 0..1).await, Err(ObjectError::NotFound(_))));
    assert!(matches!(store.length(&name).await, Err(ObjectError::NotFound(_))));
    assert!(matches!(store.make_durable(&name).await, Err(ObjectError::NotFound(_))));
    store.put(&name, Bytes::from_static(b"0123456789")).await.expect("puts");
    assert_eq!(store.length(&name).await.expect("a length"), 10);
    for (range, expected) in
        [(0..10, "0123456789"), (3..5, "34"), (8..20, "89"), (10..20, ""), (50..60, ""), (4..4, "")]
    {
        assert_eq!(store.get(&name, range.clone()).await.expect("reads"), expected, "{range:?}");
    }
    store.put(&name, Bytes::from_static(b"0123456789")).await.expect("the same bytes again");
    let other = store.put(&name, Bytes::from_static(b"x")).await;
    assert!(matches!(other, Err(ObjectError::AlreadyExists(_))), "a name is written once");
    assert_eq!(store.get(&name, 0..10).await.expect("reads"), "0123456789", "and keeps its bytes");
    store.delete(&name).await.expect("deletes");
    store.delete(&name).await.expect("deletes what is not there");
    assert!(matches!(store.get(&name, 0..1).await, Err(ObjectError::NotFound(_))));
}

async fn publishes_files_once(store: &dyn ObjectStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = |bytes: &[u8]| {
        let path = folder.path().join("staged");
        std::fs::write(&path, bytes).expect("writes");
        path
    };
    let large = vec![7; 3 << 20];
    store.publish(&stage(&large), &name(2, 0)).await.expect("publishes");
    assert_eq!(store.get(&name(2, 0), 0..u64::MAX).await.expect("reads"), large);
    store.publish(&stage(&large), &name(2, 0)).await.expect("the same bytes again");
    store.make_durable(&name(2, 0)).await.expect("is there");
    let mut other = large.clone();
    other[2 << 20] = 8;
    assert!(matches!(store.publish(&stage(&other), &name(2, 0)).await, Err(ObjectError::AlreadyExists(_))));
    assert_eq!(store.get(&name(2, 0), 0..u64::MAX).await.expect("reads"), large);
    assert!(store.publish(&folder.path().join("absent"), &name(2, 1)).await.is_err());
}

async fn lists_in_order(store: &dyn ObjectStore) {
    for sequence in 0..20 {
        store.put(&name(9, sequence), Bytes::from_static(b"x")).await.expect("puts");
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.list("seg/", after.as_ref(), 7).await.expect("lists");
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        seen.extend(page);
    }
    assert!(seen.is_sorted() && (0..20).all(|sequence| seen.contains(&name(9, sequence))));
    assert_eq!(store.list("snap/", None, 10).await.expect("lists"), []);
}
