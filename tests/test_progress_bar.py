"""Progress on a terminal: what people see, and that scripts see nothing of it."""

import os
import pty
import re
import select
import subprocess
import termios
import time

import pytest

import snapshots
from aws_clients import client
from commands import environment, run
from server_process import AWAY, BINARY, HOME
from snapshots import BLOCK_BYTES, block

SECONDS_MAX = 120
BLOCKS = 40
# How much of how much, how fast, and how long it still takes.
SEEN = re.compile(r"(\S+ [KM]iB)/(\S+ MiB) \S+ \S+/s (\S+) left")

# The line is cleared last, and perhaps the cursor moved between lines.
CLEARED = re.compile(r"\x1b\[2K(?:\x1b\[1[AB])*$")


def on_a_terminal(server, *arguments, seen=None, then=None, region=HOME):
    """What a command shows on standard error, which is a terminal, and its standard output, which is not. Once it
    has shown `seen`, `then` is done."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    variables = {**environment(server, region), "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(
        [str(BINARY), *map(str, arguments)], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + SECONDS_MAX
    try:
        while True:
            readable, _, _ = select.select([ours], [], [], max(0, deadline - time.monotonic()))
            assert readable, f"the command does not end: {shown[-500:]}"
            try:
                data = os.read(ours, 65_536)
            except OSError:  # Linux says so when the other side is closed.
                break
            if not data:
                break
            shown += data
            if then and seen in shown:
                then()
                then = None
    finally:
        os.close(ours)
        if time.monotonic() >= deadline:
            process.kill()
        printed, _ = process.communicate()
    assert process.returncode == 0, shown
    assert then is None, f"{seen} was not shown: {shown[-500:]}"
    return shown.decode(), printed.decode()


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.raw"
    path.write_bytes(b"".join(block(index) for index in range(BLOCKS)))
    return path


def check(shown, total):
    steps = SEEN.findall(shown)
    assert steps, shown[-500:]
    assert {of for _, of, _ in steps} == {total}
    assert CLEARED.search(shown), "the bar is taken away at the end"


def test_import_and_export_tell_rate_and_remaining_time(server, tmp_path, image):
    total = f"{BLOCKS * BLOCK_BYTES / 2**20:.2f} MiB"
    shown, printed = on_a_terminal(server, "import", image)
    check(shown, total)
    snapshot_id = printed.split()[0]
    shown, _ = on_a_terminal(server, "export", snapshot_id, tmp_path / "restored.raw")
    check(shown, total)


def test_pull_tells_rate_and_remaining_time(server):
    there = snapshots.upload(server, {index: block(index) for index in range(BLOCKS)})
    shown, _ = on_a_terminal(server, "pull", there, "--from-region", HOME, "--region", "us-west-2")
    check(shown, f"{BLOCKS * BLOCK_BYTES / 2**20:.2f} MiB")


def per_cents(shown, what):
    """The per cents that a bar has shown, which never go back and are taken away at the end."""
    found = [int(number) for number in re.findall(rf"{what} \[.{{30}}\] (\d+)% after", shown)]
    assert found and found == sorted(found) and found[-1] <= 100, shown[-500:]
    assert CLEARED.search(shown), "the bar is taken away at the end"
    return found


def test_wait_tells_per_cents_of_all_that_is_waited_for(server):
    done = snapshots.upload(server, {0: block(1)})
    ebs = client(server, "ebs")
    pending = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    snapshots.put_all(ebs, pending, {0: block(2)})
    shown, printed = on_a_terminal(
        server,
        *("wait", done, pending),
        seen=b"50% after",
        then=lambda: snapshots.complete(ebs, pending, {0: block(2)}),
    )
    assert {0, 50} <= set(per_cents(shown, "wait"))
    assert printed.count("completed") == 2


def test_copy_tells_per_cents_if_it_waits_and_nothing_if_it_does_not(server):
    source = snapshots.upload(server, {index: block(index) for index in range(BLOCKS)})
    copy = ("copy", source, "--from-region", HOME)
    shown, printed = on_a_terminal(server, *copy, "--wait", region=AWAY)
    assert per_cents(shown, "copy")[0] == 0
    assert snapshots.describe(server, printed.strip(), AWAY)["State"] == "completed"
    shown, _ = on_a_terminal(server, *copy, region=AWAY)
    assert shown == ""


def test_diff_tells_how_much_of_the_volume_is_compared(server):
    one = snapshots.upload(server, {index: block(index) for index in range(3)})
    two = snapshots.upload(server, {1023: block(0), 2047: block(1)}, ParentSnapshotId=one)
    shown, printed = on_a_terminal(server, "diff", one, two)
    assert per_cents(shown, "diff")[0] == 0
    assert "2 blocks changed" in printed


def test_the_tour_tells_how_far_each_of_its_steps_is(server, image):
    shown, printed = on_a_terminal(server, "quickstart", image)
    for step in ("make day 2", "import day 1", "import day 2", "export", "compare"):
        assert re.search(rf"{step} \[.{{30}}\] \S+ \S+/20.00 MiB ", shown), f"{step}: {shown[-500:]}"
    for step in ("import day 1", "copy in us-east-1", "copy to us-west-2", "copy day 2 to us-west-2"):
        per_cents(shown, step)
    assert "identical" in printed and "\x1b" not in printed


def test_without_a_terminal_nothing_is_shown(server, tmp_path, image):
    imported = run(server, "import", image)
    assert imported.stderr == ""
    exported = run(server, "export", imported.stdout.split()[0], tmp_path / "restored.raw", "--json")
    assert exported.stderr == ""
    copied = run(server, "copy", imported.stdout.split()[0], "--wait")
    assert copied.stderr == ""
    for arguments in (("wait", copied.stdout.strip()), ("diff", imported.stdout.split()[0], copied.stdout.strip())):
        assert run(server, *arguments).stderr == ""
