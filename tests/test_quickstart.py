"""`ebbstone quickstart`: the tour of the main job, as a stranger runs it."""

import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

import commands
import snapshots
from server_process import AWAY, BINARY, HOME, ServerProcess

SECONDS_MAX = 300
STEPS = ["import day 1", "copy in us-east-1", "copy to us-west-2", "import day 2", "copy day 2 to us-west-2"]
# Step, snapshot, data, moved, shared, seconds.
ROW = re.compile(r"^(\S.+?)  +(snap-[0-9a-f]{17}) +([\d.]+) +([\d.]+) +([\d.]+) +[\d.]+$", re.M)
IMAGE_BLOCKS = 24
JSON_STEP = {"Step", "SnapshotId", "Region", "DataBytes", "BytesMoved", "BytesShared", "Seconds"}


def environment(folder):
    """The environment of someone who has nothing configured; new files come into `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "EBBSTONE_"))}
    return {**kept, "TMPDIR": str(folder), "HOME": str(folder)}


def tour(folder, *arguments):
    done = subprocess.run(
        [str(BINARY), "quickstart", *map(str, arguments)],
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def rows(text):
    """The table: {step: (snapshot, data, moved, shared)}, in MiB."""
    return {step: (snapshot, *map(float, figures)) for step, snapshot, *figures in ROW.findall(text)}


def check_report(text):
    table = rows(text)
    assert list(table) == STEPS, text
    same = re.findall(r"^exported (\S+) from (\S+) \(.*\): identical$", text, re.M)
    assert [snapshot for snapshot, _ in same] == [table[step][0] for step in STEPS]
    assert [region for _, region in same] == [HOME, HOME, AWAY, HOME, AWAY]
    return table


@pytest.fixture
def image(tmp_path):
    """An image that does not compress, with a hole in it, of a length that is not a whole number of blocks."""
    path = tmp_path / "disk.raw"
    with open(path, "wb") as file:
        for number in range(IMAGE_BLOCKS):
            file.seek(2 * number * snapshots.BLOCK_BYTES)
            file.write(random.Random(number).randbytes(snapshots.BLOCK_BYTES))
        file.write(b"the end")
    return path


def test_the_tour_of_an_empty_machine_uses_real_bytes_and_leaves_nothing(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    text = tour(folder)
    table = check_report(text)
    _, data, moved, _ = table["import day 1"]
    assert data > 50 and 0.05 * data < moved < 0.95 * data, "neither zeros nor noise"
    _, _, moved_inside, shared_inside = table["copy in us-east-1"]
    assert (moved_inside, shared_inside) == (0, data), "a copy in its region moves nothing"
    for step in ("import day 2", "copy day 2 to us-west-2"):
        assert 0 < table[step][2] < moved / 10, "what changed, and no more"
    assert "Nothing is kept" in text
    assert list(folder.iterdir()) == []


def test_the_tour_is_one_json_document_if_that_is_asked_for(tmp_path, image):
    folder = tmp_path / "empty"
    folder.mkdir()
    told = json.loads(tour(folder, image, "--json"))
    assert [step["Step"] for step in told["Steps"]] == STEPS
    assert all(set(step) == JSON_STEP for step in told["Steps"])
    first, inside, *_ = told["Steps"]
    assert first["DataBytes"] == (IMAGE_BLOCKS + 1) * snapshots.BLOCK_BYTES
    assert (inside["BytesMoved"], inside["BytesShared"]) == (0, first["DataBytes"])
    exported = [(export["SnapshotId"], export["Region"], export["Identical"]) for export in told["Exports"]]
    assert exported == [(step["SnapshotId"], step["Region"], True) for step in told["Steps"]]
    assert urllib.parse.urlsplit(told["Endpoint"]).hostname == "127.0.0.1"
    assert "CredentialsFile" not in told and not os.path.exists(told["DataDir"])


def test_a_tour_that_fails_says_so_in_json_if_that_is_asked_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for image, code in ((pipe, commands.USAGE), (tmp_path / "nothing", commands.FAILURE)):
        command = [str(BINARY), "quickstart", "--json", str(image)]
        done = subprocess.run(
            command, env=environment(tmp_path), capture_output=True, text=True, timeout=SECONDS_MAX
        )
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        error = json.loads(done.stderr)["Error"]
        assert str(image) in error["Message"] and error["ExitCode"] == code
    assert list(tmp_path.iterdir()) == [pipe]


def test_the_tour_of_an_image_does_not_touch_it(tmp_path, image):
    before = (image.read_bytes(), image.stat().st_mtime_ns)
    folder = tmp_path / "empty"
    folder.mkdir()
    _, data, moved, _ = check_report(tour(folder, image))["import day 1"]
    assert data == pytest.approx(IMAGE_BLOCKS / 2 + 0.5)
    assert moved == pytest.approx(IMAGE_BLOCKS / 2, rel=0.02)
    assert (image.read_bytes(), image.stat().st_mtime_ns) == before
    assert list(folder.iterdir()) == []


def test_what_is_kept_is_served_and_the_lines_to_go_on_with_work(tmp_path, image):
    folder = tmp_path / "kept"
    command = [str(BINARY), "quickstart", "--keep", "--data-dir", str(folder), str(image)]
    process = subprocess.Popen(
        command, env=environment(tmp_path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    lines = []
    deadline = threading.Timer(SECONDS_MAX, process.kill)
    deadline.start()
    try:
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Serving until interrupted"):
                break
        text = "".join(lines)
        table = check_report(text)
        server = served(text)
        day_two = table["copy day 2 to us-west-2"][0]
        for line in re.findall(r"^  (?:aws|ebbstone) .*$", text, re.M):
            go_on(server, tmp_path, line)
        with open(tmp_path / "disk.raw", "rb") as original, open(tmp_path / "out" / "disk.raw", "rb") as restored:
            first, later = original.read(snapshots.BLOCK_BYTES), restored.read(snapshots.BLOCK_BYTES)
            assert first != later, "the first block is changed on day two"
            assert original.read() == restored.read(image.stat().st_size - snapshots.BLOCK_BYTES)
        found = snapshots.describe(server, day_two, AWAY)
        assert {tag["Key"] for tag in found["Tags"]} == {"Name", "Source"}
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate()
        deadline.cancel()
    assert process.returncode == 0, "".join(lines) + rest
    assert folder.is_dir()


def image_begun(folder):
    return list(folder.glob("ebbstone-quickstart-*/day-1.raw"))


def import_begun(folder):
    return [path for path in folder.glob("ebbstone-quickstart-*/data/store/us-east-1/**/*") if path.is_file()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("begun", [image_begun, import_begun], ids=lambda begun: begun.__name__)
def test_a_tour_that_is_interrupted_leaves_nothing_and_says_so_by_its_exit_code(tmp_path, begun, number):
    folder = tmp_path / "empty"
    folder.mkdir()
    process = subprocess.Popen(
        [str(BINARY), "quickstart"],
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while not begun(folder):
            assert process.poll() is None and time.monotonic() < deadline, "the tour does not come so far"
            time.sleep(0.01)
        (made,) = folder.iterdir()
        assert made.stat().st_mode & 0o777 == 0o700, "others may look into it"
        process.send_signal(number)
        text, complaints = process.communicate(timeout=SECONDS_MAX)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 128 + number, f"{text}\n{complaints}"
    assert complaints == "ebbstone: interrupted\n"
    assert list(folder.iterdir()) == []


def served(text):
    """The server of a tour, with the credentials that its text points at."""
    (endpoint, folder) = re.search(r"^Serving (\S+) \(data in (.*)\)$", text, re.M).groups()
    (kept,) = re.findall(r"credentials of root are in (.*)\)", text)
    server = ServerProcess(folder)
    with open(kept) as file:
        server.access_key_id, server.secret_access_key = re.findall(r': "([^"]+)"', file.read())
    server.endpoint = endpoint
    assert urllib.parse.urlsplit(endpoint).hostname == "127.0.0.1"
    return server


def go_on(server, folder, line):
    """Runs a line that the tour prints, in a folder of its own."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    programs = {"aws": os.path.join(os.path.dirname(sys.executable), "aws"), "ebbstone": str(BINARY)}
    name, *arguments = shlex.split(line)
    keys = {"AWS_ACCESS_KEY_ID": server.access_key_id, "AWS_SECRET_ACCESS_KEY": server.secret_access_key}
    done = subprocess.run(
        [programs[name], *arguments],
        cwd=out,
        env={**environment(folder), **keys},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
