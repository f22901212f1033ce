"""The EBS direct APIs' refusals with their exceptions, reasons and sentences, and the bounds of their listings."""

import hashlib
import json
import uuid

import pytest

import snapshots
from aws_clients import client, refused
from signed_requests import rest
from snapshots import BLOCK_BYTES, block, digest, filled

INVALID = "ValidationException"
MISSING = "ResourceNotFoundException"
ABSENT = "snap-0fedcba9876543210"
DATA = block(900)


@pytest.fixture(scope="module")
def pair(server):
    """A snapshot of 230 blocks at every third index, and a child that changes one and adds one."""
    parent = snapshots.upload(server, {index * 3: filled(index % 7) for index in range(230)})
    child = snapshots.upload(server, {3: filled(9), 1: filled(8)}, ParentSnapshotId=parent)
    return parent, child


@pytest.fixture(scope="module")
def broken(server):
    """A snapshot that ended in error."""
    ebs = client(server, "ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1, ClientToken=str(uuid.uuid4()))["SnapshotId"]
    snapshots.complete(ebs, snapshot_id, {}, changed=1)
    snapshots.failed(server, snapshot_id)
    return snapshot_id


@pytest.fixture
def started(server, ebs, ec2):
    snapshot_id = ebs.start_snapshot(VolumeSize=1, ClientToken=str(uuid.uuid4()))["SnapshotId"]
    yield snapshot_id
    ec2.delete_snapshot(SnapshotId=snapshot_id)


def reason(answer):
    return json.loads(answer.body).get("Reason")


def start(server, **body):
    return rest(server, "POST", "/snapshots", json.dumps(body).encode(), {"Content-Type": "application/json"})


def put(server, snapshot_id, index=0, data=DATA, **changes):
    headers = {
        "x-amz-Data-Length": str(BLOCK_BYTES),
        "x-amz-Checksum": digest(DATA),
        "x-amz-Checksum-Algorithm": "SHA256",
        "X-Amz-Content-SHA256": hashlib.sha256(data).hexdigest(),
    }
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    given = {name: value for name, value in headers.items() if value is not None}
    return rest(server, "PUT", f"/snapshots/{snapshot_id}/blocks/{index}", data, given)


def listed(server, snapshot_id, query="", changed=False):
    kind = "changedblocks" if changed else "blocks"
    answer = rest(server, "GET", f"/snapshots/{snapshot_id}/{kind}{query}")
    assert answer.status == 200, answer.text
    body = json.loads(answer.body)
    return [item["BlockIndex"] for item in body["ChangedBlocks" if changed else "Blocks"]], body["NextToken"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"VolumeSize": -1}, "INVALID_VOLUME_SIZE"),
        ({}, "INVALID_PARAMETER_VALUE"),
        ({"VolumeSize": 1, "Timeout": 9}, "INVALID_PARAMETER_VALUE"),
        ({"VolumeSize": 1, "Timeout": 4321}, "INVALID_PARAMETER_VALUE"),
        ({"VolumeSize": 1, "Description": "d" * 256}, "INVALID_PARAMETER_VALUE"),
        ({"VolumeSize": 1, "ClientToken": "t" * 256}, "INVALID_PARAMETER_VALUE"),
        ({"VolumeSize": 1, "ParentSnapshotId": "bad"}, "INVALID_SNAPSHOT_ID"),
        ({"VolumeSize": 1, "Tags": [{"Key": "", "Value": ""}]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "Tags": [{"Value": "v"}]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "Tags": [{"Key": "k" * 128, "Value": ""}]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "Tags": [{"Key": "k", "Value": n} for n in "12"]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "Tags": [{"Key": f"{n}", "Value": ""} for n in range(51)]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "Encrypted": True}, "INVALID_PARAMETER_VALUE"),
    ],
    ids=lambda part: repr(part)[:60],
)
def test_start_snapshot_gives_the_reason(server, body, expected):
    answer = start(server, **body)
    assert (answer.status, answer.code, reason(answer)) == (400, INVALID, expected)


ARN = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ParentSnapshotId": ABSENT, "Encrypted": True}, "ParentSnapshotId and Encrypt cannot be specified together"),
        ({"ParentSnapshotId": ABSENT, "Encrypted": False}, "ParentSnapshotId and Encrypt cannot be specified together"),
        ({"ParentSnapshotId": ABSENT, "KmsKeyArn": ARN}, "ParentSnapshotId and KmsKeyArn cannot be specified together"),
        ({"Encrypted": False, "KmsKeyArn": ARN}, "Encrypt cannot be false when KmsKeyArn is specified"),
    ],
)
def test_what_is_said_of_encryption_must_agree(server, body, message):
    answer = start(server, VolumeSize=1, **body)
    assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_PARAMETER_VALUE")
    assert answer.message == message


@pytest.mark.parametrize("token", ["", " ", "a b", "a ", "\ta", "a\nb", "a\u00a0b", "a\u3000b"], ids=ascii)
def test_a_client_token_has_no_blanks(server, token):
    answer = start(server, VolumeSize=1, ClientToken=token)
    assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_PARAMETER_VALUE")
    assert "ClientToken" in answer.message


