"""The AWS CLI against the server, as people use it."""

import base64
import json
import pathlib
import subprocess
import sys

import pytest

import snapshots
from server_process import AWAY, HOME
from snapshots import block

AWS = pathlib.Path(sys.executable).with_name("aws")


@pytest.fixture
def aws(server, tmp_path):
    """Runs `aws ...` and gives what it prints: parsed if it is JSON. `fails` asks for its error text instead."""

    def run(*arguments, region=HOME, fails=False):
        environment = server.client_environment(AWS_CONFIG_FILE=str(tmp_path / "config"), AWS_MAX_ATTEMPTS="1")
        command = [str(AWS), "--endpoint-url", server.endpoint, "--region", region, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        if fails:
            assert done.returncode != 0, done.stdout
            return done.stderr
        assert done.returncode == 0, done.stderr
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            return done.stdout.strip()

    return run


@pytest.fixture(scope="module")
def source(server):
    return snapshots.upload(server, {0: block(600), 3: block(601)}, Tags=[{"Key": "Name", "Value": "cli source"}])


def test_copy_with_tags_wait_and_describe(aws, source):
    copy = aws(
        "ec2",
        "copy-snapshot",
        "--source-region",
        HOME,
        "--source-snapshot-id",
        source,
        "--description",
        "a copy, with (punctuation) & spaces",
        "--tag-specifications",
        'ResourceType=snapshot,Tags=[{Key=Name,Value=cli copy},{Key=empty,Value=""}]',
        region=AWAY,
    )
    assert sorted(tag["Key"] for tag in copy["Tags"]) == ["Name", "empty"]
    aws("ec2", "wait", "snapshot-completed", "--snapshot-ids", copy["SnapshotId"], region=AWAY)
    found = aws(
        "ec2",
        "describe-snapshots",
        "--owner-ids",
        "self",
        "--filters",
        "Name=tag:Name,Values=cli c*",
        "Name=status,Values=completed",
        "--query",
        "Snapshots[].[SnapshotId,Description,VolumeSize]",
        region=AWAY,
    )
    assert [copy["SnapshotId"], "a copy, with (punctuation) & spaces", 1] in found


def test_the_bytes_of_a_copy_are_read(aws, server, source, tmp_path):
    copy_id = aws("ec2", "copy-snapshot", "--source-region", HOME, "--source-snapshot-id", source)["SnapshotId"]
    snapshots.completed(server, copy_id)
    listed = aws("ebs", "list-snapshot-blocks", "--snapshot-id", copy_id)
    assert [item["BlockIndex"] for item in listed["Blocks"]] == [0, 3]
    out = tmp_path / "block"
    aws(
        "ebs",
        "get-snapshot-block",
        "--snapshot-id",
        copy_id,
        "--block-index",
        "3",
        "--block-token",
        listed["Blocks"][1]["BlockToken"],
        str(out),
    )
    assert out.read_bytes() == block(601)


def test_an_upload_from_a_file(aws, server, tmp_path):
    data = block(602)
    path = tmp_path / "block"
    path.write_bytes(data)
    started = aws("ebs", "start-snapshot", "--volume-size", "1", "--tags", "Key=Name,Value=cli upload")
    aws(
        "ebs",
        "put-snapshot-block",
        "--snapshot-id",
        started["SnapshotId"],
        "--block-index",
        "9",
        "--data-length",
        str(len(data)),
        "--block-data",
        str(path),
        "--checksum",
        snapshots.digest(data),
        "--checksum-algorithm",
        "SHA256",
    )
    aws("ebs", "complete-snapshot", "--snapshot-id", started["SnapshotId"], "--changed-blocks-count", "1")
    snapshots.completed(server, started["SnapshotId"])
    assert snapshots.read(server, started["SnapshotId"]) == {9: data}


def test_pages_are_followed(aws, source):
    everything = aws("ec2", "describe-snapshots", "--query", "length(Snapshots)")
    paged = aws("ec2", "describe-snapshots", "--page-size", "5", "--query", "length(Snapshots)")
    assert paged == everything >= 1


def test_dry_run_and_refusals_are_shown_by_code(aws, source):
    copy = ("ec2", "copy-snapshot", "--source-region", HOME, "--source-snapshot-id")
    assert "(DryRunOperation)" in aws(*copy, source, "--dry-run", fails=True)
    assert "(InvalidParameterValue)" in aws(*copy, "snap-bad", fails=True)
    assert "(InvalidSnapshot.NotFound)" in aws(
        "ec2", "describe-snapshots", "--snapshot-ids", "snap-0fedcba9876543210", fails=True
    )


def test_who_where_and_delete(aws, server, account):
    assert aws("sts", "get-caller-identity")["Account"] == account
    assert sorted(aws("ec2", "describe-regions", "--query", "Regions[].RegionName")) == sorted([HOME, AWAY])
    snapshot_id = snapshots.upload(server, {})
    aws("ec2", "create-tags", "--resources", snapshot_id, "--tags", "Key=a,Value=b")
    found = aws("ec2", "describe-tags", "--filters", f"Name=resource-id,Values={snapshot_id}", "--query", "Tags[].Key")
    assert found == ["a"]
    assert aws("ec2", "delete-snapshot", "--snapshot-id", snapshot_id) == ""
    assert "(InvalidSnapshot.NotFound)" in aws("ec2", "delete-snapshot", "--snapshot-id", snapshot_id, fails=True)


def test_block_tokens_survive_the_shell(aws, source):
    for item in aws("ebs", "list-snapshot-blocks", "--snapshot-id", source)["Blocks"]:
        assert base64.b64decode(item["BlockToken"] + "=" * (-len(item["BlockToken"]) % 4))
