"""Making, reading and awaiting snapshots through the API, as backup tools do."""

import base64
import concurrent.futures
import hashlib
import random
import uuid

from aws_clients import client
from server_process import HOME, wait_for

BLOCK_BYTES = 524_288
WORKERS = 8


def block(seed):
    """A block that does not compress, always the same for a seed."""
    return random.Random(seed).randbytes(BLOCK_BYTES)


def filled(byte):
    """A block of one byte, over and over."""
    return bytes([byte]) * BLOCK_BYTES


def digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def linear(blocks):
    """The LINEAR aggregate of {index: bytes}: SHA-256 over the raw digests in ascending index order."""
    digests = b"".join(hashlib.sha256(blocks[index]).digest() for index in sorted(blocks))
    return base64.b64encode(hashlib.sha256(digests).digest()).decode()


def put(ebs, snapshot_id, index, data, checksum=None):
    return ebs.put_snapshot_block(
        SnapshotId=snapshot_id,
        BlockIndex=index,
        BlockData=data,
        DataLength=BLOCK_BYTES,
        Checksum=checksum or digest(data),
        ChecksumAlgorithm="SHA256",
    )


def put_all(ebs, snapshot_id, blocks, workers=WORKERS):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        answers = pool.map(lambda item: put(ebs, snapshot_id, *item), blocks.items())
        assert [answer["Checksum"] for answer in answers] == [digest(data) for data in blocks.values()]


def complete(ebs, snapshot_id, blocks, changed=None, checksum=None):
    answer = ebs.complete_snapshot(
        SnapshotId=snapshot_id,
        ChangedBlocksCount=len(blocks) if changed is None else changed,
        Checksum=checksum or linear(blocks),
        ChecksumAlgorithm="SHA256",
        ChecksumAggregationMethod="LINEAR",
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    return answer["Status"]


def describe(server, snapshot_id, region=HOME):
    return client(server, "ec2", region).describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]


def settled(server, snapshot_id, region=HOME, seconds_max=120):
    """The snapshot as described once it is no longer pending."""
    ec2 = client(server, "ec2", region)

    def look():
        found = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]
        return found if found["State"] != "pending" else None

    return wait_for(look, seconds_max, f"an end of {snapshot_id}")


def completed(server, snapshot_id, region=HOME, seconds_max=120):
    """The snapshot as described once it is completed; any other end fails."""
    found = settled(server, snapshot_id, region, seconds_max)
    assert found["State"] == "completed", found
    return found


def failed(server, snapshot_id, region=HOME):
    """The message with which the snapshot ended in `error`; any other end fails."""
    found = settled(server, snapshot_id, region)
    assert found["State"] == "error", found
    return found["StateMessage"]


def upload(server, blocks, region=HOME, workers=WORKERS, **start):
    """The id of a completed snapshot of these blocks."""
    ebs = client(server, "ebs", region)
    start.setdefault("VolumeSize", 1)
    start.setdefault("ClientToken", str(uuid.uuid4()))
    snapshot_id = ebs.start_snapshot(**start)["SnapshotId"]
    put_all(ebs, snapshot_id, blocks, workers)
    complete(ebs, snapshot_id, blocks)
    completed(server, snapshot_id, region)
    return snapshot_id


def tokens(ebs, snapshot_id):
    """{index: block token} of every block of a snapshot."""
    found, page = {}, {}
    while True:
        answer = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=10_000, **page)
        assert answer["BlockSize"] == BLOCK_BYTES
        for item in answer["Blocks"]:
            assert not found or item["BlockIndex"] > max(found), "indexes ascend"
            found[item["BlockIndex"]] = item["BlockToken"]
        if not answer.get("NextToken"):
            return found
        page = {"NextToken": answer["NextToken"]}


def get(ebs, snapshot_id, index, token):
    """One block, checked against the checksum that came with it."""
    answer = ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=index, BlockToken=token)
    data = answer["BlockData"].read()
    assert answer["DataLength"] == len(data) == BLOCK_BYTES
    assert answer["ChecksumAlgorithm"] == "SHA256"
    assert answer["Checksum"] == digest(data)
    return data


def read(server, snapshot_id, region=HOME, workers=WORKERS):
    """{index: bytes} of a whole snapshot."""
    ebs = client(server, "ebs", region)
    listed = tokens(ebs, snapshot_id)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        data = pool.map(lambda item: get(ebs, snapshot_id, *item), listed.items())
        return dict(zip(listed, data))


def copy(server, snapshot_id, source=HOME, destination=HOME, **parameters):
    """The id of a new copy, however it ends."""
    ec2 = client(server, "ec2", destination)
    return ec2.copy_snapshot(SourceRegion=source, SourceSnapshotId=snapshot_id, **parameters)["SnapshotId"]


def tag_keys(ec2, snapshot_id):
    answer = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [snapshot_id]}])
    return {tag["Key"] for tag in answer["Tags"]}