def test_the_bounds_of_start_snapshot_hold_at_the_bound(server, ec2):
    longest = {"Description": "d" * 255, "ClientToken": uuid.uuid4().hex.ljust(255, "t")}
    for bounds in ({"Timeout": 10}, {"Timeout": 4320}, longest, {"Encrypted": False}):
        answer = start(server, VolumeSize=1, **bounds)
        assert answer.status == 201, answer.text
        ec2.delete_snapshot(SnapshotId=json.loads(answer.body)["SnapshotId"])


def test_a_parent_that_failed_is_refused(server, broken):
    answer = start(server, VolumeSize=1, ParentSnapshotId=broken)
    assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_SNAPSHOT_ID")


def test_a_reused_client_token_conflicts_in_amazons_words(server, ec2):
    token = str(uuid.uuid4())
    first = start(server, VolumeSize=1, ClientToken=token)
    answer = start(server, VolumeSize=2, ClientToken=token)
    ec2.delete_snapshot(SnapshotId=json.loads(first.body)["SnapshotId"])
    assert (answer.status, answer.code) == (409, "ConflictException")
    assert answer.message == "Current request does not match request stored with this token."


@pytest.mark.parametrize(
    ("index", "data", "changes", "status", "code", "expected"),
    [
        (2048, DATA, {}, 400, INVALID, "INVALID_BLOCK"),
        (2**32, DATA, {}, 400, INVALID, "INVALID_BLOCK"),
        (0, DATA, {"x_amz_Data_Length": "524287"}, 400, INVALID, "INVALID_BLOCK"),
        (0, DATA[:-1], {}, 400, INVALID, "INVALID_PARAMETER_VALUE"),
        (0, DATA, {"x_amz_Checksum_Algorithm": "SHA1"}, 400, INVALID, "INVALID_PARAMETER_VALUE"),
        (0, DATA, {"x_amz_Checksum": None}, 400, INVALID, "INVALID_PARAMETER_VALUE"),
        (0, DATA, {"x_amz_Progress": "101"}, 400, INVALID, "INVALID_PARAMETER_VALUE"),
        (0, filled(1), {}, 403, "InvalidSignatureException", None),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_put_snapshot_block_gives_the_reason(server, started, index, data, changes, status, code, expected):
    answer = put(server, started, index, data, **changes)
    assert (answer.status, answer.code, reason(answer)) == (status, code, expected)


def test_refused_blocks_are_refused_in_amazons_words(server, started):
    assert put(server, started, 0, DATA[:-1]).message == "Failed to read block data"
    assert put(server, started, 0, filled(1)).message == (
        "The value passed in as x-amz-Checksum does not match the computed checksum. "
        f"Computed checksum: {digest(filled(1))} expected checksum: {digest(DATA)}"
    )


def test_a_written_block_is_acknowledged_with_its_checksum(server, started):
    answer = put(server, started, x_amz_Progress="100")
    assert (answer.status, answer.body) == (201, b"{}")
    assert answer.headers["x-amz-checksum"] == digest(DATA)
    assert answer.headers["x-amz-checksum-algorithm"] == "SHA256"


def test_only_an_upload_takes_blocks_and_completion(server, ebs, pair, broken):
    copied = snapshots.copy(server, pair[0])
    snapshots.completed(server, copied)
    for snapshot_id in (copied, ABSENT):
        for answer in (
            put(server, snapshot_id),
            rest(server, "POST", f"/snapshots/completion/{snapshot_id}", b"", {"x-amz-ChangedBlocksCount": "0"}),
        ):
            assert (answer.status, answer.code, reason(answer)) == (404, MISSING, "SNAPSHOT_NOT_FOUND")
    answer = put(server, broken)
    assert (answer.status, answer.code, reason(answer)) == (404, MISSING, "SNAPSHOT_NOT_FOUND")
    answer = put(server, pair[0])
    assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_SNAPSHOT_ID")
    assert answer.message == "Snapshot is already completed"


def test_completing_a_failed_upload_again_answers_error(ebs, broken):
    assert ebs.complete_snapshot(SnapshotId=broken, ChangedBlocksCount=0)["Status"] == "error"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-amz-ChangedBlocksCount": "-1"},
        {"x-amz-ChangedBlocksCount": "many"},
        {"x-amz-ChangedBlocksCount": "0", "x-amz-Checksum": digest(b"")},
        {
            "x-amz-ChangedBlocksCount": "0",
            "x-amz-Checksum": digest(b""),
            "x-amz-Checksum-Algorithm": "SHA256",
            "x-amz-Checksum-Aggregation-Method": "TREE",
        },
    ],
    ids=repr,
)
def test_complete_snapshot_gives_the_reason_and_leaves_the_upload_open(server, started, headers):
    answer = rest(server, "POST", f"/snapshots/completion/{started}", b"", headers)
    assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_PARAMETER_VALUE")
    assert put(server, started).status == 201


