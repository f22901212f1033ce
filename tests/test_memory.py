"""What the server holds in memory while many clients keep it busy."""

import concurrent.futures
import json
import os
import subprocess

import pytest

import commands
import snapshots
from aws_clients import client
from commands import GIB
from server_process import AWAY, BINARY, ServerProcess
from snapshots import BLOCK_BYTES

MEBIBYTE = 1 << 20
RESIDENT_BYTES_MAX = 256 * MEBIBYTE
CLIENTS = 8
CONNECTIONS_OF_A_CLIENT = 64
BLOCKS_OF_AN_IMAGE = 96
ATTEMPTS_MAX = 5
COPY_SECONDS_MAX = 300
# Of jemalloc: where it keeps memory, and for how long once nobody uses it.
ALLOCATOR_SETTINGS = {"narenas": "2", "dirty_decay_ms": "500", "muzzy_decay_ms": "0"}


@pytest.fixture
def busy_server(tmp_path):
    """A server of its own, whose memory no other test has filled."""
    running = ServerProcess(tmp_path / "data").start()
    yield running
    running.stop()


def make_image(path):
    """An image whose blocks are all different, every other one half as long when it is compressed."""
    writes = {}
    for index in range(BLOCKS_OF_AN_IMAGE):
        noise = os.urandom(BLOCK_BYTES if index % 2 else BLOCK_BYTES // 2)
        writes[index * BLOCK_BYTES] = noise.ljust(BLOCK_BYTES, b"\1")
    return commands.image(path, writes, length=GIB)


def run_until_done(server, *arguments):
    """The output of a command that stands in line with all the others: where they are slow it may be told to come
    again more often than it does."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            return commands.run(server, *arguments, "--concurrency", CONNECTIONS_OF_A_CLIENT).stdout
        except (AssertionError, subprocess.TimeoutExpired):
            if attempt == ATTEMPTS_MAX:
                raise
    return None


def import_image(server, path):
    return json.loads(run_until_done(server, "import", path, "--json"))["SnapshotId"]


def export_and_compare(server, snapshot_id, image, target):
    run_until_done(server, "export", snapshot_id, target, "--force")
    try:
        with open(image, "rb") as one, open(target, "rb") as other:
            for _ in range(BLOCKS_OF_AN_IMAGE):
                assert one.read(BLOCK_BYTES) == other.read(BLOCK_BYTES), "what comes back is what went in"
    finally:
        target.unlink()


def copy_and_wait(server, snapshot_id):
    copy = snapshots.copy(server, snapshot_id, destination=AWAY)
    snapshots.completed(server, copy, AWAY, COPY_SECONDS_MAX)


def test_eight_clients_of_64_connections_and_all_jobs_at_once_leave_the_server_below_256_mib(busy_server, tmp_path):
    server = busy_server
    images = [tmp_path / f"{number}.raw" for number in range(2 * CLIENTS)]
    for path in images:
        make_image(path)
    with concurrent.futures.ThreadPoolExecutor(3 * CLIENTS) as pool:
        first = list(pool.map(lambda path: import_image(server, path), images[:CLIENTS]))
        at_once = [pool.submit(import_image, server, path) for path in images[CLIENTS:]]
        for snapshot_id, image in zip(first, images):
            target = image.with_suffix(".exported")
            at_once.append(pool.submit(export_and_compare, server, snapshot_id, image, target))
            at_once.append(pool.submit(copy_and_wait, server, snapshot_id))
        for work in at_once:
            work.result()
    resident = server.memory_bytes("VmHWM")
    print(f"resident, highest: {resident / MEBIBYTE:.0f} MiB (bound {RESIDENT_BYTES_MAX // MEBIBYTE})")
    assert resident < RESIDENT_BYTES_MAX, f"{resident / MEBIBYTE:.0f} MiB"
    assert client(server, "sts").get_caller_identity()["Account"]


def test_the_allocator_has_few_arenas_on_any_machine_and_gives_back_what_nobody_uses():
    environment = {**os.environ, "MALLOC_CONF": "stats_print:true"}
    told = subprocess.run(
        [str(BINARY), "--version"], env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    lines = [line.split() for line in told.stderr.splitlines() if line.startswith("  opt.")]
    settings = {words[0].removeprefix("opt.").rstrip(":"): words[1] for words in lines}
    assert {name: settings.get(name) for name in ALLOCATOR_SETTINGS} == ALLOCATOR_SETTINGS
