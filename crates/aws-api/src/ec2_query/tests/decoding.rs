use crate::ec2_query::{Ec2Action, Ec2Request, decode};
use crate::form::Form;
use crate::token::page::Listing;
use crate::token::tests::Desk;
use crate::{ApiError, WireError};
use ebs::operation::copy_snapshot::{CopySnapshotRequest, PresignedCopy};
use ebs::operation::create_tags::CreateTagsRequest;
use ebs::operation::delete_snapshot::DeleteSnapshotRequest;
use ebs::operation::delete_tags::{DeleteTagsRequest, TagMatch};
use ebs::operation::describe_availability_zones::DescribeAvailabilityZonesRequest;
use ebs::operation::describe_regions::DescribeRegionsRequest;
use ebs::operation::describe_snapshots::DescribeSnapshotsRequest;
use ebs::operation::describe_tags::{DescribeTagsRequest, TagCursor};
use ebs::operation::{Page, SnapshotCursor};
use ebs::{Filter, Refusal, Tag, TagSpecification, Timestamp};
use proptest::prelude::*;

fn try_decode(encoded: &str) -> Result<Ec2Request, ApiError> {
    let desk = Desk::new();
    decode(&Form::parse(encoded.as_bytes())?, &desk.context())
}

fn asked(action: Ec2Action, rest: &str) -> Result<Ec2Request, ApiError> {
    try_decode(&format!("Action={}&Version=2016-11-15&{rest}", action.name()))
}

