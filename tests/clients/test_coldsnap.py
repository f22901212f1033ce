"""coldsnap against the server: an upload and a download through the EBS direct APIs."""

import re
import subprocess

import pytest

import snapshots
from server_process import HOME
from snapshots import BLOCK_BYTES, block


@pytest.fixture
def run(coldsnap, server, tmp_path):
    """Runs `coldsnap ...` and gives what it prints."""

    def run(*arguments, fails=False):
        environment = server.client_environment(
            AWS_REGION=HOME, AWS_CONFIG_FILE=str(tmp_path / "config"), AWS_EC2_METADATA_DISABLED="true"
        )
        command = [coldsnap, "--endpoint", server.endpoint, "--region", HOME, *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def test_an_image_goes_up_and_comes_down_unchanged(run, server, tmp_path):
    image, restored = tmp_path / "image.raw", tmp_path / "restored.raw"
    with open(image, "wb") as file:
        for index in (0, 1, 100, 2047):
            file.seek(index * BLOCK_BYTES)
            file.write(block(index + 1))
    said = run("upload", "--wait", "--description", "by coldsnap", "--tag", "Key=Name,Value=up", image)
    snapshot_id = re.search(r"snap-[0-9a-f]{17}", said).group()
    described = snapshots.describe(server, snapshot_id)
    assert (described["State"], described["VolumeSize"]) == ("completed", 1)
    assert described["Description"] == "by coldsnap"
    assert described["Tags"] == [{"Key": "Name", "Value": "up"}]
    run("download", snapshot_id, restored)
    assert restored.read_bytes() == image.read_bytes()


def test_what_boto3_wrote_coldsnap_reads(run, server, tmp_path):
    blocks = {3: block(9), 700: block(10)}
    snapshot_id = snapshots.upload(server, blocks)
    restored = tmp_path / "restored.raw"
    run("download", snapshot_id, restored)
    data = restored.read_bytes()
    assert len(data) == 1 << 30
    for index, expected in blocks.items():
        assert data[index * BLOCK_BYTES :][:BLOCK_BYTES] == expected
    assert data.count(0) >= len(data) - len(blocks) * BLOCK_BYTES


def test_a_missing_snapshot_is_told(run, tmp_path):
    said = run("download", "snap-0123456789abcdef0", tmp_path / "nothing.raw", fails=True)
    assert "snap-0123456789abcdef0" in said
