"""The form of every answer: request ids, envelopes, members that the service models know, times, escapes."""

import json
import re
import uuid
import xml.etree.ElementTree as ElementTree

import botocore.session
import pytest

import signed_requests
import snapshots
from aws_clients import refused
from server_process import HOME
from signed_requests import query, rest, send, sign
from snapshots import block, digest, filled

EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
STS = "https://sts.amazonaws.com/doc/2011-06-15/"
STS_SCOPE = {"service": "sts", "version": "2011-06-15"}
ABSENT = "snap-0fedcba9876543210"
TEXTS = ["<&>\"' ]]> &amp;", "ключ 中文 😀 é", "  two  spaces  ", "a+b%20c=d&e", "\ttab", "é\u0301 \u202e"]


@pytest.fixture(scope="module")
def source(server):
    """A completed snapshot of two blocks, without tags."""
    return snapshots.upload(server, {0: block(1), 3: filled(0)}, Description="source")


def document(answer):
    return ElementTree.fromstring(answer.body)


def members(shape, prefix=""):
    """Wire paths of everything in an output structure, list members as `item`."""
    paths = set()
    for name, member in shape.members.items():
        path = prefix + member.serialization.get("name", name)
        paths.add(path)
        if member.type_name == "structure":
            paths |= members(member, path + "/")
        elif member.type_name == "list":
            paths.add(path + "/item")
            if member.member.type_name == "structure":
                paths |= members(member.member, path + "/item/")
    return paths


def modelled(service, action):
    return members(botocore.session.Session().get_service_model(service).operation_model(action).output_shape)


def element_paths(element, prefix=""):
    """Paths of all elements below an element, without their namespace."""
    for child in element:
        path = prefix + child.tag.partition("}")[2]
        yield path
        yield from element_paths(child, path + "/")


def json_paths(value, prefix=""):
    for name, member in value.items():
        yield prefix + name
        for item in member if isinstance(member, list) else []:
            yield prefix + name + "/item"
            yield from json_paths(item, prefix + name + "/item/")


def test_every_ec2_success_names_its_request_once_in_header_and_body(server, source):
    seen = set()
    for action, parameters in [
        ("CopySnapshot", {"SourceRegion": HOME, "SourceSnapshotId": source}),
        ("CreateTags", {"ResourceId.1": source, "Tag.1.Key": "once"}),
        ("DeleteTags", {"ResourceId.1": source, "Tag.1.Key": "once"}),
        ("DeleteSnapshot", {"SnapshotId": snapshots.copy(server, source)}),
        ("DescribeAvailabilityZones", {}),
        ("DescribeRegions", {}),
        ("DescribeSnapshots", {}),
        ("DescribeTags", {}),
    ]:
        answer = query(server, action, parameters)
        root = document(answer)
        assert answer.status == 200, answer.text
        assert answer.headers["content-type"] == "text/xml;charset=UTF-8"
        assert root.tag == f"{{{EC2}}}{action}Response"
        assert [root.findtext(f"{{{EC2}}}requestId")] == [answer.headers["x-amzn-requestid"]]
        assert str(uuid.UUID(answer.headers["x-amzn-requestid"])) not in seen
        seen.add(answer.headers["x-amzn-requestid"])


@pytest.mark.parametrize("action", ["CreateTags", "DeleteTags", "DeleteSnapshot"])
def test_actions_without_output_answer_that_they_are_done(server, source, action):
    copy_id = snapshots.copy(server, source)
    parameters = {"SnapshotId": copy_id} if action == "DeleteSnapshot" else {"ResourceId.1": copy_id, "Tag.1.Key": "k"}
    root = document(query(server, action, parameters))
    assert [child.tag for child in root] == [f"{{{EC2}}}requestId", f"{{{EC2}}}return"]
    assert root[1].text == "true"


@pytest.mark.parametrize(
    ("action", "parameters", "status"),
    [
        ("DescribeSnapshots", {"SnapshotId.1": ABSENT}, 400),
        ("DescribeSnapshots", {"DryRun": "true"}, 412),
        ("DescribeSnapshots", {"Filter.1.Name": "<&>", "Filter.1.Value.1": "x"}, 400),
        ("NoSuchAction", {}, 400),
    ],
)
def test_every_ec2_failure_has_the_error_envelope(server, action, parameters, status):
    answer = query(server, action, parameters)
    root = document(answer)
    assert answer.status == status
    assert answer.headers["content-type"] == "text/xml;charset=UTF-8"
    assert root.tag == "Response"
    assert [child.tag for child in root] == ["Errors", "RequestID"]
    assert [child.tag for child in root.find("Errors/Error")] == ["Code", "Message"]
    assert root.findtext("RequestID") == answer.headers["x-amzn-requestid"]


