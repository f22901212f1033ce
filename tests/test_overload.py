"""Clients that are slow, greedy or cut off midway take their own share and nobody else's."""

import http.client
import re
import resource
import select
import urllib.parse

import pytest

import signed_requests
import snapshots
from aws_clients import client, refused
from raw_connections import RawConnection, block_head, signed_head
from server_process import ServerProcess, wait_for
from snapshots import block, filled

MEBIBYTE = 1 << 20
MEMORY_MIB = 8
# More blocks than the whole memory holds.
MANY = MEMORY_MIB + 4


@pytest.fixture
def small_server(tmp_path):
    """A server with memory for few blocks."""
    config = tmp_path / "config.toml"
    config.write_text(f"[limits]\nmemory_mib = {MEMORY_MIB}\n")
    running = ServerProcess(tmp_path / "data", options=["--config", str(config)]).start()
    yield running
    running.stop()


def kept_open(connections):
    """How many of these the server has not closed, whatever the system still has to deliver."""
    established = "01"
    ours = {connection.socket.getsockname()[1] for connection in connections}
    with open("/proc/net/tcp") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    return sum(1 for row in rows if row[3] == established and int(row[2].split(":")[1], 16) in ours)


def answered(connections):
    """Those of which something can be read."""
    readable, _, _ = select.select([one.socket for one in connections], [], [], 0)
    return [one for one in connections if one.socket in readable]


def test_writers_that_send_nothing_keep_out_nobody_who_reads(small_server):
    server = small_server
    ebs = client(server, "ebs")
    whole = snapshots.upload(server, {0: block(1)})
    token = snapshots.tokens(ebs, whole)[0]
    slow_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    slow = [RawConnection(server) for _ in range(MANY)]
    for index, connection in enumerate(slow):
        connection.send(block_head(server, slow_id, index, block(2)))

    assert snapshots.get(ebs, whole, 0, token) == block(1)
    assert snapshots.describe(server, whole)["State"] == "completed"
    assert client(server, "sts").get_caller_identity()["Account"]
    answers = {connection: connection.answer() for connection in answered(slow)}
    assert all(answer.status == 503 for answer in answers.values()), "readers waited until the slow were cut off"

    for connection in slow:
        answers.setdefault(connection, None)
        answers[connection] = answers[connection] or connection.answer()
    statuses = [answer.status for answer in answers.values()]
    assert set(statuses) == {503, 400}, statuses
    for answer in answers.values():
        expected = {503: "ServiceUnavailableException", 400: "ValidationException"}[answer.status]
        assert answer.code == expected, answer.text
        assert answer.status == 503 or "WRITE_REQUEST_TIMEOUT" in answer.text, answer.text
    for connection in slow:
        connection.__exit__()
    snapshots.put(ebs, slow_id, 0, block(3))


def test_readers_that_take_nothing_are_cut_off(small_server):
    server = small_server
    ebs = client(server, "ebs")
    whole = snapshots.upload(server, {0: block(1)})
    token = snapshots.tokens(ebs, whole)[0]
    target = f"/snapshots/{whole}/blocks/0?blockToken={urllib.parse.quote(token, safe='')}"
    request = signed_head(server, "GET", target, service="ebs")
    # So many that no buffer of the system takes all the answers.
    times = 40
    slow = [RawConnection(server, receive_bytes=4096) for _ in range(3)]
    for connection in slow:
        connection.send(request * times)

    snapshots.put(ebs, ebs.start_snapshot(VolumeSize=1)["SnapshotId"], 0, block(2))
    assert snapshots.describe(server, whole)["State"] == "completed"
    wait_for(lambda: kept_open(slow) == 0, 120, "the end of connections that nobody reads")
    for connection in slow:
        assert connection.length_until_cut() < times * snapshots.BLOCK_BYTES
        connection.__exit__()
    assert snapshots.get(client(server, "ebs"), whole, 0, token) == block(1)


