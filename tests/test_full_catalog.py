"""A catalog on a disk without space: what needs a row is refused so that clients try again, reads go on, and with
space everything goes on, without a restart."""

import botocore.exceptions
import pytest

import snapshots
from aws_clients import client
from server_process import AWAY, ServerProcess
from small_disk import mounted_or_skip
from snapshots import block

STORED = {0: block("catalogued 0"), 1: block("catalogued 1")}


@pytest.fixture
def disk(tmp_path):
    with mounted_or_skip(tmp_path / "disk", 16) as small:
        yield small


@pytest.fixture
def server(disk, tmp_path):
    """A server whose catalogs are on the small disk, and nothing else."""
    running = ServerProcess(tmp_path / "data", options=["--catalog", str(disk.folder / "catalog")]).start()
    yield running
    running.stop()


def written_until_refused(write):
    """What was written before the disk had no space for another row, which is refused with status 503."""
    written = []
    for number in range(10_000):
        try:
            written.append(write(number))
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503, error
            return written
    raise AssertionError("a full disk takes rows without end")


def start(server, number):
    return client(server, "ebs").start_snapshot(VolumeSize=1, Description=f"{number}")["SnapshotId"]


def tag(server, snapshot_id, number):
    client(server, "ec2").create_tags(Resources=[snapshot_id], Tags=[{"Key": "k", "Value": f"{number}" * 40}])
    return number


def test_rows_are_refused_and_reads_go_on_while_the_catalog_is_full(server, disk):
    snapshot_id = snapshots.upload(server, STORED)
    disk.fill()
    started = written_until_refused(lambda number: start(server, number))
    written_until_refused(lambda number: tag(server, snapshot_id, number))
    written_until_refused(lambda _: snapshots.copy(server, snapshot_id, destination=AWAY))
    assert snapshots.read(server, snapshot_id) == STORED
    for upload_id in started:
        assert snapshots.describe(server, upload_id)["State"] == "pending"
    disk.make_room()


def test_rows_are_taken_again_once_the_catalog_has_space(server, disk):
    source = snapshots.upload(server, STORED)
    ebs, upload_id = client(server, "ebs"), start(server, 0)
    snapshots.put(ebs, upload_id, 0, STORED[0])
    disk.fill()
    started = written_until_refused(lambda number: start(server, number))
    written_until_refused(lambda number: tag(server, source, number))
    copies = written_until_refused(lambda _: snapshots.copy(server, source, destination=AWAY))
    disk.make_room()
    assert start(server, 1) not in started
    tag(server, source, 7)
    copies.append(snapshots.copy(server, source, destination=AWAY))
    for copy_id in copies:
        snapshots.completed(server, copy_id, AWAY)
        assert snapshots.read(server, copy_id, AWAY) == STORED
    snapshots.put(ebs, upload_id, 1, STORED[1])
    snapshots.complete(ebs, upload_id, STORED)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == STORED


def test_a_kill_while_the_catalog_is_full_loses_no_row_that_was_answered(server, disk):
    snapshot_id = snapshots.upload(server, STORED)
    disk.fill()
    started = written_until_refused(lambda number: start(server, number))
    server.kill()
    disk.make_room()
    server.start()
    for upload_id in started:
        assert snapshots.describe(server, upload_id)["State"] == "pending"
    assert snapshots.read(server, snapshot_id) == STORED
