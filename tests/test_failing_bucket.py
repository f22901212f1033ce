"""A bucket that takes nothing, breaks off, is slow or gives back other bytes: writes are refused so that clients try
again, reads go on, what was accepted is finished once the bucket is well again, and nobody ever gets other data."""

import concurrent.futures

import botocore.exceptions
import pytest

import s3_proxy
import seaweedfs_server
import snapshots
from aws_clients import client, refused
from s3_proxy import Corrupt, CorruptRequest, CutOff, Hold, LoseAnswer, LoseRequest, Refuse, Request, Shorten
from server_process import AWAY, HOME, ServerProcess, wait_for
from snapshots import block
from test_full_store import STORED, put_is_refused, start

FULL = Refuse(507, "InsufficientStorage")
OVER_QUOTA = Refuse(403, "QuotaExceeded")
BUSY = Refuse(503, "SlowDown")


@pytest.fixture(scope="module")
def seaweedfs(tmp_path_factory):
    running = seaweedfs_server.start_or_skip(tmp_path_factory.mktemp("seaweedfs"))
    yield running
    running.stop()


@pytest.fixture
def bucket(seaweedfs):
    with s3_proxy.between(seaweedfs.endpoint) as proxy:
        yield proxy


@pytest.fixture
def server(bucket, seaweedfs, tmp_path):
    """A server whose store is the bucket behind the proxy."""
    options = seaweedfs.options(seaweedfs.new_prefix(), bucket.endpoint)
    running = ServerProcess(tmp_path / "data", options=options, environment=seaweedfs.environment()).start()
    yield running
    bucket.leave_alone()
    running.stop()


@pytest.mark.parametrize("refusal", [FULL, OVER_QUOTA, BUSY], ids=lambda refusal: refusal.code)
def test_blocks_are_refused_and_reads_go_on_while_the_bucket_takes_nothing(server, bucket, refusal):
    stored = snapshots.upload(server, STORED)
    child = snapshots.upload(server, {1: block("child")}, ParentSnapshotId=stored)
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"full {index}") for index in range(4)}
    snapshots.put(ebs, upload_id, 0, written[0])
    bucket.strike(Request.writes, refusal)
    put_is_refused(server, upload_id, 1, written[1])
    # Another upload that has not begun to write.
    put_is_refused(server, start(server), 0, written[0])
    assert bucket.struck
    assert snapshots.read(server, stored) == STORED
    assert snapshots.read(server, child) == {**STORED, 1: block("child")}
    changed = ebs.list_changed_blocks(FirstSnapshotId=stored, SecondSnapshotId=child)["ChangedBlocks"]
    assert [found["BlockIndex"] for found in changed] == [1]
    bucket.leave_alone()
    for index in range(1, 4):
        snapshots.put(ebs, upload_id, index, written[index])
    snapshots.complete(ebs, upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written


@pytest.mark.parametrize("refusal", [FULL, BUSY], ids=lambda refusal: refusal.code)
def test_what_was_accepted_is_tried_again_until_the_bucket_takes_it(server, bucket, refusal):
    source = snapshots.upload(server, STORED)
    ebs, upload_id = client(server, "ebs"), start(server)
    snapshots.put(ebs, upload_id, 7, block("before"))
    bucket.strike(Request.writes, refusal)
    accepted = {(region, snapshots.copy(server, source, destination=region)): STORED for region in (HOME, AWAY)}
    snapshots.complete(ebs, upload_id, {7: block("before")})
    accepted[HOME, upload_id] = {7: block("before")}
    # Each attempt at a job writes under names of its own: the three have been tried again and again.
    wait_for(lambda: len(bucket.names_struck) >= 3 * 3, what="attempts that the bucket refuses", seconds_max=120)
    for region, snapshot_id in accepted:
        assert snapshots.describe(server, snapshot_id, region)["State"] == "pending"
    bucket.leave_alone()
    for (region, snapshot_id), blocks in accepted.items():
        snapshots.completed(server, snapshot_id, region)
        assert snapshots.read(server, snapshot_id, region) == blocks


def test_a_kill_while_the_bucket_takes_nothing_loses_no_acknowledged_block(server, bucket):
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"kept {index}") for index in range(3)}
    snapshots.put_all(ebs, upload_id, written)
    bucket.strike(Request.writes, FULL)
    put_is_refused(server, upload_id, 1, block("refused"))
    put_is_refused(server, upload_id, 9, block("refused"))
    server.kill()
    bucket.leave_alone()
    server.start()
    # What was answered with 503 may be there or not: it is sent again before anything is said of it.
    written |= {1: block("sent again 1"), 9: block("sent again 9")}
    for index in (1, 9):
        snapshots.put(client(server, "ebs"), upload_id, index, written[index])
    snapshots.complete(client(server, "ebs"), upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (LoseRequest(), "ServiceUnavailableException", 503),
        (CutOff(), "ServiceUnavailableException", 503),
        (Shorten(), "ServiceUnavailableException", 503),
        (BUSY, "ServiceUnavailableException", 503),
        (Corrupt(), "InternalServerException", 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, s3_proxy.Fault) else str(value),
)
def test_a_block_that_the_bucket_does_not_give_whole_is_an_error(server, bucket, fault, code, status):
    snapshot_id = snapshots.upload(server, STORED)
    ebs = client(server, "ebs")
    tokens = snapshots.tokens(ebs, snapshot_id)
    bucket.strike(Request.reads_segment, fault)
    for index, token in tokens.items():
        with refused(code, status=status):
            snapshots.get(ebs, snapshot_id, index, token)
    assert bucket.struck >= len(tokens)
    bucket.leave_alone()
    assert snapshots.read(server, snapshot_id) == STORED


