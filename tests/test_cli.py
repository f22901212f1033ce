"""The client commands of the binary: images in and out, what scripts read, and their exit codes."""

import json
import os
import signal
import subprocess
import time

import pytest

from commands import (
    ACCESS_DENIED,
    COMMAND_SECONDS_MAX,
    FAILURE,
    GIB,
    NOBODY,
    NOT_FOUND,
    SNAPSHOT_FAILED,
    TIMED_OUT,
    USAGE,
    data,
    document,
    environment,
    file_digest,
    image,
    rewrite,
    run,
    stored_bytes,
)
from server_process import AWAY, BINARY, HOME, ServerProcess, wait_for
from snapshots import BLOCK_BYTES, describe, read, upload

WRITES = {
    0: b"boot",
    3 * BLOCK_BYTES: data("three", 2),
    700 * BLOCK_BYTES - 100: data("across"),
    GIB - 7: b"the end",
}
# Blocks 0, 3, 4, 699, 700, 2047.
WRITTEN_BLOCKS = 6


def test_an_image_comes_back_identical_and_sparse(server, tmp_path):
    source = image(tmp_path / "source.raw", WRITES)
    report = document(server, "import", source, "--description", "an image", "--tag", "Name=a=b")
    assert report["State"] == "completed"
    assert (report["BlocksWritten"], report["VolumeSize"]) == (WRITTEN_BLOCKS, 1)
    assert report["BytesWritten"] == WRITTEN_BLOCKS * BLOCK_BYTES
    found = describe(server, report["SnapshotId"])
    assert (found["State"], found["Description"]) == ("completed", "an image")
    assert found["Tags"] == [{"Key": "Name", "Value": "a=b"}]
    restored = tmp_path / "restored.raw"
    exported = document(server, "export", report["SnapshotId"], restored)
    assert exported["BlocksWritten"] == WRITTEN_BLOCKS
    assert file_digest(restored) == file_digest(source)
    assert stored_bytes(restored) <= (WRITTEN_BLOCKS + 1) * BLOCK_BYTES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["restored.raw", "source.raw"]


def test_zeros_that_are_stored_in_the_image_are_not_written(server, tmp_path):
    source = image(tmp_path / "source.raw", {0: bytes(4 * BLOCK_BYTES), 2 * BLOCK_BYTES: b"x"})
    assert document(server, "import", source)["BlocksWritten"] == 1


def test_a_short_image_is_filled_up_to_whole_gibibytes(server, tmp_path):
    source = image(tmp_path / "source.raw", {0: b"short"}, length=1000)
    snapshot = document(server, "import", source)["SnapshotId"]
    run(server, "export", snapshot, tmp_path / "restored.raw")
    with open(tmp_path / "restored.raw", "rb") as file:
        assert file.read(1000) == b"short" + bytes(995)
    assert (tmp_path / "restored.raw").stat().st_size == GIB


@pytest.mark.parametrize("parent_file", [True, False], ids=["parent-file", "parent-snapshot"])
def test_an_increment_has_only_what_differs(server, tmp_path, parent_file):
    old = image(tmp_path / "old.raw", WRITES)
    parent = document(server, "import", old)["SnapshotId"]
    new = image(tmp_path / "new.raw", WRITES)
    # Another content, data where there was none, zeros where there was data.
    changes = {4 * BLOCK_BYTES: b"changed", 9 * BLOCK_BYTES: b"new", 3 * BLOCK_BYTES: bytes(BLOCK_BYTES)}
    rewrite(new, changes)
    base = ["--parent-file", old] if parent_file else []
    report = document(server, "import", new, "--parent", parent, *base)
    assert report["BlocksWritten"] == 3
    run(server, "export", report["SnapshotId"], tmp_path / "restored.raw")
    assert file_digest(tmp_path / "restored.raw") == file_digest(new)
    difference = document(server, "diff", parent, report["SnapshotId"])
    assert (difference["ChangedBlocks"], difference["ChangedBytes"]) == (3, 3 * BLOCK_BYTES)
    assert difference["Ranges"] == [{"FirstBlock": 3, "Blocks": 2}, {"FirstBlock": 9, "Blocks": 1}]
    assert (difference["RewrittenBlocks"], difference["AddedBlocks"], difference["RemovedBlocks"]) == (2, 1, 0)


