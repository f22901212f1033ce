"""Heads of a hundred megabytes: refused at the bound, at no cost of memory, and the client can read that."""

import concurrent.futures
import itertools
import socket
import urllib.parse

import pytest

import signed_requests
import snapshots
from server_process import ServerProcess
from snapshots import block

MEBIBYTE = 1 << 20
LENGTH = 100 * MEBIBYTE
PIECE = 64 * 1024
AT_ONCE = 4
# What the server may hold more than before, at its highest, for all of them together.
GROWTH_BYTES_MAX = 32 * MEBIBYTE


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A server that has served every kind of request, so that what it needs it has."""
    server = ServerProcess(tmp_path_factory.mktemp("heads") / "data").start()
    snapshot_id = snapshots.upload(server, {index: block(index) for index in range(8)})
    assert len(snapshots.read(server, snapshot_id)) == 8
    yield server
    server.stop()


def one_header():
    yield b"POST / HTTP/1.1\r\nHost: a\r\nX-Large: "
    while True:
        yield b"y" * PIECE


def many_headers():
    yield b"POST / HTTP/1.1\r\nHost: a\r\n"
    while True:
        yield b"X-Small: y\r\n" * (PIECE // 12)


def long_target():
    yield b"GET /snapshots/"
    while True:
        yield b"%41" * (PIECE // 3)


def long_query():
    yield b"GET /?Action=DescribeSnapshots&Version=2016-11-15&"
    while True:
        yield b"Filter.1.Value.1=x&" * (PIECE // 19)


def long_authorization():
    yield b"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 Credential="
    while True:
        yield b"a/" * (PIECE // 2)


def never_a_line():
    while True:
        yield b"A" * PIECE


KINDS = [one_header, many_headers, long_target, long_query, long_authorization, never_a_line]


def refused(server, pieces):
    """What the server answers to a head that it has not seen the end of, read when everything was sent; nothing if it
    did not wait for that: it does so for ten seconds."""
    address = urllib.parse.urlsplit(server.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        try:
            for piece in itertools.islice(pieces, LENGTH // PIECE):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(65_536)
        except (BrokenPipeError, ConnectionResetError):
            return None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_head_of_a_hundred_megabytes_is_refused_and_leaves_memory_as_it_was(quiet, kind):
    server = quiet
    before = server.memory_bytes("VmHWM")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for answer in pool.map(lambda _: refused(server, kind()), range(AT_ONCE)):
            assert answer is None or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    grown = server.memory_bytes("VmHWM") - before
    assert grown < GROWTH_BYTES_MAX, f"{grown >> 20} MiB more"
    assert signed_requests.query(server, "DescribeSnapshots").status == 200
