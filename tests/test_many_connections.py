"""All connections together: how many there may be, and what they may hold of requests that are not whole yet."""

import os
import resource
import selectors

import pytest

import snapshots
from aws_clients import client
from raw_connections import RawConnection, signed_head
from server_process import ServerProcess, wait_for
from snapshots import filled

MEBIBYTE = 1 << 20
CONNECTIONS_MAX = 1_024
WAITING = 60
HEAD_BYTES = 120 * 1024
# 64 long heads and a thousand short ones, and as much again for connections and requests as such.
GROWTH_BYTES_MAX = 80 * MEBIBYTE


@pytest.fixture
def patient_server(tmp_path):
    """A server of its own, in a process like ours that may have many sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 4 * CONNECTIONS_MAX
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"this machine allows {hard} open files, and {needed} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    running = ServerProcess(tmp_path / "data").start()
    yield running
    running.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def sockets(server):
    """How many sockets the server has open."""
    folder = f"/proc/{server.process.pid}/fd"
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith("socket:")
        except FileNotFoundError:
            pass  # It was closed in between.
    return found


def answered(connections):
    """Whether something can be read from one of these."""
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ)
        return bool(selector.select(0))


def test_who_comes_after_the_last_connection_waits_and_is_answered(patient_server):
    server = patient_server
    before = sockets(server)
    idle = [RawConnection(server) for _ in range(CONNECTIONS_MAX)]
    waiting = [RawConnection(server) for _ in range(WAITING)]
    request = signed_head(server, "GET", "/?Action=DescribeRegions&Version=2016-11-15")
    for connection in waiting:
        connection.send(request)
    seen = []

    def is_full():
        seen.append(sockets(server) - before)
        return seen[-1] >= CONNECTIONS_MAX

    # Those that say nothing are closed after a while, and make room: on a slow machine before all have come.
    wait_for(lambda: is_full() or answered(waiting), what="as many connections as there may be")
    for connection in idle[: CONNECTIONS_MAX // 2]:
        connection.__exit__()
    for connection in waiting:
        assert connection.answer().status == 200
        seen.append(sockets(server) - before)
        connection.__exit__()
    assert max(seen) <= CONNECTIONS_MAX
    for connection in idle[CONNECTIONS_MAX // 2 :]:
        connection.__exit__()
    assert client(server, "sts").get_caller_identity()["Account"]


def test_heads_that_stall_on_every_connection_fill_a_bounded_memory(patient_server):
    server = patient_server
    snapshots.upload(server, {index: filled(index) for index in range(4)})
    before = server.memory_bytes("VmRSS")
    head = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 4_000) for n in range(40))
    stalled = [RawConnection(server) for _ in range(CONNECTIONS_MAX)]
    send_until_closed(stalled, head[:HEAD_BYTES])
    grown = server.memory_bytes("VmHWM") - before
    assert grown < GROWTH_BYTES_MAX, f"{grown >> 20} MiB more"
    for connection in stalled:
        connection.__exit__()
    assert client(server, "sts").get_caller_identity()["Account"]


def send_until_closed(connections, data):
    """Sends as much of `data` to each as the server takes, and waits until the server has closed them all."""
    left = {}
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.socket.setblocking(False)
            left[connection.socket] = memoryview(data)
            selector.register(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while left:
            ready = selector.select(120)
            assert ready, "the server lets stalled heads stand"
            for key, events in ready:
                if is_closed(key.fileobj, events, left, selector):
                    selector.unregister(key.fileobj)
                    del left[key.fileobj]


def is_closed(socket, events, left, selector):
    try:
        if events & selectors.EVENT_WRITE:
            left[socket] = left[socket][socket.send(left[socket]) :]
            if not left[socket]:
                selector.modify(socket, selectors.EVENT_READ)
        return bool(events & selectors.EVENT_READ) and not socket.recv(65_536)
    except BlockingIOError:
        return False
    except (BrokenPipeError, ConnectionResetError):
        return True


# While there are places for long heads; short ones need none.
@pytest.mark.parametrize("others, length", [(100, 10), (40, 30_000)], ids=["short", "long"])
def test_heads_are_answered_while_others_stall(patient_server, others, length):
    server = patient_server
    stalled = [RawConnection(server) for _ in range(others)]
    for connection in stalled:
        connection.socket.setblocking(False)
        connection.socket.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"y" * 40_000)
    target = "/?Action=DescribeRegions&Version=2016-11-15"
    request = signed_head(server, "GET", target, headers={"X-Padding": "y" * length})
    answers = []
    with RawConnection(server) as connection:
        for _ in range(3):
            connection.send(request)
            answers.append(connection.answer().status)
    assert answers == [200] * 3
    for connection in stalled:
        connection.__exit__()