def test_every_ec2_answer_has_the_name_of_amazons_server(server):
    failed = query(server, "NoSuchAction")
    for answer in (query(server, "DescribeRegions"), failed, query(server, "DescribeRegions", {"DryRun": "true"})):
        assert answer.headers["server"] == "AmazonEC2"
    assert "server" not in query(server, "GetCallerIdentity", **STS_SCOPE).headers


@pytest.mark.parametrize("action", ["DescribeSnapshots", "DeleteSnapshot"])
def test_a_malformed_id_is_told_where_clients_look_for_it(server, action):
    parameter = {"DescribeSnapshots": "SnapshotId.1"}.get(action, "SnapshotId")
    for malformed in ("snap-xyz", "snap-", "snap-0123456789ABCDEF0"):
        answer = query(server, action, {parameter: malformed})
        assert (answer.status, answer.code) == (400, "InvalidSnapshotID.Malformed")
        # As Cloud Custodian finds the id that it takes out of its list.
        assert answer.message[answer.message.find('"') + 1 : answer.message.rfind('"')] == malformed
    answer = query(server, action, {parameter: ABSENT})
    assert answer.message[answer.message.find("'") + 1 : answer.message.rfind("'")] == ABSENT


def test_an_unsigned_request_too_is_named(server):
    answer = send(server, "POST", "/", {"Content-Type": signed_requests.FORM}, b"Action=DescribeRegions")
    assert answer.status == 403
    assert document(answer).findtext("RequestID") == answer.headers["x-amzn-requestid"]


def test_sts_answers_and_failures_name_their_request(server):
    answer = query(server, "GetCallerIdentity", **STS_SCOPE)
    root = document(answer)
    assert [child.tag for child in root] == [f"{{{STS}}}GetCallerIdentityResult", f"{{{STS}}}ResponseMetadata"]
    assert {child.tag.partition("}")[2] for child in root[0]} == {"Arn", "UserId", "Account"}
    assert root[1].findtext(f"{{{STS}}}RequestId") == answer.headers["x-amzn-requestid"]
    answer = query(server, "NoSuchAction", **STS_SCOPE)
    root = document(answer)
    assert (answer.status, root.tag) == (400, f"{{{STS}}}ErrorResponse")
    assert [child.tag.partition("}")[2] for child in root.find(f"{{{STS}}}Error")] == ["Type", "Code", "Message"]
    assert root.findtext(f"{{{STS}}}Error/{{{STS}}}Type") == "Sender"
    assert root.findtext(f"{{{STS}}}RequestId") == answer.headers["x-amzn-requestid"]


def test_ebs_direct_failures_have_their_envelope(server):
    answer = rest(server, "GET", f"/snapshots/{ABSENT}/blocks")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert set(json.loads(answer.body)) == {"Message", "Reason"}
    assert uuid.UUID(answer.headers["x-amzn-requestid"])


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("DescribeSnapshots", {}),
        ("DescribeTags", {}),
        ("DescribeRegions", {}),
        ("DescribeAvailabilityZones", {}),
        ("CopySnapshot", {"SourceRegion": HOME, "TagSpecification.1.ResourceType": "snapshot"}),
    ],
)
def test_ec2_answers_have_no_member_that_the_model_lacks(server, source, action, parameters):
    query(server, "CreateTags", {"ResourceId.1": snapshots.copy(server, source), "Tag.1.Key": "k"})
    if action == "CopySnapshot":
        parameters = {**parameters, "SourceSnapshotId": source, "TagSpecification.1.Tag.1.Key": "k"}
    found = set(element_paths(document(query(server, action, parameters)))) - {"requestId"}
    assert any(path.endswith("/item") for path in found), "there is something to compare"
    assert found <= modelled("ec2", action)


def test_a_described_snapshot_has_what_every_snapshot_has(server, source):
    item = document(query(server, "DescribeSnapshots", {"SnapshotId.1": source})).find(f".//{{{EC2}}}item")
    assert {child.tag.partition("}")[2] for child in item} == {
        *("snapshotId", "volumeId", "status", "startTime", "completionTime", "progress", "ownerId", "volumeSize"),
        *("fullSnapshotSizeInBytes", "description", "encrypted", "storageTier", "transferType"),
    }


def test_a_described_zone_and_region_have_what_clients_read(server):
    zone = document(query(server, "DescribeAvailabilityZones")).find(f".//{{{EC2}}}item")
    assert {child.tag.partition("}")[2] for child in zone} >= {
        *("zoneName", "zoneId", "zoneState", "zoneType", "regionName", "groupName", "groupLongName"),
        *("networkBorderGroup", "optInStatus", "messageSet"),
    }
    region = document(query(server, "DescribeRegions")).find(f".//{{{EC2}}}item")
    assert {child.tag.partition("}")[2] for child in region} >= {"regionName", "regionEndpoint", "optInStatus"}