@pytest.mark.parametrize("target", ["blocks", "blocks/0?blockToken=x", "changedblocks?firstSnapshotId={other}"])
def test_what_is_not_completed_is_not_read(server, pair, broken, target):
    for snapshot_id in (broken, ABSENT):
        answer = rest(server, "GET", f"/snapshots/{snapshot_id}/{target.format(other=pair[0])}")
        if "Token" in target:
            assert (answer.status, reason(answer)) == (400, "INVALID_BLOCK_TOKEN")
        else:
            assert (answer.status, answer.code, reason(answer)) == (404, MISSING, "SNAPSHOT_NOT_FOUND")


def test_changed_blocks_need_a_first_snapshot(server, pair):
    for query in ("", "?firstSnapshotId="):
        answer = rest(server, "GET", f"/snapshots/{pair[1]}/changedblocks{query}")
        assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_SNAPSHOT_ID")
        assert answer.message == "First snapshot should not be empty or null"
    answer = rest(server, "GET", f"/snapshots/{pair[1]}/changedblocks?firstSnapshotId={ABSENT}")
    assert (answer.status, answer.code, reason(answer)) == (404, MISSING, "SNAPSHOT_NOT_FOUND")


def test_unrelated_snapshots_have_a_reason_of_their_own(ebs, server, pair):
    other = snapshots.upload(server, {})
    with refused(INVALID, status=400) as answer:
        ebs.list_changed_blocks(FirstSnapshotId=pair[0], SecondSnapshotId=other)
    assert answer.reason == "UNRELATED_SNAPSHOTS"


def test_changed_blocks_either_way_round(server, ebs, pair):
    parent, child = pair
    forth = ebs.list_changed_blocks(FirstSnapshotId=parent, SecondSnapshotId=child)["ChangedBlocks"]
    back = ebs.list_changed_blocks(FirstSnapshotId=child, SecondSnapshotId=parent)["ChangedBlocks"]
    both, one = {"BlockIndex", "FirstBlockToken", "SecondBlockToken"}, {"BlockIndex", "SecondBlockToken"}
    assert [(item["BlockIndex"], set(item)) for item in forth] == [(1, one), (3, both)]
    assert [(item["BlockIndex"], set(item)) for item in back] == [(1, {"BlockIndex", "FirstBlockToken"}), (3, both)]
    assert snapshots.get(ebs, child, 1, back[0]["FirstBlockToken"]) == filled(8)
    assert listed(server, child, f"?firstSnapshotId={parent}&startingBlockIndex=2", changed=True) == ([3], None)
    assert listed(server, child, f"?firstSnapshotId={child}", changed=True) == ([], None)


@pytest.mark.parametrize(
    ("asked", "given"), [("1", 100), ("0", 100), ("99", 100), ("100", 100), ("150", 150), ("10001", 230)]
)
def test_a_page_of_blocks_is_as_long_as_asked_within_its_bounds(server, pair, asked, given):
    indexes, token = listed(server, pair[0], f"?maxResults={asked}")
    assert indexes == [number * 3 for number in range(given)]
    assert (token is None) == (given == 230)


def test_without_a_size_a_page_has_every_block(server, pair):
    assert listed(server, pair[0]) == ([number * 3 for number in range(230)], None)


@pytest.mark.parametrize("query", ["maxResults=-1", "maxResults=x", "startingBlockIndex=-1", "startingBlockIndex=x"])
def test_numbers_of_a_listing_that_are_none_are_refused(server, pair, query):
    answer = rest(server, "GET", f"/snapshots/{pair[0]}/blocks?{query}")
    assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_PARAMETER_VALUE")


def test_a_listing_begins_at_its_index_and_a_token_beats_it(ebs, server, pair):
    assert listed(server, pair[0], "?startingBlockIndex=684")[0] == [684, 687]
    assert listed(server, pair[0], "?startingBlockIndex=688") == ([], None)
    assert listed(server, pair[0], "?startingBlockIndex=99999") == ([], None)
    token = ebs.list_snapshot_blocks(SnapshotId=pair[0], MaxResults=100)["NextToken"]
    answer = ebs.list_snapshot_blocks(SnapshotId=pair[0], MaxResults=100, NextToken=token, StartingBlockIndex=0)
    assert answer["Blocks"][0]["BlockIndex"] == 300


def test_a_made_up_page_token_has_a_reason_of_its_own(server, pair):
    for query in ("?pageToken=x", "?pageToken=AAAA", f"?pageToken={'A' * 257}"):
        answer = rest(server, "GET", f"/snapshots/{pair[0]}/blocks{query}")
        assert (answer.status, answer.code, reason(answer)) == (400, INVALID, "INVALID_PAGE_TOKEN")


def test_a_block_needs_its_token(server, pair):
    for query, expected in [("", "INVALID_PARAMETER_VALUE"), ("?blockToken=x", "INVALID_BLOCK_TOKEN")]:
        answer = rest(server, "GET", f"/snapshots/{pair[0]}/blocks/0{query}")
        assert (answer.status, answer.code, reason(answer)) == (400, INVALID, expected)
    assert answer.message == "The block token x is invalid."
