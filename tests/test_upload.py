"""Uploads through the EBS direct APIs: what is acknowledged is kept, what is wrong is refused."""

import concurrent.futures
import random
import threading
import uuid

import botocore.exceptions
import pytest

import snapshots
from aws_clients import client, refused
from server_process import AWAY
from snapshots import BLOCK_BYTES, block, filled

INVALID = "ValidationException"
BLOCKS_PER_GIB = 2048


@pytest.fixture
def started(ebs, ec2):
    """An open upload of 1 GiB, deleted at the end: only so many may be open."""
    snapshot_id = ebs.start_snapshot(VolumeSize=1, ClientToken=str(uuid.uuid4()))["SnapshotId"]
    yield snapshot_id
    try:
        ec2.delete_snapshot(SnapshotId=snapshot_id)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidSnapshot.NotFound"


def test_start_answers_the_upload(ebs, account):
    answer = ebs.start_snapshot(
        VolumeSize=3, Description="nightly", Tags=[{"Key": "b", "Value": ""}, {"Key": "a", "Value": "1"}]
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["Status"] == "pending"
    assert answer["OwnerId"] == account
    assert (answer["VolumeSize"], answer["BlockSize"]) == (3, BLOCK_BYTES)
    assert answer["Description"] == "nightly"
    assert sorted(tag["Key"] for tag in answer["Tags"]) == ["a", "b"]
    assert "ParentSnapshotId" not in answer


def test_blocks_come_back_as_they_were_written(server):
    blocks = {0: block(1), 7: filled(7), 2047: block(2)}
    assert snapshots.read(server, snapshots.upload(server, blocks)) == blocks


def test_a_block_of_zeros_is_kept_and_an_unwritten_one_is_not_listed(server):
    blocks = {3: filled(0)}
    assert snapshots.read(server, snapshots.upload(server, blocks)) == blocks


def test_an_empty_upload_completes(server, ebs):
    snapshot_id = snapshots.upload(server, {})
    answer = ebs.list_snapshot_blocks(SnapshotId=snapshot_id)
    assert answer["Blocks"] == []
    assert answer["VolumeSize"] == 1


def test_the_last_write_of_an_index_wins_and_counts_once(server, ebs, started):
    for byte in (1, 2, 3):
        snapshots.put(ebs, started, 5, filled(byte))
    snapshots.complete(ebs, started, {5: filled(3)})
    snapshots.completed(server, started)
    assert snapshots.read(server, started) == {5: filled(3)}


def test_a_completed_upload_is_described(server, account):
    snapshot_id = snapshots.upload(server, {1: block(3)}, VolumeSize=2, Description="d", Tags=[{"Key": "k", "Value": "v"}])
    found = snapshots.describe(server, snapshot_id)
    assert found["State"] == "completed"
    assert found["Progress"] == "100%"
    assert (found["VolumeSize"], found["OwnerId"], found["Encrypted"]) == (2, account, False)
    assert (found["Description"], found["Tags"]) == ("d", [{"Key": "k", "Value": "v"}])
    assert found["CompletionTime"] >= found["StartTime"]


def test_a_pending_upload_is_described_and_cannot_be_read(server, ebs, started):
    assert snapshots.describe(server, started)["State"] == "pending"
    with refused("ResourceNotFoundException", INVALID):
        ebs.list_snapshot_blocks(SnapshotId=started)


def test_a_wrong_checksum_is_refused(ebs, started):
    with refused("InvalidSignatureException", status=403) as answer:
        snapshots.put(ebs, started, 0, filled(1), checksum=snapshots.digest(filled(2)))
    assert snapshots.digest(filled(1)) in answer.message


def test_a_refused_block_is_not_kept(server, ebs, started):
    with refused("InvalidSignatureException"):
        snapshots.put(ebs, started, 0, filled(1), checksum=snapshots.digest(filled(2)))
    snapshots.complete(ebs, started, {})
    snapshots.completed(server, started)
    assert snapshots.read(server, started) == {}


@pytest.mark.parametrize("index", [BLOCKS_PER_GIB, 1 << 27, (1 << 31) - 1])
def test_a_block_outside_the_volume_is_refused(ebs, started, index):
    with refused(INVALID, status=400) as answer:
        snapshots.put(ebs, started, index, filled(1))
    assert answer.reason == "INVALID_BLOCK"


@pytest.mark.parametrize("length", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES + 1])
def test_a_block_of_another_length_is_refused(server, started, length):
    data = b"x" * length
    with refused(INVALID, status=400):
        client(server, "ebs", validate=False).put_snapshot_block(
            SnapshotId=started,
            BlockIndex=0,
            BlockData=data,
            DataLength=length,
            Checksum=snapshots.digest(data),
            ChecksumAlgorithm="SHA256",
        )


