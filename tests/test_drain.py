"""The orderly end: what is under way is answered, nothing new is begun, and the next start goes on."""

import signal

import pytest

import snapshots
from aws_clients import client
from raw_connections import RawConnection, block_head, head, host
from server_process import AWAY, STOP_SECONDS_MAX, wait_for
from snapshots import block

TAKES_NO_MORE = (ConnectionRefusedError, ConnectionResetError)


def call_to_end(server, call=signal.SIGTERM):
    """Signals the server, and returns once it has heard."""
    server.process.send_signal(call)
    wait_for(lambda: "draining" in server.log.read_text(errors="replace"), what="the beginning of the end")


def ended(server):
    """The exit status of a server that was called to end."""
    return server.process.wait(STOP_SECONDS_MAX)


@pytest.mark.parametrize("call", [signal.SIGTERM, signal.SIGINT], ids=lambda call: call.name)
def test_a_block_that_is_under_way_is_taken_and_kept(own_server, call):
    server = own_server
    snapshot_id = client(server, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    with RawConnection(server) as connection:
        connection.send(block_head(server, snapshot_id, 7, block(1), Expect="100-continue"))
        assert connection.interim() == 100, "the server waits for the block"
        connection.send(block(1)[:1000])
        call_to_end(server, call)
        assert server.process.poll() is None
        connection.send(block(1)[1000:])
        answer = connection.answer()
        assert answer.status == 201, answer.text
        assert connection.rest() == b"", "the connection is closed behind the answer"
    assert ended(server) == 0
    server.start()
    snapshots.complete(client(server, "ebs"), snapshot_id, {7: block(1)})
    snapshots.completed(server, snapshot_id)
    assert snapshots.read(server, snapshot_id) == {7: block(1)}


def test_nobody_is_let_in_any_more(own_server):
    server = own_server
    snapshot_id = client(server, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    with RawConnection(server) as under_way:
        under_way.send(block_head(server, snapshot_id, 0, block(2), Expect="100-continue"))
        assert under_way.interim() == 100
        call_to_end(server)
        wait_for(lambda: refuses(server), what="the refusal of a new connection")
        under_way.send(block(2))
        assert under_way.answer().status == 201
    assert ended(server) == 0


def refuses(server):
    try:
        with RawConnection(server):
            return False
    except TAKES_NO_MORE:
        return True


def test_connections_on_which_nothing_is_asked_do_not_hold_up_the_end(own_server):
    server = own_server
    with RawConnection(server) as never_used, RawConnection(server) as used:
        used.send(head("GET", "/", {"Host": host(server)}))
        assert used.answer().status == 403
        server.stop()
        assert never_used.rest() == used.rest() == b""


def test_a_client_that_never_ends_its_request_does_not_hold_up_the_end(own_server):
    server = own_server
    snapshot_id = client(server, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    with RawConnection(server) as connection:
        connection.send(block_head(server, snapshot_id, 0, block(3), Expect="100-continue"))
        assert connection.interim() == 100
        server.stop()


def test_copies_that_are_under_way_go_on_after_the_next_start(own_server):
    server = own_server
    contents = [{index: block(f"{number} {index}") for index in range(24)} for number in range(3)]
    sources = [snapshots.upload(server, blocks) for blocks in contents]
    copies = [snapshots.copy(server, source, destination=AWAY) for source in sources]
    server.stop()
    server.start()
    for copy_id, blocks in zip(copies, contents):
        snapshots.completed(server, copy_id, AWAY)
        assert snapshots.read(server, copy_id, AWAY) == blocks