def test_a_hole_over_the_parents_data_reads_as_zeros(server, tmp_path):
    old = image(tmp_path / "old.raw", {0: data("old", 3)})
    parent = document(server, "import", old)["SnapshotId"]
    new = image(tmp_path / "new.raw", {0: data("old", 3)[:BLOCK_BYTES]})
    child = document(server, "import", new, "--parent", parent)
    assert child["BlocksWritten"] == 2
    run(server, "export", child["SnapshotId"], tmp_path / "restored.raw")
    assert file_digest(tmp_path / "restored.raw") == file_digest(new)


def test_an_import_that_was_killed_goes_on_where_it_was(server, tmp_path):
    blocks = 600
    source = image(tmp_path / "source.raw", {0: data("large", blocks)})
    state = tmp_path / "source.raw.ebbstone-import"
    command = [str(BINARY), "import", str(source), "--resume", "--concurrency", "2", "--json"]
    killed = subprocess.Popen(
        command, env=environment(server), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )

    def has_batches():
        assert killed.poll() is None, "the import ended before it could be killed"
        return state.exists() and state.read_bytes().count(b"\n") >= 3

    wait_for(has_batches, what="an acknowledged batch in the state file")
    killed.kill()
    killed.communicate()
    lines = state.read_text().splitlines()
    begun = json.loads(lines[1])["snapshot"]
    report = document(server, "import", source, "--resume")
    assert report["SnapshotId"] == begun, "the same upload"
    assert 64 <= report["BlocksResumed"] < blocks
    assert report["BlocksWritten"] == blocks
    assert not state.exists()
    run(server, "export", begun, tmp_path / "restored.raw")
    assert file_digest(tmp_path / "restored.raw") == file_digest(source)


