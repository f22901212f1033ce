//! The bucket on a real server, and on one that misbehaves.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ebs::{BlockIndex, Incarnation, Randomness, SegmentId, SessionId};

use super::scripted_server::{Condition, Fault, ScriptedServer};
use super::staged_body::HELD_UNITS_MAX;
use super::{Patience, S3Addressing, S3Bucket, S3Credentials, S3Settings, test_server};
use crate::object_store::{ObjectError, ObjectName, ObjectStore, suite};
use crate::test_randomness::Seeded;
use crate::test_store::{TestStore, Volume, assert_equal};

const SHORT: Patience = Patience {
    connect: Duration::from_secs(1),
    prompt: Duration::from_secs(2),
    patient: Duration::from_secs(2),
    retry: Duration::from_secs(2),
    retries: 1,
};

fn name(sequence: u32) -> ObjectName {
    ObjectName::segment(SegmentId { incarnation: Incarnation([5; 16]), session: SessionId(7), sequence })
}

/// The whole chain of causes, which is what a log shows.
fn told(error: &ObjectError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

async fn scripted() -> (ScriptedServer, S3Bucket) {
    let server = ScriptedServer::start().await;
    let settings = S3Settings {
        bucket: "bucket".into(),
        region: "us-east-1".into(),
        endpoint: Some(server.endpoint.clone()),
        addressing: S3Addressing::Path,
        prefix: "some/prefix".into(),
        credentials: S3Credentials::AccessKey {
            id: "AKID".into(),
            secret: "kept-secret".to_owned().into(),
            session_token: Some("kept-token".to_owned().into()),
        },
    };
    let bucket = S3Bucket::with_patience(&settings, SHORT).expect("legal settings");
    (server, bucket)
}

#[tokio::test]
async fn a_real_server_keeps_the_promises_of_the_port() {
    let Some(settings) = test_server::start("suite").await else { return };
    let bucket = S3Bucket::connect(&settings).expect("legal settings");
    bucket.check(&Seeded::new(1)).await.expect("a working bucket");
    assert!(bucket.is_conditional.load(std::sync::atomic::Ordering::Relaxed), "the server knows conditions");
    assert_eq!(bucket.list("", None, 10).await.expect("lists"), [], "the probe is gone");
    suite::run(&bucket).await;
    assert!(!bucket.staging_is_durable());
}

#[tokio::test]
async fn objects_without_bytes_are_objects() {
    let Some(settings) = test_server::start("empty").await else { return };
    let bucket = S3Bucket::connect(&settings).expect("legal settings");
    bucket.put(&name(0), Bytes::new()).await.expect("puts");
    bucket.put(&name(0), Bytes::new()).await.expect("puts again");
    assert_eq!(bucket.length(&name(0)).await.expect("a length"), 0);
    assert_eq!(bucket.get(&name(0), 0..10).await.expect("reads"), "");
    let other = bucket.put(&name(0), "x".into()).await;
    assert!(matches!(other, Err(ObjectError::AlreadyExists(_))), "{other:?}");
}

#[tokio::test]
async fn a_file_longer_than_a_segment_comes_back_whole() {
    let Some(settings) = test_server::start("large").await else { return };
    let bucket = S3Bucket::connect(&settings).expect("legal settings");
    let folder = tempfile::tempdir().expect("a folder");
    let (staged, mut content) = (folder.path().join("staged"), vec![0; 70 << 20]);
    Seeded::new(2).fill(&mut content);
    std::fs::write(&staged, &content).expect("writes");
    bucket.publish(&staged, &name(0)).await.expect("publishes");
    assert_eq!(bucket.length(&name(0)).await.expect("a length"), content.len() as u64);
    assert!(bucket.get(&name(0), 0..u64::MAX).await.expect("reads") == content);
    let middle = (33 << 20) + 7;
    assert!(
        bucket.get(&name(0), middle..middle + 100).await.expect("reads") == content[middle as usize..][..100]
    );
    bucket.publish(&staged, &name(0)).await.expect("publishes again");
    *content.last_mut().expect("not empty") ^= 1;
    std::fs::write(&staged, &content).expect("writes");
    let other = bucket.publish(&staged, &name(0)).await;
    assert!(matches!(other, Err(ObjectError::AlreadyExists(_))), "only the last byte differs: {other:?}");
}

#[tokio::test]
async fn stores_under_different_prefixes_do_not_see_each_other() {
    let Some(settings) = test_server::start("apart/one").await else { return };
    let one = S3Bucket::connect(&settings).expect("legal settings");
    let two = S3Bucket::connect(&S3Settings { prefix: "apart/one-more".into(), ..settings }).expect("legal");
    one.put(&name(0), "one".into()).await.expect("puts");
    assert!(matches!(two.length(&name(0)).await, Err(ObjectError::NotFound(_))));
    two.put(&name(0), "two".into()).await.expect("puts");
    two.put(&name(1), "two".into()).await.expect("puts");
    assert_eq!(one.list("", None, 10).await.expect("lists"), [name(0)]);
    assert_eq!(
        two.list("", None, 10).await.expect("lists"),
        [name(1), name(0)],
        "in the order of their folders"
    );
    two.delete(&name(0)).await.expect("deletes");
    assert_eq!(one.get(&name(0), 0..9).await.expect("reads"), "one");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_so_at_once() {
    let Some(settings) = test_server::start("refused").await else { return };
    let stranger = S3Settings {
        credentials: S3Credentials::AccessKey {
            id: test_server::KEY_ID.into(),
            secret: "not-the-secret".to_owned().into(),
            session_token: None,
        },
        ..settings.clone()
    };
    let nowhere = S3Settings { bucket: "no-such-bucket".into(), ..settings };
    for (settings, reason) in [(stranger, "SignatureDoesNotMatch"), (nowhere, "NoSuchBucket")] {
        let bucket = S3Bucket::connect(&settings).expect("legal settings");
        let start = Instant::now();
        if reason == "SignatureDoesNotMatch" {
            let error = bucket.check(&Seeded::new(3)).await.expect_err("is refused");
            assert!(told(&error).contains(reason), "{}", told(&error));
        }
        for outcome in [bucket.get(&name(0), 0..1).await.map(drop), bucket.length(&name(0)).await.map(drop)] {
            let error = outcome.expect_err("is refused");
            assert!(matches!(error, ObjectError::Unavailable(_)), "{error:?}");
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn snapshots_are_written_and_read_in_a_bucket() {
    let Some(settings) = test_server::start("snapshots").await else { return };
    let bucket = S3Bucket::connect(&settings).expect("legal settings");
    let folder = tempfile::tempdir().expect("a folder");
    let store = TestStore::over_objects(Arc::new(bucket), folder.path(), 1);
    let first = Volume::from([(0, 1), (1, 2), (700, 3), (100_000, 0)]);
    let parent = store.snapshot(1, &first, None).await;
    assert_equal(&parent, &first).await;
    let change = Volume::from([(1, 9), (701, 4)]);
    let child = store.snapshot(2, &change, Some(parent)).await;
    let mut second = first;
    second.extend(change);
    assert_equal(&child, &second).await;
    assert!(child.read_block(BlockIndex(5)).await.expect("reads").is_none());
}

#[tokio::test]
async fn a_conflict_that_left_nothing_is_tried_again() {
    let (server, bucket) = scripted().await;
    server.script().faults.push_back(Fault::Answer(409, "<Code>ConditionalRequestConflict</Code>"));
    bucket.put(&name(0), "bytes".into()).await.expect("puts");
    assert_eq!(server.take_methods(), "PUT HEAD GET PUT");
    assert_eq!(bucket.get(&name(0), 0..9).await.expect("reads"), "bytes");
    for _ in 0..3 {
        server.script().faults.push_back(Fault::Answer(409, "<Code>ConditionalRequestConflict</Code>"));
    }
    let error = bucket.put(&name(1), "bytes".into()).await.expect_err("gives up");
    assert!(matches!(error, ObjectError::Unavailable(_)), "nobody else's bytes are there: {error:?}");
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_what_is_there() {
    let (server, bucket) = scripted().await;
    server.script().faults.push_back(Fault::LoseAnswer);
    bucket.put(&name(0), "bytes".into()).await.expect("is there");
    server.script().faults.push_back(Fault::LoseRequest);
    bucket.put(&name(1), "bytes".into()).await.expect("is sent again");
    assert_eq!(bucket.get(&name(1), 0..9).await.expect("reads"), "bytes");
    server.script().faults.push_back(Fault::LoseRequest);
    let other = bucket.put(&name(1), "other".into()).await;
    assert!(matches!(other, Err(ObjectError::AlreadyExists(_))), "{other:?}");
    server.script().faults.extend([Fault::Answer(503, ""), Fault::Answer(503, ""), Fault::Answer(503, "")]);
    bucket.put(&name(2), "bytes".into()).await.expect("the server recovers");
}

#[tokio::test]
async fn servers_that_do_not_know_the_condition_are_found_out() {
    for condition in [Condition::Kept, Condition::Ignored, Condition::NotImplemented] {
        let (server, bucket) = scripted().await;
        server.script().condition = condition;
        bucket.check(&Seeded::new(4)).await.expect("a working bucket");
        assert!(server.script().objects.is_empty(), "the probe is gone");
        server.take_methods();
        bucket.put(&name(0), "bytes".into()).await.expect("puts");
        let looks = if condition == Condition::Kept { "PUT" } else { "HEAD GET PUT" };
        assert_eq!(server.take_methods(), looks);
        bucket.put(&name(0), "bytes".into()).await.expect("the same again");
        let other = bucket.put(&name(0), "other".into()).await;
        assert!(matches!(other, Err(ObjectError::AlreadyExists(_))), "{other:?}");
        assert_eq!(bucket.get(&name(0), 0..9).await.expect("reads"), "bytes");
    }
}

#[tokio::test]
async fn a_file_waits_until_there_is_room_for_its_body() {
    let (server, bucket) = scripted().await;
    let folder = tempfile::tempdir().expect("a folder");
    let staged = folder.path().join("staged");
    std::fs::write(&staged, "bytes").expect("writes");
    let others = bucket.held.acquire_many(HELD_UNITS_MAX as u32).await.expect("is open");
    let name = name(0);
    let mut publish = bucket.publish(&staged, &name);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut publish).await.is_err(), "no room");
    assert_eq!(server.take_methods(), "");
    drop(others);
    publish.await.expect("publishes");
    assert_eq!(bucket.held.available_permits(), HELD_UNITS_MAX);
    assert_eq!(server.take_methods(), "PUT");
    assert!(staged.exists(), "it is the caller's to remove");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let (server, bucket) = scripted().await;
    server.script().faults.extend([Fault::Hang, Fault::Hang, Fault::Hang]);
    let start = Instant::now();
    let error = bucket.put(&name(0), "bytes".into()).await.expect_err("gives up");
    assert!(matches!(error, ObjectError::Unavailable(_)), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[tokio::test]
async fn refusals_are_told_without_what_must_not_be() {
    let (server, bucket) = scripted().await;
    let body = "<Error><Code>ExpiredToken</Code><Token-0>kept-token</Token-0></Error>";
    server.script().faults.push_back(Fault::Answer(400, body));
    let error = bucket.check(&Seeded::new(5)).await.expect_err("is refused");
    let told = format!("{} {bucket:?}", told(&error));
    assert!(told.contains("write an object: ExpiredToken, status 400"), "{told}");
    assert!(!told.contains("kept-"), "{told}");
    server.script().faults.extend([Fault::Answer(507, ""), Fault::Answer(507, "")]);
    let full = bucket.put(&name(0), "bytes".into()).await;
    assert!(matches!(full, Err(ObjectError::Full)), "{full:?}");
}

#[tokio::test]
async fn listings_that_cannot_be_right_are_not_believed() {
    let (server, bucket) = scripted().await;
    let page = |keys: &[String], token: &str| {
        let contents = keys.iter().map(|key| {
            format!(
                "<Contents><Key>{key}</Key><Size>1</Size>\
                 <LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            )
        });
        format!("<ListBucketResult>{}{token}</ListBucketResult>", contents.collect::<String>())
    };
    let key = |sequence| format!("some/prefix/{}", name(sequence));
    let mut keys = vec![key(1), "some/prefix/no name".to_owned(), "some/prefix-of-others/x".to_owned()];
    keys.sort();
    server.script().listing = page(&keys, "");
    assert_eq!(bucket.list("", None, 10).await.expect("lists"), [name(1)], "what is not ours is passed over");
    assert_eq!(
        bucket.list("", Some(&name(1)), 10).await.expect("lists"),
        [],
        "even if the server repeats it"
    );
    let mut keys = [key(1), key(2)];
    keys.sort();
    keys.reverse();
    let token = "<NextContinuationToken>more</NextContinuationToken>";
    for (listing, problem) in [
        (page(&keys, ""), "out of order"),
        (page(&keys[..1], token), "out of order"),
        (page(&[], token), "end"),
    ] {
        server.script().listing = listing;
        let error = bucket.list("", None, 10).await.expect_err("is not believed");
        assert!(told(&error).contains(problem), "{}", told(&error));
    }
}
