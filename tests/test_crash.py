"""Crashes: what was acknowledged survives `kill -9`, and what was begun is finished after it."""

import concurrent.futures
import threading
import time
import uuid

import botocore.exceptions
import pytest

import snapshots
from aws_clients import client
from server_process import AWAY, HOME
from snapshots import block

NETWORK_ERRORS = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)


class Acknowledged:
    """Which blocks the server has acknowledged; `enough` is set as soon as there are so many."""

    def __init__(self, enough):
        self.indexes = set()
        self.enough = threading.Event()
        self._enough_count = enough
        self._lock = threading.Lock()

    def add(self, index):
        with self._lock:
            self.indexes.add(index)
            if len(self.indexes) >= self._enough_count:
                self.enough.set()


def upload_until_killed(server, snapshot_id, blocks, kill_after):
    """Writes blocks with many workers, kills the server in their midst, and gives what was acknowledged."""
    ebs = client(server, "ebs")
    acknowledged = Acknowledged(kill_after)

    def write(item):
        index, data = item
        try:
            snapshots.put(ebs, snapshot_id, index, data)
        except NETWORK_ERRORS:
            return
        acknowledged.add(index)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        work = [pool.submit(write, item) for item in blocks.items()]
        in_time = acknowledged.enough.wait(60)
        server.kill()
        for done in work:
            done.result()
    assert in_time, f"fewer than {kill_after} blocks were acknowledged within a minute"
    assert len(acknowledged.indexes) < len(blocks), "the kill came after the last block"
    return acknowledged.indexes


@pytest.mark.parametrize("kill_after", [1, 20, 45])
def test_every_acknowledged_block_survives_a_kill_in_the_midst_of_an_upload(own_server, kill_after):
    blocks = {index * 7: block(700 + index) for index in range(96)}
    snapshot_id = client(own_server, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    kept = upload_until_killed(own_server, snapshot_id, blocks, kill_after)
    own_server.start()
    ebs = client(own_server, "ebs")
    snapshots.put_all(ebs, snapshot_id, {index: data for index, data in blocks.items() if index not in kept})
    snapshots.complete(ebs, snapshot_id, blocks)
    snapshots.completed(own_server, snapshot_id)
    assert snapshots.read(own_server, snapshot_id) == blocks


def test_an_upload_survives_kill_after_kill(own_server):
    blocks = {index: block(800 + index) for index in range(96)}
    snapshot_id = client(own_server, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    kept = set()
    for _ in range(4):
        missing = {index: data for index, data in blocks.items() if index not in kept}
        kept |= upload_until_killed(own_server, snapshot_id, missing, kill_after=3)
        own_server.start()
    ebs = client(own_server, "ebs")
    snapshots.put_all(ebs, snapshot_id, {index: data for index, data in blocks.items() if index not in kept})
    snapshots.complete(ebs, snapshot_id, blocks)
    snapshots.completed(own_server, snapshot_id)
    assert snapshots.read(own_server, snapshot_id) == blocks


def test_the_last_acknowledged_write_of_an_index_wins_after_a_kill(own_server):
    ebs = client(own_server, "ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    for version in range(5):
        snapshots.put(ebs, snapshot_id, 0, block(900 + version))
    own_server.kill()
    own_server.start()
    snapshots.complete(client(own_server, "ebs"), snapshot_id, {0: block(904)})
    snapshots.completed(own_server, snapshot_id)
    assert snapshots.read(own_server, snapshot_id) == {0: block(904)}


def test_a_kill_right_after_complete_loses_nothing(own_server):
    blocks = {index: block(1000 + index) for index in range(24)}
    ebs = client(own_server, "ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    snapshots.put_all(ebs, snapshot_id, blocks)
    snapshots.complete(ebs, snapshot_id, blocks)
    own_server.kill()
    own_server.start()
    snapshots.completed(own_server, snapshot_id)
    assert snapshots.read(own_server, snapshot_id) == blocks


@pytest.mark.parametrize("destination", [HOME, AWAY])
def test_copies_that_were_answered_are_finished_after_a_kill(own_server, destination):
    blocks = {index: block(1100 + index) for index in range(48)}
    source_id = snapshots.upload(own_server, blocks)
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "k", "Value": "v"}]}]
    copies = [
        snapshots.copy(own_server, source_id, destination=destination, TagSpecifications=tags) for _ in range(4)
    ]
    own_server.kill()
    own_server.start()
    for copy_id in copies:
        found = snapshots.completed(own_server, copy_id, destination)
        assert found["Tags"] == [{"Key": "k", "Value": "v"}]
        assert snapshots.read(own_server, copy_id, destination) == blocks


