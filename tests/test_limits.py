"""`[limits]`: as much as the configuration file allows is accepted, and the next is refused.

Copies stay pending for as long as a test wants because their source cannot be read: that may pass, and is tried again.
"""

import contextlib
import uuid

import pytest

import signed_requests
import snapshots
from aws_clients import client, refused
from configured_server import configured
from server_process import AWAY, HOME
from snapshots import block
from stored_objects import root_of, unreadable

ABSENT = "snap-0fedcba9876543210"
QUOTA_REASON = "DEPENDENCY_SERVICE_QUOTA_EXCEEDED"


@pytest.fixture
def limited(request, tmp_path):
    """A server with these limits and nothing in it."""
    with configured(tmp_path, f"{request.param}\n") as server:
        yield server


def under(*lines):
    return pytest.mark.parametrize("limited", ["\n".join(["[limits]", *lines])], indirect=True)


@contextlib.contextmanager
def held(server, *sources):
    """As long as this lasts, copies of these snapshots, which nobody has read yet, stay pending."""
    with contextlib.ExitStack() as stack:
        for source in sources:
            stack.enter_context(unreadable(root_of(server, source)))
        yield


def too_many_copies(limit):
    return f"Too many snapshot copies in progress. The limit is {limit} for this destination region."


def ids(server, region):
    return {found["SnapshotId"] for found in client(server, "ec2", region).describe_snapshots()["Snapshots"]}


def states(server, region):
    return {found["State"] for found in client(server, "ec2", region).describe_snapshots()["Snapshots"]}


def start(server, token=None):
    token = token or str(uuid.uuid4())
    return client(server, "ebs").start_snapshot(VolumeSize=1, ClientToken=token)["SnapshotId"]


def delete(server, snapshot_id, region=HOME):
    client(server, "ec2", region).delete_snapshot(SnapshotId=snapshot_id)


@under("copies_in_flight = 2")
def test_copies_are_accepted_up_to_the_limit_and_again_when_one_has_ended(limited):
    source = snapshots.upload(limited, {0: block(1)})
    # One that has failed is no longer in flight.
    snapshots.failed(limited, snapshots.copy(limited, ABSENT, destination=AWAY), AWAY)
    with held(limited, source):
        first, second = (snapshots.copy(limited, source, destination=AWAY) for _ in range(2))
        before = ids(limited, AWAY)
        with refused("ResourceLimitExceeded", status=400) as answer:
            snapshots.copy(limited, source, destination=AWAY)
        assert answer.message == too_many_copies(2)
        assert ids(limited, AWAY) == before, "a refused copy left something"
        delete(limited, first, AWAY)
        third = snapshots.copy(limited, source, destination=AWAY)
        with refused("ResourceLimitExceeded", status=400):
            snapshots.copy(limited, source, destination=AWAY)
    for copy_id in (second, third):
        snapshots.completed(limited, copy_id, AWAY)
    last = snapshots.copy(limited, source, destination=AWAY)
    snapshots.completed(limited, last, AWAY)
    assert snapshots.read(limited, last, AWAY) == {0: block(1)}


@under("copies_in_flight = 1")
def test_the_limit_of_copies_is_the_destinations_own(limited):
    source = snapshots.upload(limited, {0: block(2)})
    with held(limited, source):
        snapshots.copy(limited, source, destination=AWAY)
        snapshots.copy(limited, source, destination=HOME)
        for destination in (HOME, AWAY):
            with refused("ResourceLimitExceeded", status=400) as answer:
                snapshots.copy(limited, source, destination=destination)
            assert answer.message == too_many_copies(1)


@under("")
def test_twenty_copies_are_in_flight_unless_it_is_set_otherwise(limited):
    source = snapshots.upload(limited, {0: block(3)})
    with held(limited, source):
        for _ in range(20):
            snapshots.copy(limited, source, destination=AWAY)
        with refused("ResourceLimitExceeded", status=400) as answer:
            snapshots.copy(limited, source, destination=AWAY)
        assert answer.message == too_many_copies(20)


@under("copies_in_flight = 2", "queue_copies = true")
def test_queued_copies_are_all_accepted_and_all_finished(limited):
    contents = [{0: block(f"queued {number}")} for number in range(5)]
    sources = [snapshots.upload(limited, blocks) for blocks in contents]
    with held(limited, *sources):
        copies = [(snapshots.copy(limited, source, destination=AWAY), blocks)
                  for _ in range(8) for source, blocks in zip(sources, contents)]
        assert states(limited, AWAY) == {"pending"}
    for copy_id, blocks in copies:
        snapshots.completed(limited, copy_id, AWAY)
        assert snapshots.read(limited, copy_id, AWAY) == blocks