@pytest.mark.parametrize(
    ("action", "sets"),
    [
        ("DescribeSnapshots", "snapshotSet"),
        ("DescribeTags", "tagSet"),
        ("DescribeRegions", "regionInfo"),
        ("DescribeAvailabilityZones", "availabilityZoneInfo"),
    ],
)
def test_nothing_found_is_an_empty_set_without_a_token(server, action, sets):
    names = {"DescribeTags": "key", "DescribeSnapshots": "description"}
    filters = {"Filter.1.Name": names.get(action, "region-name"), "Filter.1.Value.1": "no such"}
    root = document(query(server, action, filters))
    assert [child.tag.partition("}")[2] for child in root] == ["requestId", sets]
    assert list(root[1]) == []


def test_times_are_utc_with_milliseconds(server, source):
    text = query(server, "DescribeSnapshots", {"SnapshotId.1": source}).text
    for name in ("startTime", "completionTime"):
        assert re.search(rf"<{name}>\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z</{name}>", text), text


def test_get_and_post_answer_alike(server, source):
    target = f"/?Action=DescribeSnapshots&Version=2016-11-15&SnapshotId.1={source}"
    by_get = send(server, "GET", target, sign(server, "GET", target))
    by_post = query(server, "DescribeSnapshots", {"SnapshotId.1": source})
    without_id = [re.sub("<requestId>.*?</requestId>", "", answer.text) for answer in (by_get, by_post)]
    assert (by_get.status, without_id[0]) == (200, without_id[1])


@pytest.mark.parametrize("text", TEXTS)
def test_any_tag_is_told_alike_by_every_answer(server, ec2, source, text):
    tags = [{"Key": text, "Value": text}]
    copy = ec2.copy_snapshot(
        SourceRegion=HOME, SourceSnapshotId=source, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}]
    )
    assert copy["Tags"] == tags
    assert snapshots.describe(server, copy["SnapshotId"])["Tags"] == tags
    described = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [copy["SnapshotId"]]}])["Tags"]
    assert [(tag["Key"], tag["Value"]) for tag in described] == [(text, text)]
    found = ec2.describe_snapshots(Filters=[{"Name": f"tag:{text}", "Values": [text]}])["Snapshots"]
    assert copy["SnapshotId"] in [item["SnapshotId"] for item in found]


def test_a_description_with_markup_comes_back(server, source):
    text = "<b>&amp; \"quoted\" 'too' ]]>"
    assert snapshots.describe(server, snapshots.copy(server, source, Description=text))["Description"] == text


def test_a_description_outside_ascii_is_refused(server, ebs, source):
    with refused("InvalidParameterValue", status=400) as answer:
        snapshots.copy(server, source, Description="café")
    assert "ASCII" in answer.message
    with refused("ValidationException", status=400) as answer:
        ebs.start_snapshot(VolumeSize=1, Description="café")
    assert answer.reason == "INVALID_PARAMETER_VALUE"


def test_start_snapshot_answers_every_member_and_null_where_there_is_none(server, ec2):
    body = json.dumps({"VolumeSize": 1, "Tags": [{"Key": "k", "Value": ""}]}).encode()
    answer = rest(server, "POST", "/snapshots", body, {"Content-Type": "application/json"})
    started = json.loads(answer.body)
    ec2.delete_snapshot(SnapshotId=started["SnapshotId"])
    assert answer.status == 201
    assert set(json_paths(started)) == modelled("ebs", "StartSnapshot")
    assert [name for name, value in started.items() if value is None] == [
        *("Description", "ParentSnapshotId", "KmsKeyArn", "SseType"),
    ]
    assert isinstance(started["StartTime"], float)


def test_listings_answer_the_members_of_the_model(server, source):
    child = snapshots.upload(server, {1: block(2)}, ParentSnapshotId=source)
    for action, target in [
        ("ListSnapshotBlocks", f"/snapshots/{child}/blocks"),
        ("ListChangedBlocks", f"/snapshots/{child}/changedblocks?firstSnapshotId={source}"),
    ]:
        answer = json.loads(rest(server, "GET", target).body)
        lacking = modelled("ebs", action) - set(json_paths(answer))
        assert set(json_paths(answer)) <= modelled("ebs", action)
        assert lacking <= {"ChangedBlocks/item/FirstBlockToken"}, "an added block has no token of the first snapshot"
        assert answer["NextToken"] is None
        assert isinstance(answer["ExpiryTime"], (int, float))


def test_blocks_carry_length_and_checksum_in_headers(server, ebs, source):
    token = ebs.list_snapshot_blocks(SnapshotId=source)["Blocks"][0]["BlockToken"]
    answer = ebs.get_snapshot_block(SnapshotId=source, BlockIndex=0, BlockToken=token)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/octet-stream"
    assert (headers["x-amz-data-length"], headers["content-length"]) == ("524288", "524288")
    assert (headers["x-amz-checksum"], headers["x-amz-checksum-algorithm"]) == (digest(block(1)), "SHA256")
    assert uuid.UUID(headers["x-amzn-requestid"])
