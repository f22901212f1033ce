"""The command: imports an image that does not compress, completes it, reads it back, and prints figures."""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import subprocess

import seaweedfs_server
from metrics import scrape
from server_process import BINARY, HOME, ServerProcess

MEBIBYTE = 1 << 20
SEGMENT_MIB = 64
# Most requests of a first import for each object that it makes: to make it, and to read its footer at the end. How
# many objects there are depends on how fast blocks come, so that is shown and not judged.
REQUESTS_PER_OBJECT_MAX = 5


def main():
    parser = argparse.ArgumentParser(prog="bucket_bench", description=__doc__)
    parser.add_argument("mib", type=int)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="emptied first and removed at the end")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, arguments.folder)
        return measure(stack, arguments)


def measure(stack, arguments):
    image, back = arguments.folder / "image.raw", arguments.folder / "back.raw"
    with open(image, "wb") as file:
        for _ in range(arguments.mib):
            file.write(os.urandom(MEBIBYTE))
    bucket = seaweedfs_server.start_or_skip(arguments.folder / "seaweedfs")
    stack.callback(bucket.stop)
    server = ServerProcess(
        arguments.folder / "data", options=bucket.options(bucket.new_prefix()), environment=bucket.environment()
    )
    server.start()
    stack.callback(lambda: server.process.poll() is None and server.kill())
    segments = arguments.mib / SEGMENT_MIB
    print(f"{arguments.mib} MiB, which fill {segments:.1f} segments of {SEGMENT_MIB} MiB\n")
    print(f"{'step':<18} {'requests':>8} {'per 64 MiB':>12}  by kind")
    imported, answer = step(server, "first import", segments, ["import", str(image)])
    step(server, "export", segments, ["export", answer["SnapshotId"], str(back)])
    assert begins_with(back, image), "what was exported is not what was imported"
    server.stop()
    total, objects = sum(imported.values()), imported["publish"] + imported["put"]
    print(f"\nthe first import made {objects:.0f} objects, {objects / segments:.1f} for 64 MiB")
    print(f"requests of the first import for each object: {total / objects:.1f} (bound {REQUESTS_PER_OBJECT_MAX})")
    return 1 if total / objects > REQUESTS_PER_OBJECT_MAX else 0


def begins_with(volume, image):
    """Whether a volume, which is as large as whole GiB are, begins with the bytes of an image."""
    with open(volume, "rb") as one, open(image, "rb") as other:
        return all(one.read(MEBIBYTE) == part for part in iter(lambda: other.read(MEBIBYTE), b""))


def step(server, name, segments, words):
    """Runs a command; the requests that it made of the bucket by kind, and its answer."""
    before = requests(server)
    answer = run(server, words)
    after = requests(server)
    kinds = {kind: after[kind] - before.get(kind, 0) for kind in after}
    total = sum(kinds.values())
    shown = ", ".join(f"{kind} {count:.0f}" for kind, count in sorted(kinds.items()) if count)
    print(f"{name:<18} {total:>8.0f} {total / segments:>12.1f}  {shown}", flush=True)
    return kinds, answer


def requests(server):
    """{kind: requests so far}."""
    found = {}
    for series, value in scrape(server).items():
        if series.startswith("ebbstone_object_requests_total") and f"region={HOME}" in series:
            found[series.split("operation=")[1].split()[0]] = value
    return found


def run(server, words):
    command = [str(BINARY), *words, "--json", "--endpoint-url", server.endpoint, "--region", HOME]
    keys = {"AWS_ACCESS_KEY_ID": server.access_key_id, "AWS_SECRET_ACCESS_KEY": server.secret_access_key}
    done = subprocess.run(command, env={**os.environ, **keys}, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


if __name__ == "__main__":
    raise SystemExit(main())
