"""Copies where stored bytes are damaged: none completes with other content than its source's."""

import contextlib

import pytest

import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME, ServerProcess
from snapshots import block
from stored_objects import BLOCK, BRANCH, LEAF, flip, root_of, segments, slots

NOT_VERIFIED = "Snapshot data could not be verified"
BLOCKS = {0: block("copied 0"), 1: block("copied 1"), 600: block("copied 600")}
KINDS = {"block": BLOCK, "leaf": LEAF, "branch": BRANCH}
PARTS = ["root", *KINDS]


@pytest.fixture
def server(tmp_path):
    running = ServerProcess(tmp_path / "data").start()
    yield running
    running.stop()


def restart(server):
    """Nothing of what was read is in memory afterwards."""
    server.stop()
    server.start()


@contextlib.contextmanager
def damaged(server, snapshot_id, part, region=HOME):
    """As long as this lasts, one bit of a part of the snapshot, the only one in its region, is another."""
    if part == "root":
        path, offset = root_of(server, snapshot_id, region), 100
    else:
        found = [(path, slot) for path in segments(server, region) for slot in slots(path)]
        path, slot = next((path, slot) for path, slot in found if slot.kind == KINDS[part])
        offset = slot.sealed.start + 30
    flip(path, offset)
    yield
    flip(path, offset)


@pytest.mark.parametrize("part", PARTS)
def test_a_copy_of_a_damaged_source_ends_in_error(server, part):
    source = snapshots.upload(server, BLOCKS)
    restart(server)
    with damaged(server, source, part):
        copy_id = snapshots.copy(server, source, destination=AWAY)
        assert snapshots.failed(server, copy_id, AWAY) == NOT_VERIFIED
    other = snapshots.upload(server, {0: block("sound")})
    for sound, blocks in ((other, {0: block("sound")}), (source, BLOCKS)):
        copy_id = snapshots.copy(server, sound, destination=AWAY)
        snapshots.completed(server, copy_id, AWAY)
        assert snapshots.read(server, copy_id, AWAY) == blocks


def test_a_copy_of_a_source_whose_segment_is_gone_ends_in_error(server):
    source = snapshots.upload(server, BLOCKS)
    restart(server)
    for segment in segments(server):
        segment.unlink()
    copy_id = snapshots.copy(server, source, destination=AWAY)
    assert snapshots.failed(server, copy_id, AWAY) == NOT_VERIFIED
    with refused("ResourceNotFoundException", status=404):
        client(server, "ebs", AWAY).list_snapshot_blocks(SnapshotId=copy_id)


def test_a_copy_in_the_region_of_a_damaged_root_ends_in_error(server):
    source = snapshots.upload(server, BLOCKS)
    restart(server)
    with damaged(server, source, "root"):
        assert snapshots.failed(server, snapshots.copy(server, source)) == NOT_VERIFIED


def test_a_copy_in_the_region_shares_the_damage_and_never_shows_other_bytes(server):
    source = snapshots.upload(server, BLOCKS)
    restart(server)
    with damaged(server, source, "block"):
        copy_id = snapshots.copy(server, source)
        snapshots.completed(server, copy_id)
        ebs, lost = client(server, "ebs"), set()
        for index, token in snapshots.tokens(ebs, copy_id).items():
            try:
                assert snapshots.get(ebs, copy_id, index, token) == BLOCKS[index]
            except ebs.exceptions.InternalServerException:
                lost.add(index)
        assert len(lost) == 1
    assert snapshots.read(server, copy_id) == BLOCKS


@pytest.mark.parametrize("part", ["root", "branch", "leaf"])
def test_a_damaged_earlier_copy_does_not_spoil_the_next(server, part):
    source = snapshots.upload(server, BLOCKS)
    earlier = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, earlier, AWAY)
    child = snapshots.upload(server, {1: block("changed")}, ParentSnapshotId=source)
    restart(server)
    with damaged(server, earlier, part, AWAY):
        copy_id = snapshots.copy(server, child, destination=AWAY)
        snapshots.completed(server, copy_id, AWAY)
        assert snapshots.read(server, copy_id, AWAY)[1] == block("changed")
        ebs = client(server, "ebs", AWAY)
        with refused("InternalServerException", status=500):
            snapshots.tokens(ebs, earlier)
    restart(server)
    assert snapshots.read(server, copy_id, AWAY) == {**BLOCKS, 1: block("changed")}
    assert snapshots.read(server, earlier, AWAY) == BLOCKS


@pytest.mark.parametrize("part", ["root", "leaf"])
def test_a_child_of_a_damaged_parent_never_completes_without_its_blocks(server, part):
    parent = snapshots.upload(server, BLOCKS)
    ebs = client(server, "ebs")
    child = ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=parent)["SnapshotId"]
    snapshots.put(ebs, child, 5, block("mine"))
    restart(server)
    ebs = client(server, "ebs")
    with damaged(server, parent, part):
        snapshots.complete(ebs, child, {5: block("mine")})
        assert snapshots.failed(server, child) == NOT_VERIFIED
    assert snapshots.read(server, parent) == BLOCKS
