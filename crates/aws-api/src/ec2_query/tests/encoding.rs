use crate::HttpAnswer;
use crate::ec2_query::{Ec2Reply, Ec2Request, decode, describe_snapshots, describe_tags, encode};
use crate::form::Form;
use crate::token::tests::Desk;
use ebs::operation::copy_snapshot::CopySnapshotReply;
use ebs::operation::describe_availability_zones::{DescribeAvailabilityZonesReply, ZoneDescription};
use ebs::operation::describe_regions::{DescribeRegionsReply, RegionDescription};
use ebs::operation::describe_snapshots::DescribeSnapshotsRequest;
use ebs::operation::describe_tags::{DescribeTagsRequest, ResourceTag, TagCursor};
use ebs::operation::{Page, SnapshotCursor};
use ebs::{Snapshot, SnapshotOrigin, SnapshotState, Tag, Timestamp, TransferType, VolumeSize};

const ID: &str = "snap-0123456789abcdef0";

/// What the answer to `reply` has between its root's tags, once everything around it is as it must be.
fn inner(reply: &Ec2Reply<'_>, root: &str) -> String {
    inside(encode(reply, "r-1"), root)
}

/// As [`inner`], of an answer that is there.
fn inside(answer: HttpAnswer, root: &str) -> String {
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.headers,
        [("x-amzn-requestid", "r-1".to_owned()), ("content-type", "text/xml;charset=UTF-8".to_owned()),]
    );
    let body = String::from_utf8(answer.body).expect("UTF-8");
    let head = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
        <requestId>r-1</requestId>"
    );
    let rest = body.strip_prefix(&head).unwrap_or_else(|| panic!("{body}"));
    rest.strip_suffix(&format!("</{root}>")).unwrap_or_else(|| panic!("{body}")).to_owned()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn describe_all() -> DescribeSnapshotsRequest {
    DescribeSnapshotsRequest {
        snapshot_ids: vec![],
        owners: vec![],
        restorable_by: vec![],
        filters: vec![],
        page: Page { max_results: None, after: None },
        dry_run: false,
    }
}

fn pending_copy() -> Snapshot {
    Snapshot {
        id: ID.parse().expect("an id"),
        owner: "000000000042".parse().expect("an account"),
        origin: SnapshotOrigin::Copy,
        state: SnapshotState::Pending,
        state_message: Some("Metadata not updated".into()),
        progress_percent: 0,
        start_time: Timestamp(1_790_354_613_137),
        completion_time: None,
        volume_size: None,
        full_size_bytes: None,
        description: String::new(),
        transfer_type: TransferType::Standard,
        tags: vec![],
    }
}

#[test]
fn copies_answer_their_id_and_tags_if_any() {
    let snapshot = ID.parse().expect("an id");
    let tagged = CopySnapshotReply { snapshot, tags: vec![tag("a", "<&>\u{1}"), tag("e", "")] };
    assert_eq!(
        inner(&Ec2Reply::CopySnapshot(&tagged), "CopySnapshotResponse"),
        "<tagSet><item><key>a</key><value>&lt;&amp;&gt;\u{fffd}</value></item>\
        <item><key>e</key><value></value></item></tagSet><snapshotId>snap-0123456789abcdef0</snapshotId>"
    );
    let untagged = CopySnapshotReply { snapshot, tags: vec![] };
    assert_eq!(
        inner(&Ec2Reply::CopySnapshot(&untagged), "CopySnapshotResponse"),
        "<snapshotId>snap-0123456789abcdef0</snapshotId>"
    );
}

#[test]
fn actions_without_output_answer_true() {
    for (reply, root) in [
        (Ec2Reply::CreateTags, "CreateTagsResponse"),
        (Ec2Reply::DeleteTags, "DeleteTagsResponse"),
        (Ec2Reply::DeleteSnapshot, "DeleteSnapshotResponse"),
    ] {
        assert_eq!(inner(&reply, root), "<return>true</return>");
    }
}