@under("snapshots = 3")
def test_an_account_has_as_many_snapshots_as_is_set_in_any_state(limited):
    completed, pending = snapshots.upload(limited, {}), start(limited)
    failed = snapshots.copy(limited, ABSENT)
    snapshots.failed(limited, failed)
    with refused("SnapshotLimitExceeded", status=400) as answer:
        snapshots.copy(limited, completed)
    assert "3" in answer.message
    with refused("ServiceQuotaExceededException", status=402) as answer:
        start(limited)
    assert answer.reason == QUOTA_REASON and "3" in answer.message
    assert ids(limited, HOME) == {completed, pending, failed}, "what was refused left something"
    # Each region counts its own.
    snapshots.completed(limited, snapshots.copy(limited, completed, destination=AWAY), AWAY)
    for deleted in (failed, pending):
        delete(limited, deleted)
    start(limited)
    snapshots.completed(limited, snapshots.copy(limited, completed))
    with refused("SnapshotLimitExceeded", status=400):
        snapshots.copy(limited, completed)


@under("uploads_pending = 2")
def test_uploads_are_started_up_to_the_limit_and_again_when_one_has_ended(limited):
    first, token = start(limited), str(uuid.uuid4())
    second = start(limited, token)
    with refused("ConcurrentLimitExceededException", status=400) as answer:
        start(limited)
    assert "2" in answer.message
    assert start(limited, token) == second, "a repeated request is not another upload"
    assert ids(limited, HOME) == {first, second}, "a refused upload left something"
    delete(limited, first)
    third = start(limited)
    with refused("ConcurrentLimitExceededException", status=400):
        start(limited)
    snapshots.complete(client(limited, "ebs"), third, {})
    snapshots.completed(limited, third)
    start(limited)
    # Copies are not uploads.
    snapshots.completed(limited, snapshots.copy(limited, third))


@pytest.mark.parametrize(
    "limited", ['compat.missing_source = "sync"\nlimits = { copies_in_flight = 1, snapshots = 2 }'], indirect=True
)
def test_of_several_faults_of_a_copy_the_first_of_the_table_is_answered(limited):
    source = snapshots.upload(limited, {0: block(4)})
    with held(limited, source):
        pending = snapshots.copy(limited, source)
        asked = {}
        for mended, status, code, part in faults_in_order(source):
            asked = {name: value for name, value in {**asked, **mended}.items() if value is not None}
            answer = signed_requests.query(limited, "CopySnapshot", asked)
            assert (answer.status, answer.code) == (status, code), f"{mended}: {answer.text}"
            assert part in answer.message, answer.message
    snapshots.completed(limited, pending)
    answer = signed_requests.query(limited, "CopySnapshot", asked)
    assert (answer.status, answer.code) == (400, "SnapshotLimitExceeded")
    delete(limited, pending)
    answer = signed_requests.query(limited, "CopySnapshot", asked)
    assert (answer.status, answer.code) == (200, "")


def faults_in_order(source):
    """What is mended in a request that is wrong in every way, one thing after the other, and what it answers then."""
    value = "InvalidParameterValue"

    def presigned(scheme, snapshot_id, region):
        return {"PresignedUrl": f"{scheme}://e.example/?SourceSnapshotId={snapshot_id}&DestinationRegion={region}"}

    wrong = {
        "CompletionDurationMinutes": "soon",
        "TagSpecification.1.ResourceType": "snapshot",
        "TagSpecification.1.Tag.1.Key": "aws:mine",
        "Description": "naïve",
        "KmsKeyId": "alias/mine",
        "DestinationOutpostArn": "arn:aws:outposts:us-east-1:123456789012:outpost/op-1",
        "DryRun": "true",
        "DestinationRegion": "eu-west-1",
        **presigned("ftp", "snap-1", "eu-west-1"),
    }
    return [
        (wrong, 400, "MissingParameter", "SourceSnapshotId"),
        ({"SourceSnapshotId": "bad"}, 400, value, "snapshotId"),
        ({"SourceSnapshotId": ABSENT}, 400, "MissingParameter", "SourceRegion"),
        ({"SourceRegion": "mars-north-1"}, 400, value, "CompletionDurationMinutes"),
        ({"CompletionDurationMinutes": "7"}, 400, "InvalidRegion", "mars-north-1"),
        ({"SourceRegion": HOME}, 400, value, "completion duration"),
        ({"CompletionDurationMinutes": "15"}, 400, value, "aws:"),
        ({"TagSpecification.1.Tag.1.Key": "mine"}, 400, value, "parameter description"),
        ({"Description": "naive"}, 400, "InvalidParameterDependency", "KmsKeyId"),
        ({"KmsKeyId": None}, 400, "UnsupportedOperation", "DestinationOutpostArn"),
        ({"DestinationOutpostArn": None}, 412, "DryRunOperation", "DryRun"),
        ({"DryRun": "false"}, 400, value, "eu-west-1"),
        ({"DestinationRegion": HOME}, 400, value, "http or https"),
        (presigned("https", "snap-1", "eu-west-1"), 400, value, "snap-1"),
        (presigned("https", ABSENT, "eu-west-1"), 400, value, "eu-west-1"),
        (presigned("https", ABSENT, HOME), 400, "InvalidSnapshot.NotFound", ABSENT),
        ({"SourceSnapshotId": source, "PresignedUrl": None}, 400, "ResourceLimitExceeded", "The limit is 1"),
    ]
