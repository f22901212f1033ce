"""A store without space: writes are refused so that clients try again, reads go on, and nothing that was accepted is
lost; with space everything goes on, without a restart."""

import pytest

import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME, ServerProcess
from small_disk import mounted_or_skip
from snapshots import block

STORED = {0: block("stored 0"), 1: block("stored 1")}


@pytest.fixture
def disk(tmp_path):
    with mounted_or_skip(tmp_path / "disk", 32) as small:
        yield small


@pytest.fixture
def server(disk, tmp_path):
    """A server whose store is on the small disk, and nothing else."""
    running = ServerProcess(tmp_path / "data", options=["--store", str(disk.folder / "store")]).start()
    yield running
    running.stop()


def start(server, volume_size=1):
    return client(server, "ebs").start_snapshot(VolumeSize=volume_size)["SnapshotId"]


def put_is_refused(server, snapshot_id, index, data):
    with refused("ServiceUnavailableException", status=503):
        snapshots.put(client(server, "ebs"), snapshot_id, index, data)


def test_blocks_are_refused_while_the_store_is_full_and_taken_again_once_it_is_not(server, disk):
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"full {index}") for index in range(6)}
    for index in range(2):
        snapshots.put(ebs, upload_id, index, written[index])
    disk.fill()
    for index in range(2, 5):
        put_is_refused(server, upload_id, index, written[index])
    # Another upload that has not begun to write.
    put_is_refused(server, start(server), 0, written[0])
    disk.make_room()
    for index in range(2, 6):
        snapshots.put(ebs, upload_id, index, written[index])
    snapshots.complete(ebs, upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written


def test_what_is_stored_is_read_while_the_store_is_full(server, disk):
    snapshot_id = snapshots.upload(server, STORED)
    child_id = snapshots.upload(server, {1: block("child")}, ParentSnapshotId=snapshot_id)
    disk.fill()
    put_is_refused(server, start(server), 0, block("refused"))
    assert snapshots.read(server, snapshot_id) == STORED
    assert snapshots.read(server, child_id) == {**STORED, 1: block("child")}
    changed = client(server, "ebs").list_changed_blocks(FirstSnapshotId=snapshot_id, SecondSnapshotId=child_id)
    assert [found["BlockIndex"] for found in changed["ChangedBlocks"]] == [1]
    disk.make_room()


def test_what_was_accepted_while_the_store_is_full_is_finished_once_it_is_not(server, disk):
    source = snapshots.upload(server, STORED)
    ebs, upload_id = client(server, "ebs"), start(server)
    snapshots.put(ebs, upload_id, 7, block("before"))
    disk.fill()
    copies = {region: snapshots.copy(server, source, destination=region) for region in (HOME, AWAY)}
    snapshots.complete(ebs, upload_id, {7: block("before")})
    put_is_refused(server, start(server), 0, block("refused"))
    accepted = {**copies, "upload": upload_id}
    for region, snapshot_id in accepted.items():
        region = HOME if region == "upload" else region
        assert snapshots.describe(server, snapshot_id, region)["State"] == "pending"
    disk.make_room()
    for region, copy_id in copies.items():
        snapshots.completed(server, copy_id, region)
        assert snapshots.read(server, copy_id, region) == STORED
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == {7: block("before")}


def test_a_kill_while_the_store_is_full_loses_no_acknowledged_block(server, disk):
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"kept {index}") for index in range(3)}
    snapshots.put_all(ebs, upload_id, written)
    disk.fill()
    put_is_refused(server, upload_id, 9, block("refused"))
    server.kill()
    disk.make_room()
    server.start()
    snapshots.complete(client(server, "ebs"), upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written
