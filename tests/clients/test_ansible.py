"""Ansible's modules of the collections amazon.aws and community.aws against the server."""

import json
import subprocess
import sys

import pytest

import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME
from snapshots import block


@pytest.fixture
def play(ansible, server, tmp_path):
    """Runs tasks, each `(module, options)` for a region, and gives what each said."""

    def run(*tasks, region, fails=False):
        reach = {"endpoint_url": server.endpoint, "region": region}
        steps = [{module: {**reach, **options}} for module, options in tasks]
        playbook = tmp_path / "playbook.json"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": steps}]))
        environment = server.client_environment(
            ANSIBLE_HOME=str(tmp_path / "ansible"), ANSIBLE_STDOUT_CALLBACK="ansible.posix.json"
        )
        interpreter = f"ansible_python_interpreter={sys.executable}"
        command = [str(ansible), "-i", "localhost,", "-c", "local", "-e", interpreter, str(playbook)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        said = json.loads(done.stdout[done.stdout.index("{") :])
        return [task["hosts"]["localhost"] for task in said["plays"][0]["tasks"]]

    return run


def test_a_snapshot_is_copied_to_another_region_with_tags_and_waited_for(play, server):
    blocks = {0: block(1), 5: block(2)}
    source_id = snapshots.upload(server, blocks)
    options = {
        "source_region": HOME,
        "source_snapshot_id": source_id,
        "description": "by ansible",
        "wait": True,
        "wait_timeout": 120,
        "tags": {"Name": "copied"},
    }
    [copied] = play(("community.aws.ec2_snapshot_copy", options), region=AWAY)
    assert copied["changed"]
    copy_id = copied["snapshot_id"]
    described = snapshots.describe(server, copy_id, AWAY)
    assert (described["State"], described["Description"]) == ("completed", "by ansible")
    assert described["Tags"] == [{"Key": "Name", "Value": "copied"}]
    assert snapshots.read(server, copy_id, AWAY) == blocks


def test_tags_are_set_listed_and_taken_off(play, server):
    snapshot_id = snapshots.upload(server, {0: block(3)}, Tags=[{"Key": "old", "Value": "1"}])
    named = {"resource": snapshot_id}
    changed, listed, again = play(
        ("amazon.aws.ec2_tag", {**named, "tags": {"new": "2"}, "purge_tags": True}),
        ("amazon.aws.ec2_tag_info", named),
        ("amazon.aws.ec2_tag", {**named, "tags": {"new": "2"}, "purge_tags": True}),
        region=HOME,
    )
    assert changed["changed"] and not again["changed"]
    assert listed["tags"] == {"new": "2"}


def test_a_snapshot_is_deleted_once(play, server):
    snapshot_id = snapshots.upload(server, {0: block(4)})
    absent = ("amazon.aws.ec2_snapshot", {"snapshot_id": snapshot_id, "state": "absent"})
    first, again = play(absent, absent, region=HOME)
    assert first["changed"] and not again["changed"]
    with refused("InvalidSnapshot.NotFound"):
        client(server, "ec2").describe_snapshots(SnapshotIds=[snapshot_id])


def test_a_missing_source_fails_the_task(play):
    options = {
        "source_region": HOME,
        "source_snapshot_id": "snap-0123456789abcdef0",
        "description": "of nothing",
        "wait": True,
        "wait_timeout": 60,
    }
    [failed] = play(("community.aws.ec2_snapshot_copy", options), region=AWAY, fails=True)
    assert failed["failed"] and "terminal failure state" in failed["msg"], failed
