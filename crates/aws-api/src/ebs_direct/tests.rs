use super::{EbsRequest, EbsRoute, Headers, decode};
use crate::token::tests::Desk;
use crate::token::{TokenContext, block};
use crate::{ApiError, HttpAnswer, WireError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::operation::complete_snapshot::{CompleteSnapshotReply, CompleteSnapshotRequest};
use ebs::operation::get_snapshot_block::GetSnapshotBlockRequest;
use ebs::operation::list_changed_blocks::{ChangedBlock, ListChangedBlocksReply, ListChangedBlocksRequest};
use ebs::operation::list_snapshot_blocks::{ListSnapshotBlocksReply, ListSnapshotBlocksRequest};
use ebs::operation::put_snapshot_block::{PutSnapshotBlockReply, PutSnapshotBlockRequest};
use ebs::operation::start_snapshot::{StartSnapshotReply, StartSnapshotRequest};
use ebs::{BlockDigest, BlockIndex, Refusal, SnapshotId, SnapshotState, Tag, Timestamp, VolumeSize};
use proptest::prelude::*;
use serde_json::{Value, json};

const ZERO_BLOCK_BASE64: &str = "B4VNL+8pega6gWheZgwzLeNtXRjVRpJ9MNqtbX/aFUE=";

fn id(text: &str) -> SnapshotId {
    text.parse().expect("a snapshot id")
}

fn one() -> SnapshotId {
    id("snap-0123456789abcdef0")
}

fn two() -> SnapshotId {
    id("snap-0fedcba9876543210")
}

fn ask(route: EbsRoute, query: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<EbsRequest, ApiError> {
    let desk = Desk::new();
    decode(&route, query, &Headers(headers), body, &desk.context())
}

fn invalid(parameter: &'static str, value: &str, expected: &'static str) -> ApiError {
    Refusal::InvalidParameterValue { parameter, value: value.into(), expected }.into()
}

fn json_of(answer: &HttpAnswer) -> Value {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-amzn-requestid"), Some("r-1"));
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[test]
fn start_snapshot_reads_every_member() {
    let body = json!({
        "VolumeSize": 8, "ParentSnapshotId": "snap-0123456789abcdef0", "Description": "é",
        "Tags": [{"Key": "k", "Value": ""}, {"Value": "v"}, {"Key": "n", "Value": null}],
        "ClientToken": "t", "Encrypted": true, "KmsKeyArn": "arn:aws:kms:r:a:key/k", "Timeout": 10, "New": [{}],
    });
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
    let expected = StartSnapshotRequest {
        volume_size_gib: 8,
        parent: Some(one()),
        tags: vec![tag("k", ""), tag("", "v"), tag("n", "")],
        description: Some("é".into()),
        client_token: Some("t".into()),
        encrypted: Some(true),
        kms_key_arn: Some("arn:aws:kms:r:a:key/k".into()),
        timeout_minutes: Some(10),
    };
    let asked = ask(EbsRoute::StartSnapshot, "", &[], body.to_string().as_bytes());
    assert_eq!(asked, Ok(EbsRequest::StartSnapshot(expected)));
    let least = StartSnapshotRequest {
        volume_size_gib: 1,
        parent: None,
        tags: vec![],
        description: None,
        client_token: None,
        encrypted: None,
        kms_key_arn: None,
        timeout_minutes: None,
    };
    let asked = ask(EbsRoute::StartSnapshot, "", &[], br#"{"VolumeSize":1,"Tags":null}"#);
    assert_eq!(asked, Ok(EbsRequest::StartSnapshot(least)));
}

#[test]
fn start_snapshot_refuses_what_is_not_its_json() {
    let long = format!("{{\"VolumeSize\":1{}}}", " ".repeat(64 * 1024));
    let deep = "[".repeat(60_000);
    let deep_member = format!("{{\"New\":{}", "[".repeat(60_000));
    for (body, expected) in [
        ("{}", ApiError::from(Refusal::MissingParameter("VolumeSize"))),
        (r#"{"VolumeSize":-1}"#, Refusal::VolumeSizeInvalid.into()),
        (r#"{"VolumeSize":1,"ParentSnapshotId":"x"}"#, Refusal::SnapshotIdMalformed("x".into()).into()),
        (r#"{"VolumeSize":1,"Timeout":-1}"#, invalid("Timeout", "-1", "a number of minutes from 10 to 4320")),
        ("{\"VolumeSize\":1,\"Description\":\"a\\u0000\"}", WireError::InvalidCharacter.into()),
        ("{\"VolumeSize\":1,\"Tags\":[{\"Key\":\"\\u0000\"}]}", WireError::InvalidCharacter.into()),
        (&long, WireError::TooLarge { bytes_max: 65_536 }.into()),
    ] {
        assert_eq!(ask(EbsRoute::StartSnapshot, "", &[], body.as_bytes()), Err(expected), "{body}");
    }
    for body in [
        &b""[..],
        b"null",
        b"8",
        b"{\"VolumeSize\":\"8\"}",
        b"{\"VolumeSize\":8.5}",
        b"{\"VolumeSize\":1e3}",
        b"{\"VolumeSize\":99999999999999999999}",
        b"{\"VolumeSize\":1,\"VolumeSize\":2}",
        b"{\"VolumeSize\":1}x",
        b"{\"VolumeSize\":1,\"Description\":\"\xff\"}",
        b"{\"VolumeSize\":1,\"Description\":\"\\ud800\"}",
        b"{\"VolumeSize\":1,\"Tags\":{}}",
        deep.as_bytes(),
        deep_member.as_bytes(),
    ] {
        let asked = ask(EbsRoute::StartSnapshot, "", &[], body);
        assert!(matches!(asked, Err(ApiError::Wire(WireError::Json { .. }))), "{asked:?}");
    }
}

#[test]
fn put_snapshot_block_reads_its_headers() {
    let route = EbsRoute::PutSnapshotBlock { snapshot: one(), index: 7 };
    let legal = [
        ("X-Amz-Data-Length", "524288"),
        ("x-amz-checksum", ZERO_BLOCK_BASE64),
        ("x-amz-Checksum-Algorithm", "SHA256"),
        ("x-amz-Progress", "100"),
    ];
    let expected = PutSnapshotBlockRequest {
        snapshot: one(),
        index: 7,
        checksum: BlockDigest::ZERO_BLOCK,
        progress_percent: Some(100),
    };
    assert_eq!(ask(route, "", &legal, b""), Ok(EbsRequest::PutSnapshotBlock(expected.clone())));
    let without_progress = PutSnapshotBlockRequest { progress_percent: None, ..expected };
    assert_eq!(ask(route, "", &legal[..3], b""), Ok(EbsRequest::PutSnapshotBlock(without_progress)));

    for (at, value, error) in [
        (0, "524287", ApiError::from(Refusal::BlockLength)),
        (0, "+524288", invalid("DataLength", "+524288", "a whole number, not negative")),
        (0, "", invalid("DataLength", "", "a whole number, not negative")),
        (1, "AAAA", invalid("Checksum", "AAAA", "a SHA-256 in base64")),
        (1, "", invalid("Checksum", "", "a SHA-256 in base64")),
        (2, "MD5", invalid("ChecksumAlgorithm", "MD5", "SHA256")),
        (3, "101", invalid("Progress", "101", "a number from 0 to 100")),
        (3, "-1", invalid("Progress", "-1", "a whole number, not negative")),
    ] {
        let mut headers = legal;
        headers[at].1 = value;
        assert_eq!(ask(route, "", &headers, b""), Err(error), "{headers:?}");
    }
    for (left_out, name) in [(0, "DataLength"), (1, "Checksum"), (2, "ChecksumAlgorithm")] {
        let mut headers = legal.to_vec();
        headers.remove(left_out);
        assert_eq!(ask(route, "", &headers, b""), Err(Refusal::MissingParameter(name).into()));
    }
    let twice = [&legal[..], &[("X-AMZ-CHECKSUM", "AAAA")]].concat();
    assert_eq!(ask(route, "", &twice, b""), Err(WireError::DuplicateHeader("x-amz-checksum").into()));
}

#[test]
fn complete_snapshot_takes_all_checksum_headers_or_none() {
    let route = EbsRoute::CompleteSnapshot { snapshot: one() };
    let legal = [
        ("x-amz-ChangedBlocksCount", "3"),
        ("x-amz-Checksum", ZERO_BLOCK_BASE64),
        ("x-amz-Checksum-Algorithm", "SHA256"),
        ("x-amz-Checksum-Aggregation-Method", "LINEAR"),
    ];
    let request = |checksum| {
        Ok(EbsRequest::CompleteSnapshot(CompleteSnapshotRequest {
            snapshot: one(),
            changed_blocks: 3,
            checksum,
        }))
    };
    assert_eq!(ask(route, "", &legal[..1], b""), request(None));
    assert_eq!(ask(route, "", &legal, b"{}"), request(Some(BlockDigest::ZERO_BLOCK.0)));
    for chosen in 1..7_usize {
        let mut headers = vec![legal[0]];
        headers.extend((0..3).filter(|bit| chosen >> bit & 1 == 1).map(|bit| legal[bit + 1]));
        let asked = ask(route, "", &headers, b"");
        assert_eq!(asked, Err(Refusal::ChecksumParametersIncomplete.into()), "{headers:?}");
    }
    assert_eq!(ask(route, "", &[], b""), Err(Refusal::MissingParameter("ChangedBlocksCount").into()));
    let mut other = legal;
    other[3].1 = "TREE";
    assert_eq!(ask(route, "", &other, b""), Err(invalid("ChecksumAggregationMethod", "TREE", "LINEAR")));
}

#[test]
fn listings_take_page_sizes_indexes_and_tokens() {
    let route = EbsRoute::ListSnapshotBlocks { snapshot: one() };
    let listed = |from, max_results| {
        let from = BlockIndex(from);
        Ok(EbsRequest::ListSnapshotBlocks(ListSnapshotBlocksRequest { snapshot: one(), from, max_results }))
    };
    for (query, expected) in [
        ("", listed(0, 10_000)),
        ("maxResults=0", listed(0, 100)),
        ("maxResults=99", listed(0, 100)),
        ("maxResults=101&startingBlockIndex=5", listed(5, 101)),
        ("maxResults=10001", listed(0, 10_000)),
        ("maxResults=9223372036854775807", listed(0, 10_000)),
        ("startingBlockIndex=4294967295", listed(u32::MAX, 10_000)),
        ("startingBlockIndex=4294967296", Err(Refusal::BlockOutsideVolume { index: 1 << 32 }.into())),
        ("startingBlockIndex=-1", Err(invalid("StartingBlockIndex", "-1", "a number that is not negative"))),
        ("maxResults=-1", Err(invalid("MaxResults", "-1", "a number from 100 to 10000"))),
        ("maxResults=x", Err(invalid("maxResults", "x", "a whole number"))),
        ("pageToken=x", Err(Refusal::PageTokenInvalid.into())),
        ("pageToken=", Err(Refusal::PageTokenInvalid.into())),
    ] {
        assert_eq!(ask(route, query, &[], b""), expected, "{query}");
    }
    let route = EbsRoute::ListChangedBlocks { second: two() };
    let changed =
        ListChangedBlocksRequest { first: one(), second: two(), from: BlockIndex(9), max_results: 100 };
    let query = format!("firstSnapshotId={}&startingBlockIndex=9&maxResults=100", one());
    assert_eq!(ask(route, &query, &[], b""), Ok(EbsRequest::ListChangedBlocks(changed)));
    for query in ["", "firstSnapshotId="] {
        assert_eq!(ask(route, query, &[], b""), Err(Refusal::MissingParameter("FirstSnapshotId").into()));
    }
    let malformed = Err(Refusal::SnapshotIdMalformed("x".into()).into());
    assert_eq!(ask(route, "firstSnapshotId=x", &[], b""), malformed);
}

fn encoded(token: &str) -> String {
    percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn what_a_listing_hands_out_reads_blocks_and_leads_on() {
    let desk = Desk::new();
    let context = desk.context();
    let reply = ListSnapshotBlocksReply {
        blocks: vec![BlockIndex(0), BlockIndex(5)],
        volume_size: VolumeSize::from_gib(8).expect("a size"),
        next: Some(BlockIndex(6)),
    };
    let answer = super::list_snapshot_blocks::encode(one(), &reply, "r-1", &context);
    assert_eq!(answer.status, 200);
    let body = json_of(&answer);
    assert_eq!(body["ExpiryTime"], json!(1_790_959_413.137));
    assert_eq!((&body["VolumeSize"], &body["BlockSize"]), (&json!(8), &json!(524_288)));
    assert_eq!(body["Blocks"][1]["BlockIndex"], json!(5));

    let block_token = text(&body["Blocks"][1], "BlockToken");
    let token = encoded(block_token);
    let get = |snapshot, index| {
        let route = EbsRoute::GetSnapshotBlock { snapshot, index };
        decode(&route, &format!("blockToken={token}"), &Headers(&[]), b"", &context)
    };
    let request = GetSnapshotBlockRequest { snapshot: one(), index: BlockIndex(5) };
    assert_eq!(get(one(), 5), Ok(EbsRequest::GetSnapshotBlock(request)));
    let refused = Err(Refusal::BlockTokenInvalid(block_token.to_owned()).into());
    assert_eq!(get(one(), 0), refused);
    assert_eq!(get(two(), 5), refused);
    assert_eq!(get(one(), 1 << 32), Err(Refusal::BlockOutsideVolume { index: 1 << 32 }.into()));
    let tokenless = ask(EbsRoute::GetSnapshotBlock { snapshot: one(), index: 5 }, "", &[], b"");
    assert_eq!(tokenless, Err(Refusal::MissingParameter("BlockToken").into()));

    let query = format!("pageToken={}&startingBlockIndex=0", encoded(text(&body, "NextToken")));
    let route = EbsRoute::ListSnapshotBlocks { snapshot: one() };
    let Ok(EbsRequest::ListSnapshotBlocks(next)) = decode(&route, &query, &Headers(&[]), b"", &context)
    else {
        panic!("the token was refused")
    };
    assert_eq!(next.from, BlockIndex(6), "the token beats the index");
}

#[test]
fn changed_blocks_carry_the_tokens_of_the_sides_that_have_them() {
    let desk = Desk::new();
    let context = desk.context();
    let block = |index, in_first, in_second| ChangedBlock { index: BlockIndex(index), in_first, in_second };
    let reply = ListChangedBlocksReply {
        blocks: vec![block(1, true, false), block(2, false, true), block(3, true, true)],
        volume_size: VolumeSize::from_gib(1).expect("a size"),
        next: None,
    };
    let answer = super::list_changed_blocks::encode(one(), two(), &reply, "r-1", &context);
    let body = json_of(&answer);
    assert_eq!(body["NextToken"], Value::Null);
    assert!(body.as_object().expect("an object").contains_key("NextToken"), "null is written out");
    let opens = |context: &TokenContext<'_>, at: usize, side: &str, snapshot, index| {
        let token = body["ChangedBlocks"][at][side].as_str()?;
        Some(block::check(context, token, snapshot, BlockIndex(index)).is_ok())
    };
    for (at, index, first, second) in
        [(0, 1, Some(true), None), (1, 2, None, Some(true)), (2, 3, Some(true), Some(true))]
    {
        assert_eq!(opens(&context, at, "FirstBlockToken", one(), index), first);
        assert_eq!(opens(&context, at, "SecondBlockToken", two(), index), second);
    }
    assert_eq!(opens(&context, 2, "FirstBlockToken", two(), 3), Some(false));
    assert!(body["ChangedBlocks"][0].get("SecondBlockToken").is_none());
}

#[test]
fn answers_of_uploads_are_as_amazons() {
    let mut reply = StartSnapshotReply {
        snapshot: one(),
        owner: "000000000042".parse().expect("an account"),
        start_time: Timestamp(1_790_337_542_341),
        volume_size: VolumeSize::from_gib(8).expect("a size"),
        parent: None,
        description: None,
        tags: vec![],
    };
    let answer = super::start_snapshot::encode(&reply, "r-1");
    assert_eq!(answer.status, 201);
    assert_eq!(
        json_of(&answer),
        json!({
            "SnapshotId": "snap-0123456789abcdef0", "OwnerId": "000000000042", "Status": "pending",
            "StartTime": 1_790_337_542.341, "VolumeSize": 8, "BlockSize": 524_288, "Tags": null,
            "Description": null, "ParentSnapshotId": null, "KmsKeyArn": null, "SseType": null,
        })
    );
    reply.tags = vec![Tag { key: "k".into(), value: "\"".into() }];
    reply.parent = Some(two());
    reply.description = Some("d".into());
    let body = json_of(&super::start_snapshot::encode(&reply, "r-1"));
    assert_eq!(body["Tags"], json!([{"Key": "k", "Value": "\""}]));
    assert_eq!(body["ParentSnapshotId"], json!("snap-0fedcba9876543210"));
    assert_eq!(body["Description"], json!("d"));

    let put = PutSnapshotBlockReply { checksum: BlockDigest::ZERO_BLOCK };
    let answer = super::put_snapshot_block::encode(&put, "r-1");
    assert_eq!((answer.status, json_of(&answer)), (201, json!({})));
    assert_eq!(answer.header("x-amz-checksum"), Some(ZERO_BLOCK_BASE64));
    assert_eq!(answer.header("x-amz-checksum-algorithm"), Some("SHA256"));

    let answer =
        super::complete_snapshot::encode(&CompleteSnapshotReply { state: SnapshotState::Pending }, "r-1");
    assert_eq!((answer.status, json_of(&answer)), (202, json!({"Status": "pending"})));

    let answer = super::get_snapshot_block::encode(&BlockDigest::ZERO_BLOCK, &[0_u8; 3][..], "r-1");
    assert_eq!((answer.status, answer.body), (200, &[0_u8; 3][..]));
    assert_eq!(
        answer.headers,
        [
            ("x-amzn-requestid", "r-1".to_owned()),
            ("content-type", "application/octet-stream".to_owned()),
            ("x-amz-data-length", "524288".to_owned()),
            ("x-amz-checksum", ZERO_BLOCK_BASE64.to_owned()),
            ("x-amz-checksum-algorithm", "SHA256".to_owned()),
        ]
    );
}

#[test]
fn a_request_knows_its_action_and_body_bound() {
    let start = ask(EbsRoute::StartSnapshot, "", &[], br#"{"VolumeSize":1}"#).expect("legal");
    assert_eq!(start.action(), EbsRoute::StartSnapshot.action());
    assert_eq!((start.action().name(), start.action().body_bytes_max()), ("StartSnapshot", 65_536));
    let put = EbsRoute::PutSnapshotBlock { snapshot: one(), index: 0 }.action();
    assert_eq!((put.name(), put.body_bytes_max()), ("PutSnapshotBlock", 524_288));
    assert_eq!(STANDARD.encode(BlockDigest::ZERO_BLOCK.0), ZERO_BLOCK_BASE64);
}

proptest! {
    #[test]
    fn no_bytes_panic(
        query in "(maxResults|startingBlockIndex|pageToken|blockToken|firstSnapshotId)=.{0,20}|.{0,30}",
        value in "[ -~]{0,50}",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let names = ["x-amz-data-length", "x-amz-checksum", "x-amz-checksum-algorithm", "x-amz-progress",
            "x-amz-changedblockscount", "x-amz-checksum-aggregation-method"];
        let headers: Vec<_> = names.iter().map(|name| (*name, value.as_str())).collect();
        for route in [
            EbsRoute::StartSnapshot,
            EbsRoute::PutSnapshotBlock { snapshot: one(), index: u64::MAX },
            EbsRoute::CompleteSnapshot { snapshot: one() },
            EbsRoute::GetSnapshotBlock { snapshot: one(), index: 1 },
            EbsRoute::ListSnapshotBlocks { snapshot: one() },
            EbsRoute::ListChangedBlocks { second: one() },
        ] {
            let _ = ask(route, &query, &headers, &body);
        }
    }
}
