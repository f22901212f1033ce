"""Commands that fail or are interrupted midway: what they begin is cleared up or named, and never lost."""

import json
import re
import signal
import subprocess
import threading

import pytest

from answering_proxy import AnsweringProxy, refusal
from aws_clients import client
from commands import (
    ACCESS_DENIED,
    COMMAND_SECONDS_MAX,
    FAILURE,
    NOT_FOUND,
    data,
    document,
    environment,
    image,
    run,
)
from server_process import BINARY, HOME
from snapshots import BLOCK_BYTES, completed, describe, read, upload

BLOCKS = 40
INTERRUPTED = 128 + signal.SIGINT
ID = re.compile(r"snap-[0-9a-f]{17}")
PENDING = (
    b"<DescribeSnapshotsResponse><snapshotSet><item><snapshotId>%s</snapshotId><status>pending</status>"
    b"<progress>1%%</progress></item></snapshotSet></DescribeSnapshotsResponse>"
)


def snapshots(server):
    found = client(server, "ec2", HOME).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {snapshot["SnapshotId"] for snapshot in found}


def begin(server, *arguments):
    """Starts a command; its process."""
    return subprocess.Popen(
        [str(BINARY), *map(str, arguments)],
        env=environment(server),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process, status):
    """What a command printed that must end with this exit code."""
    stdout, stderr = process.communicate(timeout=COMMAND_SECONDS_MAX)
    assert process.returncode == status, f"{process.returncode}\n{stdout}\n{stderr}"
    assert "panicked" not in stderr
    return stdout, stderr


class Blocks:
    """Takes the first blocks that are written, and then refuses, or keeps the next one waiting."""

    def __init__(self, taken, then, action=None):
        self.left, self.then, self.action = taken, then, action
        self.reached = threading.Event()
        self.released = threading.Event()

    def __call__(self, method, path, body):
        if self.action and f"Action={self.action}&".encode() in body:
            return refusal("UnauthorizedOperation", 403)
        if method != "PUT":
            return None
        self.left -= 1
        if self.left >= 0:
            return None
        self.reached.set()
        if self.then == "refuse":
            return 400, b'{"Message":"no","Reason":"INVALID_BLOCK","__type":"ValidationException"}'
        self.released.wait(COMMAND_SECONDS_MAX)
        return None


@pytest.fixture
def source(tmp_path):
    return image(tmp_path / "source.raw", {0: data("large", BLOCKS)})


@pytest.fixture
def there(server):
    return upload(server, {index: data(index) for index in range(4)})


@pytest.mark.parametrize("command", ["import", "pull"])
def test_a_transfer_that_fails_leaves_no_upload(server, source, there, command):
    subject = {"import": [source], "pull": [there, "--from-region", HOME]}[command]
    before = snapshots(server)
    with AnsweringProxy(server, Blocks(2, "refuse")) as proxy:
        answer = run(proxy, command, *subject, "--json", status=FAILURE)
    error, note = map(json.loads, answer.stderr.splitlines())
    assert (error["Error"]["Code"], error["Error"]["ExitCode"]) == ("ValidationException", FAILURE)
    assert re.fullmatch(rf"the upload {ID.pattern} is deleted", note["Note"])
    assert answer.stdout == ""
    assert snapshots(server) == before


@pytest.mark.parametrize("command", ["import", "pull"])
def test_a_transfer_that_is_interrupted_leaves_no_upload(server, source, there, command):
    subject = {"import": [source], "pull": [there, "--from-region", HOME]}[command]
    before = snapshots(server)
    holding = Blocks(1, "hold")
    with AnsweringProxy(server, holding) as proxy:
        process = begin(proxy, command, *subject, "--concurrency", "1")
        assert holding.reached.wait(COMMAND_SECONDS_MAX)
        process.send_signal(signal.SIGINT)
        _, stderr = end(process, INTERRUPTED)
        holding.released.set()
    assert "interrupted" in stderr and "is deleted" in stderr
    assert snapshots(server) == before


