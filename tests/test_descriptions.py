"""Descriptions are ASCII: what is not is refused whole, and what is comes back as it was given."""

import uuid

import pytest

import snapshots
from aws_clients import client, refused

OUTSIDE_ASCII = ["naïve", "\u0080", "резервная копия", "写真", "nightly \U0001f4be", "fullwidth ａ", "a\u0301"]
WITHIN_ASCII = ["", " ", "a b  c ", "100% & <all> \"of\" 'it'; a+b=c/d?#", "~!@$^*()_-{}[]|\\:,.`"]


@pytest.fixture(scope="module")
def source(server):
    return snapshots.upload(server, {})


def described(server):
    """{snapshot id: description} of everything in the region."""
    return {found["SnapshotId"]: found["Description"] for found in client(server, "ec2").describe_snapshots()["Snapshots"]}


@pytest.mark.parametrize("description", OUTSIDE_ASCII)
def test_a_copys_description_outside_ascii_is_refused(server, source, description):
    before = described(server)
    for dry_run in (False, True):
        with refused("InvalidParameterValue", status=400) as answer:
            snapshots.copy(server, source, Description=description, DryRun=dry_run)
        assert answer.message == (
            f"Value ({description}) for parameter description is invalid. "
            "Character sets beyond ASCII are not supported."
        )
    assert described(server) == before


@pytest.mark.parametrize("description", OUTSIDE_ASCII)
def test_an_uploads_description_outside_ascii_is_refused(server, description):
    before = described(server)
    with refused("ValidationException", status=400) as answer:
        client(server, "ebs").start_snapshot(
            VolumeSize=1, Description=description, ClientToken=str(uuid.uuid4())
        )
    assert answer.reason == "INVALID_PARAMETER_VALUE"
    assert "Description" in answer.message and "ASCII" in answer.message
    assert described(server) == before


@pytest.mark.parametrize("description", WITHIN_ASCII)
def test_every_description_within_ascii_is_kept_as_it_is(server, source, description):
    copy_id = snapshots.copy(server, source, Description=description)
    upload_id = client(server, "ebs").start_snapshot(
        VolumeSize=1, Description=description, ClientToken=str(uuid.uuid4())
    )["SnapshotId"]
    found = described(server)
    assert (found[copy_id], found[upload_id]) == (description, description)
    client(server, "ec2").delete_snapshot(SnapshotId=upload_id)
