"""The largest volume with three blocks in it: what each operation asks of the stores follows what is there."""

import json
import os
import re
import secrets
import subprocess

import pytest

import snapshots
from aws_clients import client
from server_process import AWAY, BINARY, HOME
from snapshots import BLOCK_BYTES, block
from test_overload import observed

VOLUME_BYTES = 64 << 40
GIB = VOLUME_BYTES >> 30
LAST = VOLUME_BYTES // BLOCK_BYTES - 1
BLOCKS = {0: block("first"), LAST // 2: block("middle"), LAST: block("last")}
CHANGED = {LAST // 2: block("middle again")}
# Of one operation: nodes from the root down to three leaves that are far from each other, and what is written.
OBJECT_REQUESTS_MAX = 10
# A file system of memory holds files of any length; that of a disk may end at 16 TiB.
MEMORY = "/dev/shm"


@pytest.fixture
def image():
    """The path of an image of so many bytes, all of them holes."""
    path = os.path.join(MEMORY, f"ebbstone-{secrets.token_hex(8)}.raw")
    with open(path, "xb") as file:
        file.truncate(VOLUME_BYTES)
    yield path
    os.unlink(path)


def write(path, blocks):
    with open(path, "r+b") as file:
        for index, data in blocks.items():
            file.seek(index * BLOCK_BYTES)
            file.write(data)


def object_requests(server):
    _, text = observed(server, "/metrics")
    return sum(int(count) for count in re.findall(r"^ebbstone_object_requests_total\{.*\} (\d+)$", text, re.M))


class Bounded:
    """Runs a command or a call, and holds its requests to the stores against the bound."""

    def __init__(self, server):
        self.server = server

    def command(self, *arguments, region=HOME):
        variables = {
            "AWS_ACCESS_KEY_ID": self.server.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.server.secret_access_key,
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_REGION": region,
            "HOME": str(self.server.data_dir.parent),
        }
        whole = [str(BINARY), *arguments, "--json"]
        done = self.call(
            lambda: subprocess.run(whole, env=variables, capture_output=True, text=True, timeout=120, check=False)
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def call(self, operation):
        before = object_requests(self.server)
        answer = operation()
        made = object_requests(self.server) - before
        assert made <= OBJECT_REQUESTS_MAX, f"{made} requests"
        return answer


def test_no_operation_on_the_largest_volume_does_work_in_proportion_to_it(own_server, image):
    server, bounded = own_server, Bounded(own_server)
    write(image, BLOCKS)
    imported = bounded.command("import", image)
    assert (imported["BlocksCompared"], imported["BlocksWritten"], imported["VolumeSize"]) == (3, 3, GIB)
    day_one = imported["SnapshotId"]
    write(image, CHANGED)
    day_two = bounded.command("import", image, "--parent", day_one)
    assert (day_two["BlocksCompared"], day_two["BlocksWritten"]) == (3, 1)
    day_two = day_two["SnapshotId"]

    (described,) = bounded.command("describe", day_two)["Snapshots"]
    assert (described["VolumeSize"], described["FullSnapshotSizeInBytes"]) == (GIB, 3 * BLOCK_BYTES)
    difference = bounded.command("diff", day_one, day_two)
    assert difference["Ranges"] == [{"FirstBlock": LAST // 2, "Blocks": 1}]
    ebs = client(server, "ebs")
    listed = bounded.call(lambda: ebs.list_snapshot_blocks(SnapshotId=day_two))
    assert [item["BlockIndex"] for item in listed["Blocks"]] == sorted(BLOCKS)

    bounded.command("copy", day_one, "--wait")
    bounded.command("copy", day_one, "--from-region", HOME, "--wait", region=AWAY)
    away = bounded.command("copy", day_two, "--from-region", HOME, "--wait", region=AWAY)["SnapshotId"]
    assert snapshots.read(server, away, AWAY) == {**BLOCKS, **CHANGED}