def test_an_upload_that_cannot_be_deleted_is_named(server, source):
    with AnsweringProxy(server, Blocks(1, "refuse", action="DeleteSnapshot")) as proxy:
        answer = run(proxy, "import", source, status=FAILURE)
    (snapshot,) = set(ID.findall(answer.stderr))
    assert f"`ebbstone rm {snapshot}`" in answer.stderr and "UnauthorizedOperation" in answer.stderr
    assert describe(server, snapshot)["State"] == "pending"
    run(server, "rm", snapshot)


def test_a_resumable_import_that_is_interrupted_keeps_its_upload_and_goes_on(server, source, tmp_path):
    holding = Blocks(1, "hold")
    state = tmp_path / "source.raw.ebbstone-import"
    with AnsweringProxy(server, holding) as proxy:
        process = begin(proxy, "import", source, "--resume", "--concurrency", "1")
        assert holding.reached.wait(COMMAND_SECONDS_MAX)
        process.send_signal(signal.SIGINT)
        _, stderr = end(process, INTERRUPTED)
        holding.released.set()
        (snapshot,) = set(ID.findall(stderr))
        assert "the same command goes on" in stderr and str(state) in stderr
        report = document(proxy, "import", source, "--resume")
    assert report["SnapshotId"] == snapshot
    whole = data("large", BLOCKS)
    expected = {index: whole[index * BLOCK_BYTES : (index + 1) * BLOCK_BYTES] for index in range(BLOCKS)}
    assert read(server, snapshot) == expected


def test_a_resumable_import_whose_upload_is_over_says_how_to_start_anew(server, source, tmp_path):
    state = tmp_path / "source.raw.ebbstone-import"
    with AnsweringProxy(server, Blocks(1, "refuse")) as proxy:
        answer = run(proxy, "import", source, "--resume", status=FAILURE)
        (snapshot,) = set(ID.findall(answer.stderr))
        assert "the same command goes on" in answer.stderr
        run(server, "rm", snapshot)
        proxy.answer = lambda *_: None
        answer = run(proxy, "import", source, "--resume", status=NOT_FOUND)
        assert f"the upload {snapshot} is over (deleted)" in answer.stderr and f"delete {state}" in answer.stderr
        state.unlink()
        assert document(proxy, "import", source, "--resume")["SnapshotId"] != snapshot


@pytest.mark.parametrize("command", ["import", "pull", "copy"])
def test_an_id_is_printed_even_if_waiting_fails(server, source, there, command):
    subject = {"import": [source], "pull": [there, "--from-region", HOME], "copy": [there, "--wait"]}[command]

    def refuse(_, __, body):
        return refusal("UnauthorizedOperation", 403) if b"=DescribeSnapshots&" in body else None

    with AnsweringProxy(server, refuse) as proxy:
        answer = run(proxy, command, *subject, status=ACCESS_DENIED)
        told = run(proxy, command, *subject, "--json", status=ACCESS_DENIED)
    completed(server, ID.findall(answer.stdout)[0])
    completed(server, json.loads(told.stdout)["SnapshotId"])
    assert json.loads(told.stderr)["Error"]["Code"] == "UnauthorizedOperation"


@pytest.mark.parametrize("command", ["import", "copy"])
def test_an_id_is_printed_even_if_waiting_is_interrupted(server, source, there, command):
    subject = {"import": [source], "copy": [there, "--wait"]}[command]
    asked = threading.Event()

    def pending_for_ever(_, __, body):
        if b"=DescribeSnapshots&" not in body:
            return None
        asked.set()
        return 200, PENDING % ID.search(body.decode()).group().encode()

    with AnsweringProxy(server, pending_for_ever) as proxy:
        process = begin(proxy, command, *subject)
        assert asked.wait(COMMAND_SECONDS_MAX)
        process.send_signal(signal.SIGINT)
        stdout, _ = end(process, INTERRUPTED)
    completed(server, ID.findall(stdout)[0])


def test_a_wait_that_times_out_names_what_is_pending(server):
    pending = client(server, "ebs", HOME).start_snapshot(VolumeSize=1)["SnapshotId"]
    done = upload(server, {0: data("done")})
    answer = run(server, "wait", pending, done, "--timeout", "3s", status=5)
    assert f"{pending} (pending, " in answer.stderr and done not in answer.stderr
    run(server, "rm", pending)