fn invalid(parameter: &'static str, value: &str, expected: &'static str) -> ApiError {
    Refusal::InvalidParameterValue { parameter, value: value.into(), expected }.into()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn filter(name: &str, values: &[&str]) -> Filter {
    Filter { name: name.into(), values: values.iter().map(|value| (*value).to_owned()).collect() }
}

const ID: &str = "snap-0123456789abcdef0";
const NO_PAGE: Page<SnapshotCursor> = Page { max_results: None, after: None };

#[test]
fn action_and_version_must_be_served() {
    for (encoded, error) in [
        ("", ApiError::from(WireError::MissingAction)),
        ("Version=2016-11-15", WireError::MissingAction.into()),
        ("Action=&Version=2016-11-15", WireError::MissingAction.into()),
        ("Action=RunInstances&Version=2016-11-15", WireError::UnknownAction("RunInstances".into()).into()),
        ("Action=copysnapshot&Version=2016-11-15", WireError::UnknownAction("copysnapshot".into()).into()),
        ("action=DescribeTags&Version=2016-11-15", WireError::MissingAction.into()),
        ("Action=DescribeTags", Refusal::MissingParameter("Version").into()),
        (
            "Action=DescribeTags&Version=2014-10-01",
            WireError::UnknownVersion("2014-10-01".into(), "2016-11-15").into(),
        ),
    ] {
        assert_eq!(try_decode(encoded), Err(error), "{encoded}");
    }
    for action in Ec2Action::ALL {
        let form = Form::parse(format!("Action={}&Version=2016-11-15", action.name()).as_bytes());
        assert_eq!(Ec2Action::of(&form.expect("a form")), Ok(action));
    }
}

#[test]
fn copy_snapshot_as_an_sdk_sends_it() {
    let url = "https%3A%2F%2Fec2.us-east-1.amazonaws.com%2F%3FAction%3DCopySnapshot%26SourceRegion%3Dus-east-1\
        %26SourceSnapshotId%3Dsnap-0123456789abcdef0%26DestinationRegion%3Dus-west-2%26X-Amz-Signature%3D00";
    let encoded = format!(
        "SourceRegion=us-east-1&SourceSnapshotId={ID}&Description=a+b&Encrypted=true&KmsKeyId=alias%2Fx\
        &CompletionDurationMinutes=15&TagSpecification.1.ResourceType=snapshot&TagSpecification.1.Tag.1.Key=k\
        &TagSpecification.1.Tag.1.Value=v&TagSpecification.1.Tag.2.Key=e&TagSpecification.1.Tag.2.Value=\
        &PresignedUrl={url}&DestinationRegion=us-west-2&DestinationAvailabilityZone=z&DestinationOutpostArn=o\
        &DryRun=true"
    );
    let expected = CopySnapshotRequest {
        source_region: "us-east-1".into(),
        source_snapshot: ID.parse().expect("an id"),
        description: Some("a b".into()),
        destination_region: Some("us-west-2".into()),
        presigned_url: Some(PresignedCopy::Statement {
            source_region: Some("us-east-1".into()),
            source_snapshot: Some(ID.into()),
            destination_region: Some("us-west-2".into()),
        }),
        encrypted: Some(true),
        kms_key_id: Some("alias/x".into()),
        completion_duration_minutes: Some(15),
        destination_availability_zone: Some("z".into()),
        destination_outpost: Some("o".into()),
        tag_specifications: vec![TagSpecification {
            resource_type: "snapshot".into(),
            tags: vec![tag("k", "v"), tag("e", "")],
        }],
        dry_run: true,
    };
    assert_eq!(asked(Ec2Action::CopySnapshot, &encoded), Ok(Ec2Request::CopySnapshot(expected)));
}

#[test]
fn copy_snapshot_reports_the_first_fault_in_amazons_order() {
    let copy = |rest: &str| asked(Ec2Action::CopySnapshot, rest).expect_err("refused");
    for (rest, refusal) in [
        ("DryRun=true", Refusal::MissingParameter("SourceSnapshotId")),
        ("SourceSnapshotId=&Encrypted=x", Refusal::CopySourceMalformed),
        ("SourceSnapshotId=bad", Refusal::CopySourceMalformed),
        ("SourceSnapshotId=snap-0123456789ABCDEF0&SourceRegion=a", Refusal::CopySourceMalformed),
        ("SourceSnapshotId=snap-00000000000000000&SourceRegion=a", Refusal::CopySourceMalformed),
        ("SourceSnapshotId=snap-00000000&SourceRegion=a", Refusal::CopySourceMalformed),
        ("SourceSnapshotId=snap-12345678&Encrypted=x", Refusal::MissingParameter("SourceRegion")),
    ] {
        assert_eq!(copy(rest), refusal.into(), "{rest}");
    }
    let with = |rest: &str| copy(&format!("SourceSnapshotId={ID}&SourceRegion=us-east-1&{rest}"));
    assert_eq!(
        with("CompletionDurationMinutes=x&Encrypted=x"),
        invalid("CompletionDurationMinutes", "x", "a whole number")
    );
    assert_eq!(with("Encrypted="), invalid("Encrypted", "", "true or false"));
    assert_eq!(with("DryRun=yes"), invalid("DryRun", "yes", "true or false"));
}

#[test]
fn a_tag_specification_without_a_type_is_left_to_the_service() {
    let rest = format!("SourceSnapshotId={ID}&SourceRegion=a&TagSpecification.1.Tag.1.Key=k");
    let Ok(Ec2Request::CopySnapshot(request)) = asked(Ec2Action::CopySnapshot, &rest) else {
        panic!("refused")
    };
    let untyped = TagSpecification { resource_type: String::new(), tags: vec![tag("k", "")] };
    assert_eq!(request.tag_specifications, [untyped]);
}

#[test]
fn what_an_action_does_not_have_is_refused() {
    for (action, parameter, told) in [
        (Ec2Action::DeleteTags, "Tags.1.Key", "Tags"),
        (Ec2Action::DeleteTags, "TagKeys.1", "TagKeys"),
        (Ec2Action::DeleteTags, "tag.1.Key", "tag"),
        (Ec2Action::DeleteTags, "Tag.1.key", "Tag.1.key"),
        (Ec2Action::DeleteTags, "Tag.Key", "Tag.Key"),
        (Ec2Action::CreateTags, "Resources.1", "Resources"),
        (Ec2Action::DescribeSnapshots, "Filters.1.Name", "Filters"),
        (Ec2Action::DescribeSnapshots, "Filter.1.Values.1", "Filter.1.Values.1"),
        (Ec2Action::DescribeSnapshots, "OwnerIds.1", "OwnerIds"),
        (Ec2Action::DescribeSnapshots, "Owner", "Owner"),
        (Ec2Action::DescribeSnapshots, "owner.1", "owner"),
        (Ec2Action::DescribeSnapshots, "Owner.x", "Owner.x"),
        (Ec2Action::DescribeSnapshots, "SnapshotId", "SnapshotId"),
        (Ec2Action::CopySnapshot, "TagSpecifications.1.ResourceType", "TagSpecifications"),
        (Ec2Action::CopySnapshot, "TagSpecification.1.Tags.1.Key", "TagSpecification.1.Tags.1.Key"),
        (Ec2Action::CopySnapshot, "ClientToken", "ClientToken"),
        (Ec2Action::DeleteSnapshot, "SnapshotId.1", "SnapshotId.1"),
        (Ec2Action::DeleteSnapshot, "dryrun", "dryrun"),
    ] {
        let refused = Err(WireError::UnknownParameter(told.to_owned()).into());
        assert_eq!(asked(action, &format!("{parameter}=x")), refused, "{parameter}");
    }
}

#[test]
fn parameters_of_signatures_count_for_nothing() {
    let signature = "X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=1&X-Amz-SignedHeaders=host\
        &X-Amz-Security-Token=t&x-amz-signature=s&AWSAccessKeyId=k&Expires=1&SecurityToken=t&Signature=s\
        &SignatureMethod=m&SignatureVersion=2&Timestamp=t";
    for action in [Ec2Action::DescribeSnapshots, Ec2Action::DescribeTags, Ec2Action::DescribeRegions] {
        assert_eq!(asked(action, signature), asked(action, ""));
    }
}

#[test]
fn describe_snapshots_with_everything_but_ids() {
    let rest = "Owner.1=self&Owner.2=amazon&RestorableBy.1=all&Filter.2.Name=status&Filter.2.Value.2=error\
        &Filter.2.Value.1=pending&Filter.1.Name=tag%3ANa+me&Filter.7.Name=empty&MaxResults=1001&DryRun=false";
    let expected = DescribeSnapshotsRequest {
        snapshot_ids: vec![],
        owners: vec!["self".into(), "amazon".into()],
        restorable_by: vec!["all".into()],
        filters: vec![
            filter("tag:Na me", &[]),
            filter("status", &["pending", "error"]),
            filter("empty", &[]),
        ],
        page: Page { max_results: Some(1000), after: None },
        dry_run: false,
    };
    assert_eq!(asked(Ec2Action::DescribeSnapshots, rest), Ok(Ec2Request::DescribeSnapshots(expected)));
}

#[test]
fn pages_have_their_rules() {
    let describe = |rest: &str| asked(Ec2Action::DescribeSnapshots, rest);
    for page in ["MaxResults=5", "NextToken=x", "MaxResults=1"] {
        let parameter = if page.starts_with('M') { "maxResults" } else { "nextToken" };
        assert_eq!(
            describe(&format!("SnapshotId.1=snap-12345678&{page}")),
            Err(Refusal::ParametersExclude("snapshotSet", parameter).into())
        );
    }
    for few in [4, 0, -1] {
        let error = ApiError::from(Refusal::PageSizeTooSmall(few));
        assert_eq!(describe(&format!("MaxResults={few}")), Err(error.clone()));
        assert_eq!(asked(Ec2Action::DescribeTags, &format!("MaxResults={few}")), Err(error));
    }
    for (asked_for, given) in [("5", 5), ("1000", 1000), ("1001", 1000), ("9223372036854775807", 1000)] {
        let Ok(Ec2Request::DescribeSnapshots(request)) = describe(&format!("MaxResults={asked_for}")) else {
            panic!("{asked_for} was refused")
        };
        assert_eq!(request.page.max_results, Some(given));
    }
    for token in ["x", "AAAA"] {
        assert_eq!(describe(&format!("NextToken={token}")), Err(Refusal::PageTokenInvalid.into()));
    }
    assert_eq!(describe("NextToken="), describe(""));
    let with_id = "SnapshotId.1=snap-12345678";
    assert_eq!(describe(&format!("{with_id}&NextToken=")), describe(with_id));
}

#[test]
fn tokens_lead_on_under_the_same_filters_only() {
    let desk = Desk::new();
    let context = desk.context();
    let ask = |encoded: String| decode(&Form::parse(encoded.as_bytes())?, &context);
    let head = "Action=DescribeSnapshots&Version=2016-11-15&Owner.1=self";
    let Ok(Ec2Request::DescribeSnapshots(mut request)) = ask(head.to_owned()) else { panic!("refused") };
    let cursor = SnapshotCursor { start_time: Timestamp(7), id: ID.parse().expect("an id") };
    let token = Listing::of_snapshots(&context, &request).seal(&context, &cursor);
    let token = percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC);
    request.page.after = Some(cursor);
    assert_eq!(ask(format!("{head}&NextToken={token}")), Ok(Ec2Request::DescribeSnapshots(request)));
    let other = ask(format!("{head}&Owner.2=amazon&NextToken={token}"));
    assert_eq!(other, Err(Refusal::PageTokenInvalid.into()));
    let tags = ask(format!("Action=DescribeTags&Version=2016-11-15&NextToken={token}"));
    assert_eq!(tags, Err(Refusal::PageTokenInvalid.into()));

    let head = "Action=DescribeTags&Version=2016-11-15&Filter.1.Name=key&Filter.1.Value.1=a";
    let Ok(Ec2Request::DescribeTags(mut request)) = ask(head.to_owned()) else { panic!("refused") };
    let cursor = TagCursor { resource: ID.parse().expect("an id"), key: "a".into() };
    let token = Listing::of_tags(&context, &request).seal(&context, &cursor);
    let token = percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC);
    request.page.after = Some(cursor);
    assert_eq!(ask(format!("{head}&NextToken={token}")), Ok(Ec2Request::DescribeTags(request)));
}

