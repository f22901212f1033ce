"""Names of parameters: all that Amazon's actions have are known, others are refused, wherever they stand."""

import urllib.parse

import botocore.session
import pytest

import snapshots
from server_process import HOME
from signed_requests import FORM, VERSION, presign, query, send, sign

ACTIONS = [
    *("CopySnapshot", "CreateTags", "DeleteSnapshot", "DeleteTags"),
    *("DescribeAvailabilityZones", "DescribeRegions", "DescribeSnapshots", "DescribeTags"),
]


@pytest.fixture(scope="module")
def tagged(server):
    """A snapshot with two tags."""
    return snapshots.upload(server, {}, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])


def wire_names(shape, prefix=""):
    """Names that clients write for the members of an input structure, with 1 for list indexes."""
    for name, member in shape.members.items():
        written = member.serialization.get("queryName") or member.serialization.get("name", name)
        written = prefix + written[0].upper() + written[1:]
        inner = member
        if member.type_name == "list":
            written, inner = written + ".1", member.member
        if inner.type_name == "structure":
            yield from wire_names(inner, written + ".")
        else:
            yield written


@pytest.mark.parametrize("action", ACTIONS)
def test_every_parameter_of_the_model_is_known(server, action):
    model = botocore.session.Session().get_service_model("ec2")
    names = list(wire_names(model.operation_model(action).input_shape))
    assert "DryRun" in names
    for name in names:
        assert query(server, action, {"DryRun": "true", name: "x"}).code != "UnknownParameter", name


@pytest.mark.parametrize(
    ("parameter", "told"),
    [("Tags.1.Key", "Tags"), ("TagKeys.1", "TagKeys"), ("tag.1.Key", "tag"), ("Tag.1.key", "Tag.1.key")],
)
def test_a_misspelt_tag_takes_no_tag_off(server, ec2, tagged, parameter, told):
    answer = query(server, "DeleteTags", {"ResourceId.1": tagged, parameter: "a"})
    assert (answer.status, answer.code) == (400, "UnknownParameter")
    assert answer.message == f"The parameter {told} is not recognized"
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b"}


@pytest.mark.parametrize(
    ("action", "parameter", "told"),
    [
        ("DescribeSnapshots", "Filters.1.Name", "Filters"),
        ("DescribeSnapshots", "OwnerIds.1", "OwnerIds"),
        ("DescribeSnapshots", "RestorableByUserIds.1", "RestorableByUserIds"),
        ("DescribeSnapshots", "NotYetInvented", "NotYetInvented"),
        ("DescribeTags", "Filters.1.Name", "Filters"),
        ("DescribeRegions", "RegionNames.1", "RegionNames"),
        ("DescribeAvailabilityZones", "ZoneNames.1", "ZoneNames"),
        ("CreateTags", "Resources.1", "Resources"),
        ("CopySnapshot", "TagSpecifications.1.ResourceType", "TagSpecifications"),
        ("CopySnapshot", "TagSpecification.1.Tags.1.Key", "TagSpecification.1.Tags.1.Key"),
        ("CopySnapshot", "ClientToken", "ClientToken"),
        ("CopySnapshot", "encrypted", "encrypted"),
        ("DeleteSnapshot", "dryRun", "dryRun"),
    ],
)
def test_what_an_action_does_not_have_is_refused(server, tagged, action, parameter, told):
    needed = {
        "CopySnapshot": {"SourceSnapshotId": tagged, "SourceRegion": HOME},
        "CreateTags": {"ResourceId.1": tagged, "Tag.1.Key": "c"},
        "DeleteSnapshot": {"SnapshotId": tagged},
    }.get(action, {})
    answer = query(server, action, {**needed, parameter: "snapshot"})
    assert (answer.status, answer.code) == (400, "UnknownParameter")
    assert answer.message == f"The parameter {told} is not recognized"


def test_a_presigned_request_has_parameters_that_are_of_its_signature(server):
    target = presign(server, {"Action": "DescribeRegions", "Version": VERSION})
    assert send(server, "GET", target, {}).status == 200


def ask(server, method, in_query, in_body):
    target = "/" + (f"?{urllib.parse.urlencode(in_query)}" if in_query else "")
    body = urllib.parse.urlencode(in_body).encode()
    return send(server, method, target, sign(server, method, target, body, {"Content-Type": FORM}), body)


DELETE = {"Action": "DeleteTags", "Version": VERSION}


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_dry_run_is_one_wherever_it_is_asked_for(server, ec2, tagged, method):
    named = {**DELETE, "ResourceId.1": tagged}
    for in_query, in_body in [({"DryRun": "true"}, named), (named, {"DryRun": "true"})]:
        answer = ask(server, method, in_query, in_body)
        assert (answer.status, answer.code) == (412, "DryRunOperation")
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b"}


def test_query_and_body_make_one_request(server, ec2):
    snapshot_id = snapshots.upload(server, {}, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    answer = ask(server, "POST", {"Tag.1.Key": "a"}, {**DELETE, "ResourceId.1": snapshot_id})
    assert answer.status == 200, answer.text
    assert snapshots.tag_keys(ec2, snapshot_id) == {"b"}


@pytest.mark.parametrize("other", [{"DryRun": "false"}, {"DryRun": "true"}, {"Action": "DeleteTags"}], ids=repr)
def test_what_stands_in_query_and_body_is_refused(server, ec2, tagged, other):
    answer = ask(server, "POST", other, {**DELETE, "ResourceId.1": tagged, "DryRun": "true"})
    assert (answer.status, answer.code) == (400, "InvalidQueryParameter")
    assert next(iter(other)) in answer.message
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b"}


def test_what_is_not_known_in_the_query_is_refused_beside_a_body(server, ec2, tagged):
    answer = ask(server, "POST", {"Tags.1.Key": "a"}, {**DELETE, "ResourceId.1": tagged})
    assert (answer.status, answer.code) == (400, "UnknownParameter")
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b"}
