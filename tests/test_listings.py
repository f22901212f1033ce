"""What lists everything fills no more memory than a part of it, however many ask and however slowly they read."""

import concurrent.futures
import urllib.parse

import pytest

import signed_requests
import snapshots
from aws_clients import client
from raw_connections import RawConnection, signed_head
from server_process import ServerProcess
from snapshots import filled

MEBIBYTE = 1 << 20
MEMORY_MIB = 64
SNAPSHOTS = 300
TAGS = [{"Key": f"{number:02}" + "&" * 125, "Value": "&" * 255} for number in range(50)]
# Each ampersand is five bytes of an answer.
LISTING_BYTES_MIN = SNAPSHOTS * 50 * 5 * 380
SLOW = 24
GROWTH_BYTES_MAX = 64 * MEBIBYTE


@pytest.fixture(scope="module")
def full_server(tmp_path_factory):
    """A server with more and longer tags than it has memory for."""
    folder = tmp_path_factory.mktemp("listings")
    config = folder / "config.toml"
    config.write_text(f"[limits]\nmemory_mib = {MEMORY_MIB}\nuploads_pending = {SNAPSHOTS + 10}\n")
    server = ServerProcess(folder / "data", options=["--config", str(config)]).start()
    ebs = client(server, "ebs")
    start = lambda _: ebs.start_snapshot(VolumeSize=1, Tags=TAGS)["SnapshotId"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        server.ids = list(pool.map(start, range(SNAPSHOTS)))
    yield server
    server.stop()


def listing_head(server, action):
    query = urllib.parse.urlencode({"Action": action, "Version": signed_requests.VERSION})
    return signed_head(server, "GET", f"/?{query}")


@pytest.mark.parametrize("action", ["DescribeSnapshots", "DescribeTags"])
def test_slow_readers_of_the_longest_listing_fill_no_more_memory_than_there_is(full_server, action):
    server = full_server
    with RawConnection(server) as whole:
        whole.send(listing_head(server, action))
        assert len(whole.answer().body) > LISTING_BYTES_MIN
    before = server.memory_bytes("VmRSS")
    slow = [RawConnection(server, receive_bytes=4096) for _ in range(SLOW)]
    for connection in slow:
        connection.send(listing_head(server, action))
    for connection in slow:
        # Its head, or a 503 that says to try again: nobody is left without an answer.
        assert connection.reader.readline().split()[1] in (b"200", b"503")
    assert snapshots.describe(server, server.ids[0])["State"] == "pending"
    assert client(server, "sts").get_caller_identity()["Account"]
    for connection in slow:
        connection.__exit__()
    grown = server.memory_bytes("VmHWM") - before
    assert grown < GROWTH_BYTES_MAX, f"{grown >> 20} MiB more"
    with RawConnection(server) as whole:
        whole.send(listing_head(server, action))
        assert len(whole.answer().body) > LISTING_BYTES_MIN


def test_everything_is_listed_once_however_it_is_asked_for(full_server):
    ec2 = client(full_server, "ec2")
    expected = sorted(full_server.ids)
    tags = sorted((tag["Key"], tag["Value"]) for tag in TAGS)

    def check(found):
        assert sorted(snapshot["SnapshotId"] for snapshot in found) == expected
        for snapshot in found:
            assert sorted((tag["Key"], tag["Value"]) for tag in snapshot["Tags"]) == tags

    whole = ec2.describe_snapshots(OwnerIds=["self"])
    assert "NextToken" not in whole
    check(whole["Snapshots"])
    check(ec2.describe_snapshots(SnapshotIds=full_server.ids)["Snapshots"])
    pages = list(ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], MaxResults=70))
    assert [len(page["Snapshots"]) for page in pages] == [70, 70, 70, 70, SNAPSHOTS - 280]
    check([snapshot for page in pages for snapshot in page["Snapshots"]])
    one = [{"Name": "snapshot-id", "Values": [expected[7]]}]
    assert len(ec2.describe_snapshots(Filters=one)["Snapshots"]) == 1


def test_a_long_answer_is_chunked_and_a_short_one_has_its_length(full_server):
    with RawConnection(full_server) as connection:
        connection.send(listing_head(full_server, "DescribeSnapshots"))
        answer = connection.answer()
        assert answer.headers["transfer-encoding"] == "chunked" and answer.text.endswith("</DescribeSnapshotsResponse>")
        # The connection goes on after it.
        connection.send(listing_head(full_server, "DescribeRegions"))
        assert connection.answer().headers["content-length"]


def test_many_listings_of_blocks_are_all_answered_where_memory_is_for_one(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[limits]\nmemory_mib = 8\n")
    server = ServerProcess(tmp_path / "data", options=["--config", str(config)]).start()
    try:
        snapshot_id = snapshots.upload(server, {index: filled(index) for index in range(4)})
        ebs = client(server, "ebs")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            found = pool.map(lambda _: snapshots.tokens(ebs, snapshot_id), range(64))
            assert all(set(listed) == set(range(4)) for listed in found)
    finally:
        server.stop()