def test_progress_is_shown_as_soon_as_it_rises_and_never_falls(server, ebs, started):
    for index, (told, shown) in enumerate([(10, "10%"), (40, "40%"), (20, "40%"), (41, "41%")]):
        data = filled(1)
        ebs.put_snapshot_block(
            SnapshotId=started,
            BlockIndex=index,
            BlockData=data,
            DataLength=len(data),
            Progress=told,
            Checksum=snapshots.digest(data),
            ChecksumAlgorithm="SHA256",
        )
        assert snapshots.describe(server, started)["Progress"] == shown


def test_a_wrong_count_ends_in_error(server, ebs, started):
    snapshots.put(ebs, started, 0, filled(1))
    snapshots.complete(ebs, started, {0: filled(1)}, changed=2)
    assert snapshots.failed(server, started) == "Changed blocks count mismatch for snapshot"


def test_a_wrong_aggregate_ends_in_error(server, ebs, started):
    snapshots.put(ebs, started, 0, filled(1))
    snapshots.complete(ebs, started, {0: filled(2)})
    assert snapshots.failed(server, started) == "Checksum mismatch for snapshot"


def test_an_incomplete_checksum_is_refused(ebs, started):
    with refused(INVALID, status=400):
        ebs.complete_snapshot(SnapshotId=started, ChangedBlocksCount=0, Checksum=snapshots.linear({}))


def test_completing_again_answers_the_state(server, ebs):
    snapshot_id = snapshots.upload(server, {})
    assert snapshots.complete(ebs, snapshot_id, {}) == "completed"


def test_a_completed_upload_takes_no_more_blocks(server, ebs):
    snapshot_id = snapshots.upload(server, {})
    with refused(INVALID, status=400) as answer:
        snapshots.put(ebs, snapshot_id, 0, filled(1))
    assert answer.reason == "INVALID_SNAPSHOT_ID"


def test_a_client_token_repeats_its_answer(ebs):
    token = str(uuid.uuid4())
    first = ebs.start_snapshot(VolumeSize=1, Description="a", ClientToken=token)
    again = ebs.start_snapshot(VolumeSize=1, Description="a", ClientToken=token)
    assert again["SnapshotId"] == first["SnapshotId"]
    assert again["StartTime"] == first["StartTime"]


@pytest.mark.parametrize("other", [{"VolumeSize": 2}, {"Description": "b"}, {"Tags": [{"Key": "k", "Value": "v"}]}])
def test_a_client_token_with_another_request_conflicts(ebs, other):
    token = str(uuid.uuid4())
    ebs.start_snapshot(VolumeSize=1, Description="a", ClientToken=token)
    with refused("ConflictException", status=409):
        ebs.start_snapshot(**{"VolumeSize": 1, "Description": "a", "ClientToken": token, **other})


def test_a_client_token_raced_makes_one_snapshot(ebs):
    token = str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: ebs.start_snapshot(VolumeSize=1, ClientToken=token)["SnapshotId"], range(16)))
    assert len(ids) == 1


def test_a_child_has_its_parents_blocks_and_its_own(server):
    parent = {0: block(10), 1: block(11), 2: block(12)}
    parent_id = snapshots.upload(server, parent)
    own = {1: block(21), 2: filled(0), 3: block(23)}
    child_id = snapshots.upload(server, own, ParentSnapshotId=parent_id, VolumeSize=2)
    assert snapshots.read(server, child_id) == {**parent, **own}
    assert snapshots.read(server, parent_id) == parent


def test_deleting_the_parent_leaves_the_child_whole(server, ec2):
    parent_id = snapshots.upload(server, {0: block(30), 1: block(31)})
    child_id = snapshots.upload(server, {1: block(32)}, ParentSnapshotId=parent_id)
    ec2.delete_snapshot(SnapshotId=parent_id)
    assert snapshots.read(server, child_id) == {0: block(30), 1: block(32)}


def test_changed_blocks_are_those_whose_content_differs(server, ebs):
    parent_id = snapshots.upload(server, {0: block(40), 1: block(41)})
    child_id = snapshots.upload(server, {1: block(42), 9: block(43)}, ParentSnapshotId=parent_id)
    answer = ebs.list_changed_blocks(FirstSnapshotId=parent_id, SecondSnapshotId=child_id)
    changed = {item["BlockIndex"]: item for item in answer["ChangedBlocks"]}
    assert sorted(changed) == [1, 9]
    assert snapshots.get(ebs, parent_id, 1, changed[1]["FirstBlockToken"]) == block(41)
    assert snapshots.get(ebs, child_id, 1, changed[1]["SecondBlockToken"]) == block(42)
    assert "FirstBlockToken" not in changed[9]
    assert snapshots.get(ebs, child_id, 9, changed[9]["SecondBlockToken"]) == block(43)


def test_snapshots_of_no_common_lineage_are_not_compared(server, ebs):
    one, other = (snapshots.upload(server, {0: filled(byte)}) for byte in (1, 2))
    with refused(INVALID, status=400) as answer:
        ebs.list_changed_blocks(FirstSnapshotId=one, SecondSnapshotId=other)
    assert answer.reason == "UNRELATED_SNAPSHOTS"