#[test]
fn filters_are_bounded_at_the_bound() {
    let names = |count: usize| (1..=count).map(|n| format!("Filter.{n}.Name=a&")).collect::<String>();
    let values = |count: usize| {
        let values: String = (1..=count).map(|n| format!("&Filter.1.Value.{n}=v")).collect();
        format!("Filter.1.Name=a{values}")
    };
    let too_many = Err(Refusal::TooManyFilters { limit: 50, values: 200 }.into());
    assert!(asked(Ec2Action::DescribeTags, &names(50)).is_ok());
    assert_eq!(asked(Ec2Action::DescribeTags, &names(51)), too_many);
    assert!(asked(Ec2Action::DescribeTags, &values(200)).is_ok());
    assert_eq!(asked(Ec2Action::DescribeTags, &values(201)), too_many);
    for nameless in ["Filter.1.Value.1=x", "Filter="] {
        let refused = Err(Refusal::UnknownFilter("null".into()).into());
        assert_eq!(asked(Ec2Action::DescribeRegions, nameless), refused);
    }
    let unknown = Err(WireError::UnknownParameter("Filter".into()).into());
    assert_eq!(asked(Ec2Action::DeleteTags, "Filter="), unknown);
}

#[test]
fn tags_are_created_and_deleted_by_their_parameters() {
    let resources =
        |count: usize| (1..=count).map(|n| format!("ResourceId.{n}=snap-{n}&")).collect::<String>();
    assert_eq!(
        asked(Ec2Action::CreateTags, "ResourceId.2=b&ResourceId.1=a&Tag.1.Key=k&Tag.2.Value=v&DryRun=true"),
        Ok(Ec2Request::CreateTags(CreateTagsRequest {
            resources: vec!["a".into(), "b".into()],
            tags: vec![tag("k", ""), tag("", "v")],
            dry_run: true,
        }))
    );
    assert_eq!(
        asked(Ec2Action::DeleteTags, "ResourceId.1=a&Tag.1.Key=k&Tag.2.Key=e&Tag.2.Value=&Tag.3.Value=v"),
        Ok(Ec2Request::DeleteTags(DeleteTagsRequest {
            resources: vec!["a".into()],
            tags: vec![
                TagMatch { key: "k".into(), value: None },
                TagMatch { key: "e".into(), value: Some(String::new()) },
                TagMatch { key: String::new(), value: Some("v".into()) },
            ],
            dry_run: false,
        }))
    );
    let all = DeleteTagsRequest { resources: vec!["a".into()], tags: vec![], dry_run: false };
    assert_eq!(asked(Ec2Action::DeleteTags, "ResourceId.1=a"), Ok(Ec2Request::DeleteTags(all)));

    for (action, rest, refusal) in [
        (Ec2Action::CreateTags, "Tag.1.Key=k", Refusal::MissingParameter("resourceIdSet")),
        (Ec2Action::CreateTags, "ResourceId.1=a", Refusal::TagsAbsent),
        (Ec2Action::DeleteTags, "Tag.1.Key=k", Refusal::MissingParameter("resourceIdSet")),
    ] {
        assert_eq!(asked(action, rest), Err(refusal.into()), "{rest}");
    }
    let fifty: String = (1..=50).map(|n| format!("Tag.{n}.Key=k{n}&Tag.{n}.Value=v&")).collect();
    assert!(asked(Ec2Action::CreateTags, &(resources(1000) + &fifty)).is_ok());
    let error = invalid("ResourceId", "1001 ids", "at most 1000 ids");
    assert_eq!(asked(Ec2Action::CreateTags, &(resources(1001) + &fifty)), Err(error));
}

