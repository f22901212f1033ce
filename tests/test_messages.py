"""What commands say when they fail: the cause, and what to do about it."""

import socket
import threading

import pytest

from answering_proxy import AnsweringProxy
from aws_clients import client
from commands import FAILURE, USAGE, data, run
from server_process import HOME
from snapshots import upload

# What a TLS server answers to what is no TLS: a fatal alert.
TLS_ALERT = bytes.fromhex("15030100020246")


@pytest.fixture
def unused_address():
    """An address at which nobody listens, nor will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield "127.0.0.1:%d" % bound.getsockname()[1]


@pytest.fixture
def tls_only_address():
    """An address that answers as a TLS server does to those that speak plain HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(TLS_ALERT)

    threading.Thread(target=answer, daemon=True).start()
    yield "127.0.0.1:%d" % listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_wrong_port_is_asked_about(server, unused_address):
    answer = run(server, "ls", "--endpoint-url", f"http://{unused_address}", status=FAILURE)
    assert f"no answer from http://{unused_address} (nobody listens there: is the server running" in answer.stderr


def test_the_other_scheme_is_advised(server, tls_only_address):
    secure = server.endpoint.replace("http:", "https:")
    answer = run(server, "ls", "--endpoint-url", secure, status=FAILURE)
    assert f"it does not speak TLS: try {server.endpoint})" in answer.stderr
    answer = run(server, "ls", "--endpoint-url", f"http://{tls_only_address}", status=FAILURE)
    assert f"it does not speak plain HTTP: try https://{tls_only_address})" in answer.stderr


def test_an_address_of_something_else_is_asked_about(server):
    with AnsweringProxy(server, lambda *_: (404, b"<html>no</html>")) as proxy:
        answer = run(proxy, "ls", status=FAILURE)
    assert "is this the address of the API?" in answer.stderr


def test_a_folder_that_is_not_there_is_named(server, tmp_path):
    snapshot = upload(server, {0: data("zero")})
    answer = run(server, "export", snapshot, tmp_path / "absent" / "image.raw", status=USAGE)
    assert f"the folder {tmp_path / 'absent'} does not exist" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_image_is_refused(server, tmp_path):
    ec2 = client(server, "ec2", HOME)

    def count():
        return len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])

    before = count()
    (tmp_path / "empty.raw").touch()
    answer = run(server, "import", tmp_path / "empty.raw", status=USAGE)
    assert "is empty: there is nothing to import" in answer.stderr
    assert count() == before