def test_a_missing_parent_is_not_found(ebs):
    with refused("ResourceNotFoundException", status=404) as answer:
        ebs.start_snapshot(VolumeSize=1, ParentSnapshotId="snap-0fedcba9876543210")
    assert answer.reason == "SNAPSHOT_NOT_FOUND"


def test_a_pending_parent_is_refused(ebs, started):
    with refused(INVALID, status=400) as answer:
        ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=started)
    assert answer.reason == "INVALID_SNAPSHOT_ID"


def test_a_child_smaller_than_its_parent_is_refused(server, ebs):
    parent_id = snapshots.upload(server, {}, VolumeSize=2)
    with refused(INVALID, status=400) as answer:
        ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=parent_id)
    assert answer.reason == "INVALID_VOLUME_SIZE"


@pytest.mark.parametrize("gib", [0, 65_537])
def test_a_volume_size_out_of_range_is_refused(server, gib):
    with refused(INVALID, status=400) as answer:
        client(server, "ebs", validate=False).start_snapshot(VolumeSize=gib)
    assert answer.reason == "INVALID_VOLUME_SIZE"


@pytest.mark.parametrize(
    "parameters",
    [{"Encrypted": True}, {"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"}],
)
def test_what_is_not_offered_is_refused_and_not_ignored(ebs, parameters):
    with refused(INVALID, status=400):
        ebs.start_snapshot(VolumeSize=1, **parameters)


@pytest.mark.parametrize("tag", [{"Key": "aws:k", "Value": ""}, {"Key": "k", "Value": "v" * 256}])
def test_tags_outside_the_rules_are_refused(server, tag):
    with refused(INVALID, status=400) as answer:
        client(server, "ebs", validate=False).start_snapshot(VolumeSize=1, Tags=[tag])
    assert answer.reason == "INVALID_TAG"


def test_the_largest_volume_holds_its_last_block(server):
    last = 65_536 * BLOCKS_PER_GIB - 1
    snapshot_id = snapshots.upload(server, {0: filled(1), last: filled(2)}, VolumeSize=65_536)
    assert snapshots.read(server, snapshot_id) == {0: filled(1), last: filled(2)}


def test_pages_of_blocks_join_without_gap_or_repeat(server, ebs):
    blocks = {index * 3: filled(index) for index in range(230)}
    snapshot_id = snapshots.upload(server, blocks)
    found, page = [], {}
    while True:
        answer = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100, **page)
        assert len(answer["Blocks"]) <= 100
        found += [item["BlockIndex"] for item in answer["Blocks"]]
        if not answer.get("NextToken"):
            break
        page = {"NextToken": answer["NextToken"]}
    assert found == sorted(blocks)
    answer = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, StartingBlockIndex=600)
    assert [item["BlockIndex"] for item in answer["Blocks"]] == [index for index in sorted(blocks) if index >= 600]


def test_an_upload_belongs_to_its_region(server, started):
    with refused("ResourceNotFoundException", status=404):
        snapshots.put(client(server, "ebs", AWAY), started, 0, filled(1))


def test_a_deleted_upload_takes_no_blocks(ec2, ebs, started):
    ec2.delete_snapshot(SnapshotId=started)
    with refused("ResourceNotFoundException", status=404):
        snapshots.put(ebs, started, 0, filled(1))


def test_sixty_four_workers_write_and_read_at_once(server):
    generator = random.Random(64)
    blocks = {index: generator.randbytes(BLOCK_BYTES) for index in generator.sample(range(BLOCKS_PER_GIB), 160)}
    snapshot_id = snapshots.upload(server, blocks, workers=64)
    assert snapshots.read(server, snapshot_id, workers=64) == blocks


def test_the_same_index_raced_keeps_one_of_the_writes(server, ebs, started):
    candidates = [filled(byte) for byte in range(1, 17)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda data: snapshots.put(ebs, started, 0, data), candidates))
    ebs.complete_snapshot(SnapshotId=started, ChangedBlocksCount=1)
    snapshots.completed(server, started)
    assert snapshots.read(server, started)[0] in candidates


def test_writes_that_race_with_completion_never_damage_the_snapshot(server):
    ebs = client(server, "ebs")
    blocks = {index: block(3000 + index) for index in range(6)}

    def write_again(snapshot_id, stop):
        while not stop.is_set():
            for index, data in blocks.items():
                try:
                    snapshots.put(ebs, snapshot_id, index, data)
                except botocore.exceptions.ClientError:
                    continue

    for _ in range(20):
        snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
        snapshots.put_all(ebs, snapshot_id, blocks)
        stop = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(write_again, snapshot_id, stop)
            try:
                snapshots.complete(ebs, snapshot_id, blocks)
                snapshots.completed(server, snapshot_id)
            finally:
                stop.set()
        assert snapshots.read(server, snapshot_id) == blocks
