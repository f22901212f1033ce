"""What a copy to another region moves: sealed bytes as they are, what has changed, and nothing that is there."""

import pytest

import snapshots
from server_process import AWAY, HOME, wait_for
from snapshots import BLOCK_BYTES, block
from stored_objects import BLOCK, contents, slots_of_kind, store_folder

# A leaf of the tree has so many blocks.
LEAF_BLOCKS = 512


def stored_bytes(server, region):
    """The bytes of all objects of a region; what is being written is none yet."""
    files = contents(store_folder(server, region)).items()
    return sum(len(data) for path, data in files if path.parts[0] != "staging")


def sealed_blocks(server, region):
    """The sealed bytes of every stored block of a region."""
    found = []
    for path, slot in slots_of_kind(server, BLOCK, region):
        found.append(path.read_bytes()[slot.sealed.start : slot.sealed.stop])
    return found


def copied(server, source_id, source=HOME, destination=AWAY):
    copy_id = snapshots.copy(server, source_id, source=source, destination=destination)
    snapshots.completed(server, copy_id, destination)
    return copy_id


def plain(number):
    """A block that compresses to next to nothing, another for each number."""
    return number.to_bytes(8, "big") * (BLOCK_BYTES // 8)


def test_sealed_bytes_travel_as_they_are(own_server):
    server = own_server
    source_id = snapshots.upload(server, {0: block(1), 1: plain(1), 600: block(2)})
    copy_id = copied(server, source_id)
    sealed = sealed_blocks(server, HOME)
    assert len(sealed) == len(set(sealed)) == 3
    assert sorted(sealed_blocks(server, AWAY)) == sorted(sealed)
    assert snapshots.read(server, copy_id, AWAY) == snapshots.read(server, source_id)
    # They come home again, to where they are.
    home_again = copied(server, copy_id, AWAY, HOME)
    assert sorted(sealed_blocks(server, HOME)) == sorted(sealed)
    assert snapshots.read(server, home_again) == snapshots.read(server, source_id)


def test_what_two_per_cent_of_changes_move_is_the_changed_blocks_and_under_one_per_cent_more(own_server):
    server = own_server
    day_one = snapshots.upload(server, {index: plain(index) for index in range(LEAF_BLOCKS)})
    copied(server, day_one)
    # Spread over the volume, and not to be compressed: so much must move.
    changed = {index: block(index) for index in range(25, LEAF_BLOCKS, 50)}
    assert 0.019 < len(changed) / LEAF_BLOCKS < 0.021
    day_two = snapshots.upload(server, changed, ParentSnapshotId=day_one)
    before = stored_bytes(server, AWAY)
    copy_id = copied(server, day_two)
    moved = stored_bytes(server, AWAY) - before
    least = len(changed) * BLOCK_BYTES
    assert least <= moved < 1.01 * least, f"{moved / least - 1:+.2%}"
    assert snapshots.read(server, copy_id, AWAY)[75] == changed[75]


def test_a_copy_inside_its_region_adds_a_small_object_whatever_its_source_holds(own_server):
    server = own_server
    source_id = snapshots.upload(server, {index: block(index) for index in range(16)})
    before = contents(store_folder(server))
    copy_id = copied(server, source_id, destination=HOME)
    after = contents(store_folder(server))
    assert {path: after.get(path) for path in before} == before, "the data is untouched"
    (made,) = after.keys() - before.keys()
    assert copy_id in str(made) and len(after[made]) < 1024


def test_the_same_content_is_not_moved_again_for_another_lineage(own_server):
    server = own_server
    blocks = {index: block(index) for index in range(8)}
    copied(server, snapshots.upload(server, blocks))
    # No ancestor in common: the same bytes at other places.
    other = snapshots.upload(server, {index + 300: data for index, data in blocks.items()})
    before = stored_bytes(server, AWAY)
    copy_id = copied(server, other)
    assert stored_bytes(server, AWAY) - before < BLOCK_BYTES / 8
    assert snapshots.read(server, copy_id, AWAY)[307] == blocks[7]


@pytest.mark.parametrize("loss", ["deleted", "overwritten"])
def test_the_local_index_is_made_again_from_what_is_stored(own_server, loss):
    server = own_server
    # Kept in the home region, and moved away sealed under keys of the home region: both kinds are found again.
    blocks = {index: block(index) for index in range(40)}
    copied(server, snapshots.upload(server, blocks))
    server.stop()
    for region in (HOME, AWAY):
        (index,) = (server.data_dir / "regions" / region).glob("block-index.*")
        if loss == "deleted":
            index.unlink()
        else:
            index.write_bytes(b"no index" * 1000)
    server.start()
    stored = {region: len(sealed_blocks(server, region)) for region in (HOME, AWAY)}
    assert stored == {HOME: 40, AWAY: 40}
    assert is_stored_again(server, HOME, block("never seen before"))
    for region in (HOME, AWAY):
        remaining = iter(sorted(blocks))
        # It is read while the server answers; a content that came too early is stored twice, and another one asked for.
        wait_for(lambda: not is_stored_again(server, region, blocks[next(remaining)]), what=f"the index of {region}")


def is_stored_again(server, region, data):
    before = len(sealed_blocks(server, region))
    snapshot_id = snapshots.upload(server, {0: data}, region)
    assert snapshots.read(server, snapshot_id, region) == {0: data}
    return len(sealed_blocks(server, region)) > before
