"""Running the client commands of the binary, and the images that they work on."""

import hashlib
import json
import os
import random
import subprocess

from server_process import BINARY, HOME
from snapshots import BLOCK_BYTES

GIB = 1 << 30
NOBODY = "snap-0ffffffffffffffff"
DONE, FAILURE, USAGE, NOT_FOUND, SNAPSHOT_FAILED, TIMED_OUT, ACCESS_DENIED = range(7)
COMMAND_SECONDS_MAX = 120


def environment(server, region=HOME, **changes):
    """The environment of a command that has nothing but the server's address and keys."""
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(server.data_dir.parent),
        "AWS_ACCESS_KEY_ID": server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_REGION": region,
    }
    variables.update(changes)
    return {name: value for name, value in variables.items() if value is not None}


def run(server, *arguments, status=DONE, region=HOME, **changes):
    """Runs a command that must end with this exit code; its process."""
    done = subprocess.run(
        [str(BINARY), *map(str, arguments)],
        env=environment(server, region, **changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
    )
    assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "panicked" not in done.stderr, done.stderr
    if status != DONE:
        assert done.stderr, "a failure says why"
    return done


def document(server, *arguments, **settings):
    """The JSON document that a command prints."""
    return json.loads(run(server, *arguments, "--json", **settings).stdout)


def data(seed, blocks=1):
    return b"".join(random.Random(f"{seed} {number}").randbytes(BLOCK_BYTES) for number in range(blocks))


def image(path, writes, length=GIB):
    """A sparse image with these {offset: bytes} in it."""
    with open(path, "wb") as file:
        file.truncate(length)
        for offset, content in writes.items():
            file.seek(offset)
            file.write(content)
    return path


def rewrite(path, writes):
    with open(path, "r+b") as file:
        for offset, content in writes.items():
            file.seek(offset)
            file.write(content)


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stored_bytes(path):
    return os.stat(path).st_blocks * 512
