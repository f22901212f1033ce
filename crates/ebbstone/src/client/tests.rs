//! Calls against an endpoint that fails as told: what is tried again, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_api::sigv4::{Credentials, SecretAccessKey};
use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, SnapshotId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Client;
use super::block_buffer::{BlockBuffers, ZERO_BLOCK};
use super::ec2::CopyOrder;
use super::endpoint::{Endpoint, Endpoints};
use super::error::{Cause, ClientError};
use super::settings::Settings;
use crate::system::{SystemClock, SystemRandomness};

/// What the endpoint does with a request.
#[derive(Clone)]
enum Turn {
    /// Closes the connection without an answer.
    HangUp,
    /// Answers.
    Answer { status: u16, header: &'static str, body: Vec<u8> },
}

impl Turn {
    fn answer(status: u16, body: &str) -> Self {
        Self::Answer { status, header: "x-nothing: 1", body: body.as_bytes().to_vec() }
    }
}

/// An endpoint that takes these turns, one for each request, and the last one for all that follow; a client of it, and
/// how many requests it has got.
async fn scripted(turns: Vec<Turn>) -> (Client, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let turn = turns[number.min(turns.len() - 1)].clone();
            serve(stream, turn).await;
        }
    });
    let settings = Settings {
        credentials: Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret: SecretAccessKey::new("hush".to_owned()),
            session_token: None,
        },
        region: "us-east-1".parse().expect("a region"),
        endpoints: Endpoints::single(Endpoint::parse(&url).expect("a URL")),
        ca_bundle: None,
    };
    let client = Client::new(settings, Arc::new(SystemClock), Arc::new(SystemRandomness)).expect("a client");
    (client, requests)
}

/// Reads one request and takes the turn; the connection is good for one.
async fn serve(mut stream: TcpStream, turn: Turn) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if stream.read_buf(&mut request).await.expect("a request") == 0 {
            return;
        }
    }
    if let Turn::Answer { status, header, body } = turn {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} x\r\n{header}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("a head");
        stream.write_all(&body).await.expect("a body");
    }
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    request.len() >= end + 4 + length.map_or(0, |length| length.parse().expect("a length"))
}

fn id() -> SnapshotId {
    "snap-0123456789abcdef0".parse().expect("an id")
}

fn copy_order() -> CopyOrder {
    CopyOrder {
        source_region: "us-west-2".parse().expect("a region"),
        source: id(),
        description: None,
        encrypted: false,
        kms_key_id: None,
        tags: Vec::new(),
    }
}

const COPIED: &str =
    "<CopySnapshotResponse><snapshotId>snap-0123456789abcdef0</snapshotId></CopySnapshotResponse>";
const THROTTLED: &str = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error></Errors></Response>";
const ABSENT: &str = "<Response><Errors><Error><Code>InvalidSnapshot.NotFound</Code><Message>m</Message></Error></Errors></Response>";

#[tokio::test]
async fn a_block_is_sent_until_it_is_acknowledged() {
    let throttled = r#"{"Message":"m","Reason":"ACCOUNT_THROTTLED","__type":"RequestThrottledException"}"#;
    let turns = vec![
        Turn::HangUp,
        Turn::answer(400, throttled),
        Turn::answer(503, "<html>"),
        Turn::answer(201, "{}"),
    ];
    let (client, requests) = scripted(turns).await;
    let block = bytes::Bytes::from_static(&ZERO_BLOCK);
    client
        .put_snapshot_block(id(), BlockIndex(3), block, BlockDigest::ZERO_BLOCK)
        .await
        .expect("acknowledged");
    assert_eq!(requests.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let refusal = r#"{"Message":"m","Reason":"INVALID_BLOCK","__type":"ValidationException"}"#;
    let (client, requests) = scripted(vec![Turn::answer(400, refusal)]).await;
    let block = bytes::Bytes::from_static(&ZERO_BLOCK);
    let error =
        client.put_snapshot_block(id(), BlockIndex(3), block, BlockDigest::ZERO_BLOCK).await.expect_err("no");
    assert!(
        matches!(&error, ClientError::Refused(refused) if refused.cause() == Cause::Request
            && refused.reason.as_deref() == Some("INVALID_BLOCK")),
        "{error}"
    );
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_copy_that_may_have_begun_is_not_begun_again() {
    for turn in [Turn::HangUp, Turn::answer(500, ""), Turn::answer(503, "")] {
        let (client, requests) = scripted(vec![turn, Turn::answer(200, COPIED)]).await;
        assert!(client.copy_snapshot(&copy_order()).await.is_err());
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }
    let (client, requests) = scripted(vec![Turn::answer(503, THROTTLED), Turn::answer(200, COPIED)]).await;
    assert_eq!(client.copy_snapshot(&copy_order()).await.expect("a copy"), id());
    assert_eq!(requests.load(Ordering::SeqCst), 2, "a throttled one has not begun");
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_done() {
    let (client, _) = scripted(vec![Turn::HangUp, Turn::answer(400, ABSENT)]).await;
    client.delete_snapshot(id()).await.expect("deleted");
    let (client, _) = scripted(vec![Turn::answer(400, ABSENT)]).await;
    assert!(client.delete_snapshot(id()).await.expect_err("it was never there").is_not_found());
}

#[tokio::test]
async fn a_damaged_block_is_asked_for_again_and_never_passed_on() {
    let header = "x-amz-checksum: B4VNL+8pega6gWheZgwzLeNtXRjVRpJ9MNqtbX/aFUE=";
    let good = Turn::Answer { status: 200, header, body: vec![0; BLOCK_BYTES] };
    let mut bytes = vec![0; BLOCK_BYTES];
    bytes[77] = 1;
    let damaged = Turn::Answer { status: 200, header, body: bytes };
    let buffers = BlockBuffers::default();
    let (client, _) = scripted(vec![damaged.clone(), good]).await;
    let (block, digest) =
        client.get_checked_block(id(), BlockIndex(0), "t", &buffers).await.expect("the good one");
    assert_eq!((block.as_ref(), digest), (&ZERO_BLOCK[..], BlockDigest::ZERO_BLOCK));
    let (client, requests) = scripted(vec![damaged]).await;
    let error = client.get_checked_block(id(), BlockIndex(0), "t", &buffers).await.err().expect("refused");
    assert!(matches!(error, ClientError::Corrupt { index: BlockIndex(0), .. }), "{error}");
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn answers_that_are_none_are_told_from_refusals() {
    let (client, _) = scripted(vec![Turn::answer(200, "<html>hello")]).await;
    let error = client.caller_identity().await.expect_err("no answer");
    assert!(matches!(error, ClientError::Answer { .. }), "{error}");
    let short = Turn::answer(200, "short");
    let (client, _) = scripted(vec![short]).await;
    let error = client.get_checked_block(id(), BlockIndex(0), "t", &BlockBuffers::default()).await.err();
    assert!(matches!(error, Some(ClientError::Answer { .. })), "{error:?}");
}