def test_a_copy_is_finished_through_kill_after_kill(own_server):
    blocks = {index: block(1200 + index) for index in range(96)}
    source_id = snapshots.upload(own_server, blocks)
    copy_id = snapshots.copy(own_server, source_id, destination=AWAY)
    for _ in range(4):
        own_server.kill()
        own_server.start()
    snapshots.completed(own_server, copy_id, AWAY)
    assert snapshots.read(own_server, copy_id, AWAY) == blocks


@pytest.mark.parametrize("cut", ["stop", "kill"])
def test_a_copy_cut_off_in_its_midst_has_every_block(own_server, cut):
    # Large enough that the first segment of the copy is still open when the server ends.
    blocks = {index: block(2000 + index) for index in range(300)}
    source_id = snapshots.upload(own_server, blocks)
    copy_id = snapshots.copy(own_server, source_id, destination=AWAY)
    staging = own_server.data_dir / "store" / AWAY / "staging"
    deadline = time.monotonic() + 30
    while not any(open_segment.stat().st_size > 16 << 20 for open_segment in staging.glob("seg-*")):
        assert time.monotonic() < deadline, "the copy has not begun"
        time.sleep(0.002)
    getattr(own_server, cut)()
    own_server.start()
    snapshots.completed(own_server, copy_id, AWAY)
    assert snapshots.read(own_server, copy_id, AWAY) == blocks


def test_completed_snapshots_tags_and_tokens_survive_a_kill(own_server):
    snapshot_id = snapshots.upload(own_server, {0: block(1300)}, Tags=[{"Key": "a", "Value": "b"}])
    before = snapshots.describe(own_server, snapshot_id)
    own_server.kill()
    own_server.start()
    assert snapshots.describe(own_server, snapshot_id) == before
    assert snapshots.read(own_server, snapshot_id) == {0: block(1300)}


def test_a_client_token_holds_across_a_kill(own_server):
    token = str(uuid.uuid4())
    start = {"VolumeSize": 1, "Description": "once", "ClientToken": token}
    first = client(own_server, "ebs").start_snapshot(**start)["SnapshotId"]
    own_server.kill()
    own_server.start()
    assert client(own_server, "ebs").start_snapshot(**start)["SnapshotId"] == first


def test_a_deleted_snapshot_stays_deleted(own_server):
    kept = snapshots.upload(own_server, {0: block(1400), 1: block(1401)})
    gone = snapshots.copy(own_server, kept)
    snapshots.completed(own_server, gone)
    client(own_server, "ec2").delete_snapshot(SnapshotId=gone)
    own_server.kill()
    own_server.start()
    listed = client(own_server, "ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert [found["SnapshotId"] for found in listed] == [kept]
    assert snapshots.read(own_server, kept) == {0: block(1400), 1: block(1401)}


def test_an_orderly_stop_keeps_an_open_upload(own_server):
    ebs = client(own_server, "ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    snapshots.put(ebs, snapshot_id, 4, block(1500))
    own_server.stop()
    own_server.start()
    snapshots.complete(client(own_server, "ebs"), snapshot_id, {4: block(1500)})
    snapshots.completed(own_server, snapshot_id)
    assert snapshots.read(own_server, snapshot_id) == {4: block(1500)}