#[test]
fn small_actions_take_their_parameters() {
    assert_eq!(
        asked(Ec2Action::DeleteSnapshot, &format!("SnapshotId={ID}&DryRun=TRUE")),
        Ok(Ec2Request::DeleteSnapshot(DeleteSnapshotRequest {
            snapshot: ID.parse().expect("an id"),
            dry_run: true
        }))
    );
    let malformed = |id: &str| Err(Refusal::SnapshotIdMalformed(id.into()).into());
    assert_eq!(asked(Ec2Action::DeleteSnapshot, "SnapshotId="), malformed(""));
    assert_eq!(asked(Ec2Action::DeleteSnapshot, "SnapshotId=snap-x"), malformed("snap-x"));
    assert_eq!(asked(Ec2Action::DeleteSnapshot, ""), Err(Refusal::MissingParameter("SnapshotId").into()));
    assert_eq!(
        asked(
            Ec2Action::DescribeRegions,
            "RegionName.1=a&AllRegions=true&Filter.1.Name=n&Filter.1.Value.1=v"
        ),
        Ok(Ec2Request::DescribeRegions(DescribeRegionsRequest {
            region_names: vec!["a".into()],
            filters: vec![filter("n", &["v"])],
            dry_run: false,
        }))
    );
    assert_eq!(
        asked(Ec2Action::DescribeAvailabilityZones, "ZoneName.1=a&ZoneId.1=b&AllAvailabilityZones=false"),
        Ok(Ec2Request::DescribeAvailabilityZones(DescribeAvailabilityZonesRequest {
            zone_names: vec!["a".into()],
            zone_ids: vec!["b".into()],
            filters: vec![],
            dry_run: false,
        }))
    );
    assert_eq!(
        asked(Ec2Action::DescribeRegions, "AllRegions=maybe"),
        Err(invalid("AllRegions", "maybe", "true or false"))
    );
    let all = DescribeSnapshotsRequest {
        snapshot_ids: vec!["b".into(), "a".into()],
        owners: vec![],
        restorable_by: vec![],
        filters: vec![],
        page: NO_PAGE,
        dry_run: false,
    };
    assert_eq!(
        asked(Ec2Action::DescribeSnapshots, "SnapshotId.1=b&SnapshotId.2=a"),
        Ok(Ec2Request::DescribeSnapshots(all))
    );
    let every = DescribeTagsRequest {
        filters: vec![],
        page: Page { max_results: None, after: None },
        dry_run: false,
    };
    assert_eq!(asked(Ec2Action::DescribeTags, ""), Ok(Ec2Request::DescribeTags(every)));
}

