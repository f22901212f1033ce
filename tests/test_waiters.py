"""Waiters of Amazon's clients: they end when the snapshot does, in either way."""

import concurrent.futures

import botocore.exceptions
import pytest

import snapshots
from aws_clients import client
from server_process import AWAY, HOME
from snapshots import block
from stored_objects import root_of, unreadable
from test_awscli import aws

ABSENT = "snap-0fedcba9876543210"
OFTEN = {"Delay": 1, "MaxAttempts": 120}


def wait(server, *ids, region=AWAY, **often):
    waiter = client(server, "ec2", region).get_waiter("snapshot_completed")
    waiter.wait(SnapshotIds=list(ids), WaiterConfig=often or OFTEN)


def test_the_waiter_ends_with_the_copy(own_server):
    server = own_server
    source = snapshots.upload(server, {0: block(1)})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with unreadable(root_of(server, source)):
            copies = [snapshots.copy(server, source, destination=AWAY) for _ in range(2)]
            waiting = pool.submit(wait, server, *copies)
            with pytest.raises(botocore.exceptions.WaiterError, match="Max attempts exceeded"):
                wait(server, *copies, Delay=1, MaxAttempts=2)
            assert not waiting.done(), "nobody can read the source yet"
        waiting.result()
    for copy_id in copies:
        assert snapshots.describe(server, copy_id, AWAY)["State"] == "completed"


def test_the_waiter_fails_as_soon_as_one_of_its_snapshots_does(server):
    source = snapshots.upload(server, {0: block(2)})
    failed = snapshots.copy(server, ABSENT, destination=AWAY)
    snapshots.failed(server, failed, AWAY)
    copied = snapshots.copy(server, source, destination=AWAY)
    with pytest.raises(botocore.exceptions.WaiterError, match="terminal failure state"):
        wait(server, copied, failed)


def test_the_waiter_fails_for_what_is_not_there(server):
    with pytest.raises(botocore.exceptions.WaiterError, match="InvalidSnapshot.NotFound"):
        wait(server, ABSENT, region=HOME)


def test_the_aws_cli_waits_and_tells_the_end_by_its_status(aws, server):
    failed = snapshots.copy(server, ABSENT, destination=AWAY)
    snapshots.failed(server, failed, AWAY)
    told = aws("ec2", "wait", "snapshot-completed", "--snapshot-ids", failed, region=AWAY, fails=True)
    assert "terminal failure state" in told
    copied = snapshots.copy(server, snapshots.upload(server, {0: block(3)}), destination=AWAY)
    snapshots.completed(server, copied, AWAY)
    assert aws("ec2", "wait", "snapshot-completed", "--snapshot-ids", copied, region=AWAY) == ""
