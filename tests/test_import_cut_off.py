"""Imports whose server dies in their midst: they go on by themselves, or by a resumption, where they were."""

import json
import subprocess

import pytest

import snapshots
from kill_loop.__main__ import free_port
from server_process import BINARY, ServerProcess, wait_for
from test_cli import data, document, environment, file_digest, image, run

BLOCKS = 600


@pytest.fixture
def fixed_server(tmp_path):
    """A server that is at the same address after a restart."""
    server = ServerProcess(tmp_path / "data", listen=f"127.0.0.1:{free_port()}").start()
    yield server
    if server.process.poll() is None:
        server.stop()


def importing(server, source, *options):
    """An import that has written for a while, and its state file."""
    command = [str(BINARY), "import", str(source), "--resume", "--concurrency", "2", "--json", *options]
    process = subprocess.Popen(
        command,
        env=environment(server),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    state = source.with_name(source.name + ".ebbstone-import")

    def has_batches():
        assert process.poll() is None, "the import ended before the server could be killed"
        return state.exists() and state.read_bytes().count(b"\n") >= 3

    wait_for(has_batches, what="an acknowledged batch in the state file")
    return process, state


def begun(state):
    """The snapshot that a state file is about."""
    return json.loads(state.read_text().splitlines()[1])["snapshot"]


def test_an_import_is_whole_though_the_server_died_in_its_midst(fixed_server, tmp_path):
    server = fixed_server
    source = image(tmp_path / "source.raw", {0: data("large", BLOCKS)})
    process, state = importing(server, source)
    snapshot_id = begun(state)
    server.kill()
    server.start()
    printed, told = process.communicate(timeout=120)
    if process.returncode == 0:
        report = json.loads(printed)
    else:
        # It gave up while nobody answered, and says what there is to do.
        assert told
        report = document(server, "import", source, "--resume")
        assert report["BlocksResumed"] > 0
    assert report["SnapshotId"] == snapshot_id, "the same upload"
    assert report["BlocksWritten"] == BLOCKS
    assert not state.exists()
    run(server, "export", snapshot_id, tmp_path / "restored.raw")
    assert file_digest(tmp_path / "restored.raw") == file_digest(source)


def test_an_import_of_a_server_that_stays_away_fails_and_is_resumed_later(fixed_server, tmp_path):
    server = fixed_server
    source = image(tmp_path / "source.raw", {0: data("large", BLOCKS)})
    process, state = importing(server, source)
    snapshot_id = begun(state)
    server.kill()
    printed, told = process.communicate(timeout=300)
    assert (process.returncode, printed) == (1, "")
    assert "--resume" in told or "no answer" in told, told
    assert state.exists()
    server.start()
    assert snapshots.describe(server, snapshot_id)["State"] == "pending"
    report = document(server, "import", source, "--resume")
    assert (report["SnapshotId"], report["BlocksWritten"]) == (snapshot_id, BLOCKS)
    assert 64 <= report["BlocksResumed"] < BLOCKS
    run(server, "export", snapshot_id, tmp_path / "restored.raw")
    assert file_digest(tmp_path / "restored.raw") == file_digest(source)