#[test]
fn a_request_knows_its_action() {
    for (action, rest) in [
        (Ec2Action::CopySnapshot, "SourceSnapshotId=snap-12345678&SourceRegion=a"),
        (Ec2Action::CreateTags, "ResourceId.1=a&Tag.1.Key=k"),
        (Ec2Action::DeleteSnapshot, "SnapshotId=snap-12345678"),
        (Ec2Action::DeleteTags, "ResourceId.1=a"),
        (Ec2Action::DescribeAvailabilityZones, ""),
        (Ec2Action::DescribeRegions, ""),
        (Ec2Action::DescribeSnapshots, ""),
        (Ec2Action::DescribeTags, ""),
    ] {
        assert_eq!(asked(action, rest).map(|request| request.action()), Ok(action));
    }
}

proptest! {
    #[test]
    fn no_form_panics(
        action in proptest::sample::select(&Ec2Action::ALL[..]),
        names in proptest::collection::vec(
            "(SourceSnapshotId|SourceRegion|PresignedUrl|Filter|TagSpecification|Tag|Owner|ResourceId|MaxResults|NextToken)(\\.[0-9]{1,7}|\\.[A-Z][a-z]{0,4}){0,4}",
            0..8,
        ),
        value in ".{0,12}|snap-[0-9a-f]{17}|https?://.{0,20}|[0-9-]{1,20}",
    ) {
        let value = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
        let _ = asked(action, &names.iter().map(|name| format!("{name}={value}&")).collect::<String>());
    }
}
