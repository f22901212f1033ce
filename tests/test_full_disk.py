"""A disk without space that has everything: catalog, store and index. Writes are refused so that clients try again,
reads go on, and with space everything goes on, without a restart."""

import botocore.exceptions
import pytest

import snapshots
from aws_clients import client
from server_process import AWAY, ServerProcess
from small_disk import mounted_or_skip
from snapshots import block
from test_full_store import STORED, put_is_refused, start


@pytest.fixture
def disk(tmp_path):
    with mounted_or_skip(tmp_path / "disk", 64) as small:
        yield small


@pytest.fixture
def server(disk, tmp_path):
    """A server whose data folder is on the small disk; its log is not."""
    running = ServerProcess(disk.folder / "data")
    running.log = tmp_path / "server.log"
    running.start()
    yield running
    running.stop()


def until_refused(write):
    """Writes until there is no space for a row: there may be some in pages and logs that were taken before."""
    for _ in range(10_000):
        try:
            write()
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503, error
            return
    raise AssertionError("a full disk takes rows without end")


def test_writes_are_refused_and_reads_go_on_while_the_disk_is_full(server, disk):
    snapshot_id = snapshots.upload(server, STORED)
    ebs, upload_id = client(server, "ebs"), start(server)
    snapshots.put(ebs, upload_id, 0, block("before"))
    disk.fill()
    for index in range(1, 3):
        put_is_refused(server, upload_id, index, block(f"refused {index}"))
    until_refused(lambda: start(server))
    until_refused(lambda: snapshots.copy(server, snapshot_id, destination=AWAY))
    until_refused(
        lambda: client(server, "ec2").create_tags(Resources=[snapshot_id], Tags=[{"Key": "k", "Value": "v" * 255}])
    )
    assert snapshots.read(server, snapshot_id) == STORED
    assert snapshots.describe(server, snapshot_id)["State"] == "completed"
    disk.make_room()


def test_with_space_everything_goes_on_without_a_restart(server, disk):
    source = snapshots.upload(server, STORED)
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"full {index}") for index in range(6)}
    snapshots.put(ebs, upload_id, 0, written[0])
    disk.fill()
    put_is_refused(server, upload_id, 1, written[1])
    until_refused(lambda: start(server))
    disk.make_room()
    for index in range(1, 6):
        snapshots.put(ebs, upload_id, index, written[index])
    snapshots.complete(ebs, upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written
    copy_id = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, copy_id, AWAY)
    assert snapshots.read(server, copy_id, AWAY) == STORED
    assert snapshots.read(server, snapshots.upload(server, STORED)) == STORED
