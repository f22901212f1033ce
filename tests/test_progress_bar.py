"""Progress on a terminal: what people see, and that scripts see nothing of it."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

import snapshots
from server_process import BINARY, HOME
from snapshots import BLOCK_BYTES, block
from commands import environment, run

SECONDS_MAX = 120
BLOCKS = 40
# How much of how much, how fast, and how long it still takes.
SEEN = re.compile(r"(\S+ [KM]iB)/(\S+ MiB) \S+ \S+/s (\S+) left")


def on_a_terminal(server, *arguments):
    """What a command shows on standard error, which is a terminal, and its standard output, which is not."""
    ours, theirs = pty.openpty()
    variables = {**environment(server), "TERM": "xterm", "COLUMNS": "120"}
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
    finally:
        os.close(ours)
        if time.monotonic() >= deadline:
            process.kill()
        printed, _ = process.communicate()
    assert process.returncode == 0, shown
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
    assert shown.endswith("\x1b[2K"), "the bar is taken away at the end"


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


def test_without_a_terminal_nothing_is_shown(server, tmp_path, image):
    imported = run(server, "import", image)
    assert imported.stderr == ""
    exported = run(server, "export", imported.stdout.split()[0], tmp_path / "restored.raw", "--json")
    assert exported.stderr == ""
