"""A disk that says that it could not write: nothing is acknowledged on its word, and nothing acknowledged is lost."""

import pathlib
import shutil
import subprocess

import pytest

import snapshots
from aws_clients import client, refused
from server_process import ServerProcess, wait_for
from snapshots import block
from test_full_store import STORED, start

SOURCE = pathlib.Path(__file__).with_name("sync_fault.c")


class Fault:
    """What the server's disk is told by a file: whether it writes, and back how often it did not."""

    def __init__(self, file):
        self._file = file

    def begin(self):
        self._file.touch()

    def end(self):
        self._file.unlink()

    def struck(self):
        return self._file.stat().st_size


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if not shutil.which("cc"):
        pytest.skip("FAILED SYNCHRONISATIONS ARE NOT TESTED: there is no C compiler")
    built = tmp_path_factory.mktemp("sync") / "sync_fault.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(built), str(SOURCE)], check=True)
    return built


@pytest.fixture
def fault(tmp_path):
    return Fault(tmp_path / "fault")


@pytest.fixture
def server(library, fault, tmp_path):
    environment = {"LD_PRELOAD": str(library), "EBBSTONE_TEST_SYNC_FAULT": str(tmp_path / "fault")}
    running = ServerProcess(tmp_path / "data", environment=environment).start()
    yield running
    running.stop()


def test_a_block_that_could_not_be_synchronised_is_not_acknowledged_and_no_other_is_lost(server, fault):
    stored = snapshots.upload(server, STORED)
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"synchronised {index}") for index in range(5)}
    for index in range(2):
        snapshots.put(ebs, upload_id, index, written[index])
    fault.begin()
    for index in range(2, 4):
        with refused("InternalServerException", status=500):
            snapshots.put(ebs, upload_id, index, written[index])
    assert fault.struck() >= 2
    assert snapshots.read(server, stored) == STORED
    fault.end()
    for index in range(2, 4):
        snapshots.put(ebs, upload_id, index, written[index])
    server.kill()
    server.start()
    snapshots.put(client(server, "ebs"), upload_id, 4, written[4])
    snapshots.complete(client(server, "ebs"), upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written


def test_a_snapshot_is_completed_only_once_its_segments_could_be_synchronised(server, fault):
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"sealed {index}") for index in range(3)}
    snapshots.put_all(ebs, upload_id, written)
    fault.begin()
    snapshots.complete(ebs, upload_id, written)
    wait_for(lambda: fault.struck() >= 4, what="attempts that cannot synchronise", seconds_max=120)
    assert snapshots.describe(server, upload_id)["State"] == "pending"
    fault.end()
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written