#[test]
fn a_copy_is_shown_before_its_source_is_known_and_when_it_is_done() {
    let done = Snapshot {
        state: SnapshotState::Completed,
        state_message: None,
        progress_percent: 100,
        completion_time: Some(Timestamp(1_790_354_614_000)),
        volume_size: VolumeSize::from_gib(8),
        full_size_bytes: Some(1_048_576),
        description: "a <copy>".into(),
        transfer_type: TransferType::TimeBased { minutes: 30 },
        tags: vec![tag("k", "v")],
        ..pending_copy()
    };
    let half = Snapshot { progress_percent: 45, ..pending_copy() };
    let (desk, mut answer) = (Desk::new(), describe_snapshots::begin("r-1"));
    for part in [&[pending_copy(), done][..], &[], &[half]] {
        answer.body.extend(describe_snapshots::members(part));
    }
    answer.body.extend(describe_snapshots::end(&describe_all(), None, &desk.context()));
    let shown = inside(answer, "DescribeSnapshotsResponse");
    let pending = "<item><snapshotId>snap-0123456789abcdef0</snapshotId><volumeId>vol-ffffffff</volumeId>\
        <status>pending</status><statusMessage>Metadata not updated</statusMessage>\
        <startTime>2026-09-25T16:43:33.137Z</startTime><progress>0%</progress><ownerId>000000000042</ownerId>\
        <volumeSize>0</volumeSize><description></description><encrypted>false</encrypted>\
        <storageTier>standard</storageTier><transferType>standard</transferType></item>";
    let completed = "<item><snapshotId>snap-0123456789abcdef0</snapshotId><volumeId>vol-ffffffff</volumeId>\
        <status>completed</status><startTime>2026-09-25T16:43:33.137Z</startTime>\
        <completionTime>2026-09-25T16:43:34.000Z</completionTime><progress>100%</progress>\
        <ownerId>000000000042</ownerId><volumeSize>8</volumeSize>\
        <fullSnapshotSizeInBytes>1048576</fullSnapshotSizeInBytes><description>a &lt;copy&gt;</description>\
        <encrypted>false</encrypted><storageTier>standard</storageTier><transferType>time-based</transferType>\
        <completionDurationMinutes>30</completionDurationMinutes>\
        <tagSet><item><key>k</key><value>v</value></item></tagSet></item>";
    let half = pending.replace("0%", "45%");
    assert_eq!(shown, format!("<snapshotSet>{pending}{completed}{half}</snapshotSet>"));
}

#[test]
fn next_tokens_lead_on() {
    let desk = Desk::new();
    let context = desk.context();
    let cursor = SnapshotCursor { start_time: Timestamp(7), id: ID.parse().expect("an id") };
    let request = describe_all();
    let body = describe_snapshots::end(&request, Some(cursor), &context);
    let form = followed("DescribeSnapshots", &body);
    let Ok(Ec2Request::DescribeSnapshots(next)) = decode(&form, &context) else { panic!("refused") };
    assert_eq!(next.page.after, Some(cursor));

    let cursor = TagCursor { resource: ID.parse().expect("an id"), key: "é".into() };
    let request = DescribeTagsRequest {
        filters: vec![],
        page: Page { max_results: None, after: None },
        dry_run: false,
    };
    let body = describe_tags::end(&request, Some(&cursor), &context);
    let form = followed("DescribeTags", &body);
    let Ok(Ec2Request::DescribeTags(next)) = decode(&form, &context) else { panic!("refused") };
    assert_eq!(next.page.after, Some(cursor));
}

/// The form that asks for the page after `body`.
fn followed(action: &str, body: &[u8]) -> Form {
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    let token = body.split("<nextToken>").nth(1).and_then(|rest| rest.split("</nextToken>").next());
    let token =
        percent_encoding::utf8_percent_encode(token.expect("a token"), percent_encoding::NON_ALPHANUMERIC);
    Form::parse(format!("Action={action}&Version=2016-11-15&NextToken={token}").as_bytes()).expect("a form")
}

#[test]
fn tags_regions_and_zones_are_listed() {
    let tags = [ResourceTag { resource: ID.parse().expect("an id"), tag: tag("k", "v") }];
    let request = DescribeTagsRequest {
        filters: vec![],
        page: Page { max_results: None, after: None },
        dry_run: false,
    };
    let (desk, mut answer) = (Desk::new(), describe_tags::begin("r-1"));
    answer.body.extend(describe_tags::members(&tags));
    answer.body.extend(describe_tags::end(&request, None, &desk.context()));
    assert_eq!(
        inside(answer, "DescribeTagsResponse"),
        "<tagSet><item><resourceId>snap-0123456789abcdef0</resourceId><resourceType>snapshot</resourceType>\
        <key>k</key><value>v</value></item></tagSet>"
    );
    let region: ebs::RegionName = "us-east-1".parse().expect("a region");
    let regions = DescribeRegionsReply {
        regions: vec![RegionDescription { name: region.clone(), endpoint: "localhost:9000".into() }],
    };
    assert_eq!(
        inner(&Ec2Reply::DescribeRegions(&regions), "DescribeRegionsResponse"),
        "<regionInfo><item><regionName>us-east-1</regionName><regionEndpoint>localhost:9000</regionEndpoint>\
        <optInStatus>opt-in-not-required</optInStatus></item></regionInfo>"
    );
    let zones = DescribeAvailabilityZonesReply {
        zones: vec![ZoneDescription { region, name: "us-east-1a".into(), id: "use1-az1".into() }],
    };
    assert_eq!(
        inner(&Ec2Reply::DescribeAvailabilityZones(&zones), "DescribeAvailabilityZonesResponse"),
        "<availabilityZoneInfo><item><zoneName>us-east-1a</zoneName><zoneId>use1-az1</zoneId>\
        <zoneState>available</zoneState><zoneType>availability-zone</zoneType><regionName>us-east-1</regionName>\
        <groupName>us-east-1</groupName><networkBorderGroup>us-east-1</networkBorderGroup>\
        <optInStatus>opt-in-not-required</optInStatus><messageSet></messageSet></item></availabilityZoneInfo>"
    );
}