def test_an_import_does_not_go_on_with_another_image(server, tmp_path):
    source = image(tmp_path / "source.raw", {0: data("first", 300)})
    state = tmp_path / "state"
    command = [str(BINARY), "import", str(source), "--state", str(state), "--concurrency", "1"]
    killed = subprocess.Popen(command, env=environment(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: state.exists() and state.read_bytes().count(b"\n") >= 2, what="a snapshot in the state file")
    killed.kill()
    killed.communicate()
    rewrite(source, {0: b"touched"})
    answer = run(server, "import", source, "--state", state, status=USAGE)
    assert "image modification time" in answer.stderr


def test_an_export_replaces_a_file_only_on_demand(server, tmp_path):
    snapshot = upload(server, {0: data("zero")})
    target = tmp_path / "image.raw"
    target.write_text("precious")
    run(server, "export", snapshot, target, status=USAGE)
    assert target.read_text() == "precious"
    run(server, "export", snapshot, target, "--force")
    with open(target, "rb") as file:
        assert file.read(BLOCK_BYTES) == data("zero")


def test_an_import_of_a_pipe_is_refused_and_does_not_wait_for_a_writer(server, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for source in [pipe, tmp_path, "/dev/null", "/dev/zero"]:
        answer = run(server, "import", source, status=USAGE)
        assert "neither a file nor a block device" in answer.stderr


def test_an_export_does_not_take_the_place_of_what_is_no_file(server, tmp_path):
    snapshot = upload(server, {0: data("zero")})
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for target in [pipe, link]:
        for force in [[], ["--force"]]:
            answer = run(server, "export", snapshot, target, *force, status=USAGE)
            assert "is not a file" in answer.stderr
    assert pipe.is_fifo() and link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe"]


def test_an_export_that_is_interrupted_leaves_nothing(server, tmp_path):
    snapshot = upload(server, {index: data(index) for index in range(200)})
    folder = tmp_path / "out"
    folder.mkdir()
    command = [str(BINARY), "export", snapshot, str(folder / "image.raw"), "--concurrency", "1"]
    exporting = subprocess.Popen(command, env=environment(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: any(folder.iterdir()), what="a file in the making")
    exporting.send_signal(signal.SIGTERM)
    exporting.communicate(timeout=COMMAND_SECONDS_MAX)
    assert exporting.returncode == 128 + signal.SIGTERM
    assert list(folder.iterdir()) == []


def test_snapshots_are_listed_described_and_deleted(own_server):
    old = upload(own_server, {0: data(1)}, Tags=[{"Key": "Name", "Value": "old"}], Description="the old one")
    new = upload(own_server, {0: data(2), 1: data(3)})
    assert [found["SnapshotId"] for found in document(own_server, "ls")["Snapshots"]] == [new, old]
    reversed_order = document(own_server, "ls", "--reverse")["Snapshots"]
    assert [found["SnapshotId"] for found in reversed_order] == [old, new]
    by_id = document(own_server, "ls", "--sort", "id")["Snapshots"]
    assert [found["SnapshotId"] for found in by_id] == sorted([old, new])
    tagged = document(own_server, "ls", "--tag", "Name=o*", "--status", "completed")["Snapshots"]
    assert [found["SnapshotId"] for found in tagged] == [old]
    assert document(own_server, "ls", "--status", "error")["Snapshots"] == []
    table = run(own_server, "ls").stdout.splitlines()
    assert table[0].split()[:2] == ["SNAPSHOT", "STATE"]
    assert len(table) == 3 and "the old one" in table[2]
    (described,) = document(own_server, "describe", old)["Snapshots"]
    assert described["Tags"] == [{"Key": "Name", "Value": "old"}]
    assert (described["State"], described["Progress"], described["VolumeSize"]) == ("completed", "100%", 1)
    assert described["FullSnapshotSizeInBytes"] == BLOCK_BYTES
    assert "the old one" in run(own_server, "describe", old, new).stdout
    removed = run(own_server, "rm", old, NOBODY, "--json", status=NOT_FOUND)
    outcome = json.loads(removed.stdout)
    assert outcome["Deleted"] == [old]
    assert [failure["SnapshotId"] for failure in outcome["Failed"]] == [NOBODY]
    assert [found["SnapshotId"] for found in document(own_server, "ls")["Snapshots"]] == [new]


def test_a_copy_is_made_from_another_region(server):
    source = upload(server, {5: data("five")})
    copied = document(server, "copy", source, "--from-region", HOME, "--tag", "a=", "--wait", region=AWAY)
    assert copied["State"] == "completed"
    assert read(server, copied["SnapshotId"], AWAY) == {5: data("five")}
    assert describe(server, copied["SnapshotId"], AWAY)["Tags"] == [{"Key": "a", "Value": ""}]
    begun = document(server, "copy", source)["SnapshotId"]
    (waited,) = document(server, "wait", begun)["Snapshots"]
    assert (waited["SnapshotId"], waited["State"]) == (begun, "completed")


def test_the_exit_code_of_waiting_tells_the_end(server, ebs):
    missing = document(server, "copy", NOBODY)["SnapshotId"]
    failed = run(server, "wait", missing, "--json", status=SNAPSHOT_FAILED)
    (found,) = json.loads(failed.stdout)["Snapshots"]
    assert (found["State"], found["StateMessage"]) == ("error", "Source snapshot is not found")
    assert "Source snapshot is not found" in failed.stderr
    pending = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    begun = time.monotonic()
    run(server, "wait", pending, "--timeout", "1s", status=TIMED_OUT)
    assert time.monotonic() - begun < 30
    run(server, "wait", NOBODY, status=NOT_FOUND)


def test_a_copy_whose_end_is_not_awaited_or_bad_is_named(server):
    copied = run(server, "copy", NOBODY, "--wait", "--json", status=SNAPSHOT_FAILED)
    outcome = json.loads(copied.stdout)
    assert outcome["State"] == "error"
    assert describe(server, outcome["SnapshotId"])["State"] == "error"
    source = upload(server, {0: data(4)})
    copied = run(server, "copy", source, "--wait", "--timeout", "0", status=TIMED_OUT)
    (snapshot,) = copied.stdout.split()
    assert describe(server, snapshot)["SnapshotId"] == snapshot


def test_exit_codes_tell_what_is_wrong(server, tmp_path):
    snapshot = upload(server, {0: data(1)})
    run(server, "describe", NOBODY, status=NOT_FOUND)
    run(server, "export", NOBODY, tmp_path / "x", status=NOT_FOUND)
    run(server, "diff", NOBODY, snapshot, status=NOT_FOUND)
    run(server, "import", tmp_path / "absent.raw", status=FAILURE)
    run(server, "describe", "not-an-id", status=USAGE)
    run(server, "ls", "--region", "NOWHERE", status=USAGE)
    run(server, "ls", "--endpoint-url", "gopher://x", status=USAGE)
    run(server, "ls", "--profile", "absent", status=USAGE)
    run(server, "ls", status=USAGE, AWS_REGION=None)
    run(server, "ls", status=ACCESS_DENIED, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    wrong = run(server, "ls", status=ACCESS_DENIED, AWS_SECRET_ACCESS_KEY="wrong-secret")
    assert "wrong-secret" not in wrong.stderr + wrong.stdout
    run(server, "export", snapshot, tmp_path / "y", status=ACCESS_DENIED, AWS_SECRET_ACCESS_KEY="wrong-secret")
    assert not any(tmp_path.iterdir())


def test_nobody_listening_is_a_failure_and_no_hang(server):
    begun = time.monotonic()
    run(server, "ls", "--endpoint-url", "http://127.0.0.1:9", status=FAILURE)
    assert time.monotonic() - begun < 60


def test_the_caller_is_named(server, account):
    assert document(server, "whoami")["Account"] == account


def test_profiles_name_keys_region_and_endpoint(server, tmp_path):
    (tmp_path / "config").write_text(f"[profile lab]\nregion = {AWAY}\nendpoint_url = {server.endpoint}\n")
    (tmp_path / "credentials").write_text(
        f"[lab]\naws_access_key_id = {server.access_key_id}\naws_secret_access_key = {server.secret_access_key}\n"
    )
    files = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
    nothing = dict.fromkeys(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"])
    snapshot = upload(server, {0: data(9)}, region=AWAY)
    (found,) = document(server, "describe", snapshot, "--profile", "lab", **files, **nothing)["Snapshots"]
    assert found["SnapshotId"] == snapshot


def test_a_snapshot_is_pulled_between_regions_by_what_changed(server):
    first = {0: data("a"), 1: data("b"), 7: data("c")}
    there = upload(server, first)
    pulled = document(server, "pull", there, "--from-region", HOME, region=AWAY)
    assert (pulled["State"], pulled["BlocksWritten"]) == ("completed", 3)
    assert read(server, pulled["SnapshotId"], AWAY) == first
    later = upload(server, {1: data("d"), 9: data("e")}, ParentSnapshotId=there)
    parents = ["--from-parent", there, "--parent", pulled["SnapshotId"]]
    again = document(server, "pull", later, "--from-region", HOME, *parents, region=AWAY)
    assert again["BlocksRead"] == again["BlocksWritten"] == 2
    assert read(server, again["SnapshotId"], AWAY) == {**first, 1: data("d"), 9: data("e")}


def test_a_snapshot_is_pulled_from_another_server(server, tmp_path):
    other = ServerProcess(tmp_path / "data").start()
    try:
        there = upload(other, {3: data("far")})
        (tmp_path / "config").write_text(f"[profile other]\nregion = {HOME}\nendpoint_url = {other.endpoint}\n")
        (tmp_path / "credentials").write_text(
            f"[other]\naws_access_key_id = {other.access_key_id}\naws_secret_access_key = {other.secret_access_key}\n"
        )
        files = {
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        }
        pulled = document(server, "pull", there, "--from-profile", "other", "--description", "far", **files)
        assert read(server, pulled["SnapshotId"]) == {3: data("far")}
        assert describe(server, pulled["SnapshotId"])["Description"] == "far"
    finally:
        other.stop()
