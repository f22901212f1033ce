"""Damage in a store: what cannot be verified is an error, never other bytes; everything else is served on."""

import pytest

import stored_objects
import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME, ServerProcess
from snapshots import block, filled
from stored_objects import BLOCK, BRANCH, LEAF, flip, root_of, segments, slots, slots_of_kind

BLOCKS = {0: block("damage 0"), 1: filled(7), 2: block("damage 2"), 600: block("damage 600")}
OTHER = {0: block("other 0"), 1: block("other 1")}
# Which parts of a slot are looked at: magic, kind, lengths, nonce, checksum, identity, origin, the header's checksum.
HEADER_OFFSETS = [0, 5, 6, 12, 16, 28, 40, 100, 252]


class Store:
    """A server with two snapshots that share nothing, whose stored bytes can be damaged. Their block tokens are taken
    while all is well."""

    def __init__(self, folder):
        self.server = ServerProcess(folder / "data").start()
        self.other = snapshots.upload(self.server, OTHER)
        known = set(segments(self.server))
        self.snapshot = snapshots.upload(self.server, BLOCKS)
        self.segments = [path for path in segments(self.server) if path not in known]
        self.tokens = snapshots.tokens(client(self.server, "ebs"), self.snapshot)

    def slots(self, kind):
        """[(segment, slot)] of the snapshot that is damaged."""
        return [(path, slot) for path in self.segments for slot in slots(path) if slot.kind == kind]

    def restart(self):
        """Nothing of what was read is in memory afterwards."""
        self.server.stop()
        self.server.start()

    def unreadable_blocks(self):
        """The indexes that are an error; every other block has come back as it was written."""
        ebs, lost = client(self.server, "ebs"), set()
        for index, token in self.tokens.items():
            try:
                data = snapshots.get(ebs, self.snapshot, index, token)
            except ebs.exceptions.InternalServerException as error:
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
                lost.add(index)
            else:
                assert data == BLOCKS[index], f"block {index} came back as other bytes"
        return lost

    def is_unreadable(self):
        """Neither the list nor any block below the damage is answered."""
        with refused("InternalServerException", status=500):
            client(self.server, "ebs").list_snapshot_blocks(SnapshotId=self.snapshot)
        assert self.unreadable_blocks()
        self.others_are_whole()

    def others_are_whole(self):
        assert snapshots.read(self.server, self.other) == OTHER
        assert snapshots.describe(self.server, self.snapshot)["State"] == "completed"

    def is_whole(self):
        self.restart()
        assert snapshots.read(self.server, self.snapshot) == BLOCKS
        self.others_are_whole()


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path)
    yield made
    made.server.stop()


def offsets_in(slot):
    sealed = [slot.sealed.start, (slot.sealed.start + slot.sealed.stop) // 2, slot.sealed.stop - 1]
    return [slot.header.start + offset for offset in HEADER_OFFSETS] + sealed


def test_a_flipped_bit_in_a_stored_block_loses_that_block_and_no_other(store):
    places = store.slots(BLOCK)
    assert len(places) == len(BLOCKS)
    lost = []
    for segment, slot in places:
        found = set()
        for offset in offsets_in(slot):
            flip(segment, offset)
            unreadable = store.unreadable_blocks()
            assert len(unreadable) == 1, f"offset {offset - slot.header.start} of the slot: {unreadable}"
            found |= unreadable
            flip(segment, offset)
        assert len(found) == 1
        lost.extend(found)
    assert sorted(lost) == sorted(BLOCKS)
    store.is_whole()


def test_blocks_that_have_changed_places_are_errors(store):
    (one, first), (other, second) = [place for place in store.slots(BLOCK) if len(place[1].sealed) > 500_000][:2]
    assert one == other and len(first.sealed) == len(second.sealed)
    kept = one.read_bytes()
    data = bytearray(kept)
    data[first.header.start : first.sealed.stop] = kept[second.header.start : second.sealed.stop]
    data[second.header.start : second.sealed.stop] = kept[first.header.start : first.sealed.stop]
    one.write_bytes(data)
    assert len(store.unreadable_blocks()) == 2
    one.write_bytes(kept)
    store.is_whole()


@pytest.mark.parametrize("length", [0, 64, 0.5, None])
def test_a_segment_that_is_cut_off_or_gone_loses_only_what_lay_in_it(store, length):
    segment = store.slots(BLOCK)[0][0]
    kept = segment.read_bytes()
    cut = int(len(kept) * length) if isinstance(length, float) else length
    if cut is None:
        segment.unlink()
    else:
        segment.write_bytes(kept[:cut])
    store.restart()
    lost = store.unreadable_blocks()
    assert lost == set(BLOCKS) if length != 0.5 else lost and lost < set(BLOCKS)
    assert set(snapshots.tokens(client(store.server, "ebs"), store.snapshot)) == set(BLOCKS)
    store.others_are_whole()
    segment.write_bytes(kept)
    store.is_whole()


def test_segments_that_have_changed_places_are_errors(store):
    mine, others = store.slots(BLOCK)[0][0], segments(store.server)[0]
    assert others not in store.segments
    stored_objects.swap(mine, others)
    store.restart()
    assert store.unreadable_blocks() == set(BLOCKS)
    ebs = client(store.server, "ebs")
    for index, token in snapshots.tokens(ebs, store.other).items():
        with refused("InternalServerException", status=500):
            snapshots.get(ebs, store.other, index, token)
    stored_objects.swap(mine, others)
    store.is_whole()


@pytest.mark.parametrize("kind", [BRANCH, LEAF])
def test_a_damaged_node_is_an_error_of_its_snapshot_only(store, kind):
    store.restart()
    segment, slot = store.slots(kind)[0]
    for offset in offsets_in(slot):
        flip(segment, offset)
        store.is_unreadable()
        flip(segment, offset)
    kept = segment.read_bytes()
    segment.unlink()
    store.is_unreadable()
    segment.write_bytes(kept)
    store.is_whole()


def test_a_damaged_root_is_an_error_of_its_snapshot_only(store):
    store.restart()
    root = root_of(store.server, store.snapshot)
    kept = root.read_bytes()
    for offset in [0, 4, 8, 24, 32, 44, 48, len(kept) // 2, len(kept) - 1]:
        flip(root, offset)
        store.is_unreadable()
        flip(root, offset)
    for damaged in [b"", kept[:48], kept[:-1], kept + b"\0", root_of(store.server, store.other).read_bytes()]:
        root.write_bytes(damaged)
        store.is_unreadable()
    root.unlink()
    store.is_unreadable()
    root.write_bytes(kept)
    store.is_whole()


def test_a_damaged_snapshot_is_compared_and_deleted_like_any_other(store):
    child = snapshots.upload(store.server, {0: block("child")}, ParentSnapshotId=store.snapshot)
    store.restart()
    root_of(store.server, store.snapshot).unlink()
    with refused("InternalServerException", status=500):
        client(store.server, "ebs").list_changed_blocks(FirstSnapshotId=store.snapshot, SecondSnapshotId=child)
    client(store.server, "ec2").delete_snapshot(SnapshotId=store.snapshot)
    with refused("InvalidSnapshot.NotFound"):
        snapshots.describe(store.server, store.snapshot)
    assert snapshots.read(store.server, child) == {**BLOCKS, 0: block("child")}