def test_clients_that_go_away_midway_leave_no_memory_taken(small_server):
    server = small_server
    ebs = client(server, "ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    for round in range(5 * MANY):
        with RawConnection(server) as connection:
            data = block(round % 4)
            connection.send(block_head(server, snapshot_id, round, data) + data[: len(data) * (round % 5) // 4])
    for index in range(MANY):
        snapshots.put(ebs, snapshot_id, index, block(index))


@pytest.mark.parametrize("length", [snapshots.BLOCK_BYTES + 1, 8 * MEBIBYTE])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_block_that_is_too_long_is_refused_and_the_answer_is_read(server, ebs, length, chunked):
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    data = filled(7)
    body = (data * (length // len(data) + 1))[:length]
    framing = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": str(length)}
    if chunked:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (length, body)
    with RawConnection(server) as connection:
        # No reset while it sends, nor afterwards: either would be an error here.
        connection.socket.sendall(block_head(server, snapshot_id, 0, data, **framing) + body)
        answer = connection.answer()
        assert (answer.status, answer.code) == (413, "RequestEntityTooLargeException"), answer.text
        if answer.headers.get("connection") == "close":
            assert connection.rest() == b""
    client(server, "ec2").delete_snapshot(SnapshotId=snapshot_id)


def test_a_limit_on_the_size_of_files_is_an_error_and_not_the_end(own_server):
    server = own_server
    ebs = client(server, "ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (2 * MEBIBYTE, hard))
    with refused("ServiceUnavailableException", "InternalServerException"):
        for index in range(16):
            snapshots.put(ebs, snapshot_id, index, block(index))
    assert server.process.poll() is None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert snapshots.read(server, snapshots.upload(server, {0: block(99)})) == {0: block(99)}


def observed(server, path):
    """Status and body of what the metrics listener answers; its address is in the log."""
    address = re.search(r"address=(\S+:\d+)", server.log.read_text()).group(1)
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_readiness_tells_of_a_store_that_is_gone_and_health_does_not(own_server):
    server = own_server
    assert observed(server, "/ready") == (200, "ready\n")
    store = server.data_dir / "store"
    away = server.data_dir / "away"
    store.rename(away)
    wait_for(lambda: observed(server, "/ready")[0] == 503, what="readiness without a store")
    assert observed(server, "/health") == (200, "ok\n")
    away.rename(store)
    wait_for(lambda: observed(server, "/ready")[0] == 200, what="readiness with the store back")


def unsigned_form(server, round):
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000


def broken_form(server, round):
    body = b"Action=DescribeSnapshots&Version=2016-11-15&Filter.1.Name=%ff%fe&x=\xff\xfe" + b"\xff" * 50_000
    headers = {"Content-Type": signed_requests.FORM}
    return signed_head(server, "POST", "/", body, headers) + body


def large_form(server, round):
    body = b"Action=DescribeSnapshots&Version=2016-11-15&x=" + b"y" * 2_000_000
    return signed_head(server, "POST", "/", body, {"Content-Type": signed_requests.FORM}) + body


def huge_head(server, round):
    return b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-%d: " % round + b"y" * 200_000 + b"\r\n\r\n"


def deep_json(server, round):
    body = b'{"VolumeSize": ' + b"[" * 60_000
    return signed_head(server, "POST", "/snapshots", body, service="ebs") + body


def wrong_checksum(server, round):
    return block_head(server, server.open_upload, round % 2048, filled(1)) + filled(2)


def cut_off_block(server, round):
    return block_head(server, server.open_upload, round % 2048, filled(1)) + filled(1)[: 300_000 + round]


def strange_target(server, round):
    return b"GET /snapshots/" + b"%00" * 15_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"


KINDS = [unsigned_form, broken_form, large_form, huge_head, deep_json, wrong_checksum, cut_off_block, strange_target]
ROUNDS = 1_000
GROWTH_BYTES_MAX = 64 * MEBIBYTE


def test_hostile_requests_by_the_thousand_leave_memory_as_it_was(own_server):
    server = own_server
    ebs = client(server, "ebs")
    server.open_upload = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    snapshots.upload(server, {index: block(index) for index in range(8)})
    for kind in KINDS:
        attack(server, kind, 20)
    before = server.memory_bytes("VmRSS")
    for kind in KINDS:
        attack(server, kind, ROUNDS)
        grown = server.memory_bytes("VmRSS") - before
        assert grown < GROWTH_BYTES_MAX, f"{grown >> 20} MiB more after {kind.__name__}"
    whole = snapshots.upload(server, {0: block(1)})
    assert snapshots.read(server, whole) == {0: block(1)}


def attack(server, kind, rounds):
    """Sends so many of a kind, each on a connection of its own, some of which are left open for a while."""
    left_open = []
    for round in range(rounds):
        connection = RawConnection(server)
        connection.send(kind(server, round))
        left_open.append(connection)
        if len(left_open) > 16:
            left_open.pop(0).__exit__()
    for connection in left_open:
        connection.__exit__()