@pytest.mark.parametrize("fault", [LoseRequest(), CutOff(), BUSY], ids=lambda fault: type(fault).__name__)
def test_a_read_that_breaks_off_once_is_made_again(server, bucket, fault):
    snapshot_id = snapshots.upload(server, STORED)
    ebs = client(server, "ebs")
    for index, token in snapshots.tokens(ebs, snapshot_id).items():
        bucket.strike(Request.reads_segment, fault, times=1)
        assert snapshots.get(ebs, snapshot_id, index, token) == STORED[index]
        assert bucket.struck == 1


@pytest.mark.parametrize(
    "fault", [LoseRequest(), LoseAnswer(), BUSY, CorruptRequest()], ids=lambda fault: type(fault).__name__
)
def test_writes_that_are_disturbed_are_acknowledged_only_once_the_bucket_has_them(server, bucket, fault):
    ebs, upload_id = client(server, "ebs"), start(server)
    written = {index: block(f"disturbed {index}") for index in range(3)}
    for index, data in written.items():
        bucket.strike(Request.writes, fault, times=1)
        try:
            snapshots.put(ebs, upload_id, index, data)
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503, error
            snapshots.put(ebs, upload_id, index, data)
        assert bucket.struck == 1
    snapshots.complete(ebs, upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written


def test_a_block_is_not_acknowledged_before_a_slow_bucket_has_it(server, bucket):
    stored = snapshots.upload(server, STORED)
    ebs, upload_id = client(server, "ebs"), start(server)
    hold, written = Hold(), {5: block("slow")}
    bucket.strike(Request.writes, hold, times=1)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        put = pool.submit(snapshots.put, ebs, upload_id, 5, written[5])
        assert hold.is_held.wait(60)
        # Others do not wait for it.
        assert snapshots.read(server, stored) == STORED
        assert not put.done()
        hold.released.set()
        assert put.result()["Checksum"] == snapshots.digest(written[5])
    snapshots.complete(ebs, upload_id, written)
    snapshots.completed(server, upload_id)
    assert snapshots.read(server, upload_id) == written


def test_a_copy_of_bytes_that_are_not_the_sources_never_completes(server, bucket):
    source = snapshots.upload(server, STORED)
    server.stop()
    server.start()
    bucket.strike(Request.reads_segment, Corrupt())
    assert snapshots.failed(server, snapshots.copy(server, source, destination=AWAY), AWAY)
    assert bucket.struck
    bucket.leave_alone()
    copy_id = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, copy_id, AWAY)
    assert snapshots.read(server, copy_id, AWAY) == STORED


def test_a_copy_whose_source_breaks_off_is_tried_again_and_finished(server, bucket):
    source = snapshots.upload(server, STORED)
    server.stop()
    server.start()
    bucket.strike(Request.reads_segment, CutOff())
    copy_id = snapshots.copy(server, source, destination=AWAY)
    wait_for(lambda: bucket.struck >= 20, what="reads that break off", seconds_max=120)
    assert snapshots.describe(server, copy_id, AWAY)["State"] == "pending"
    bucket.leave_alone()
    snapshots.completed(server, copy_id, AWAY)
    assert snapshots.read(server, copy_id, AWAY) == STORED
