"""The server that most tests share, and fresh ones for those that need to be alone."""

import pytest

from aws_clients import client
from server_process import AWAY, HOME, ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server of two regions that lives as long as the run. Tests leave nothing behind that others count."""
    running = ServerProcess(tmp_path_factory.mktemp("shared") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def serves_on(server):
    """Whatever a test did, the server still answers."""
    yield
    assert server.process.poll() is None
    assert client(server, "sts").get_caller_identity()["Account"]


@pytest.fixture
def own_server(tmp_path):
    """A server of two regions with nothing in it."""
    running = ServerProcess(tmp_path / "data").start()
    yield running
    running.stop()


@pytest.fixture
def ec2(server):
    return client(server, "ec2", HOME)


@pytest.fixture
def ec2_away(server):
    return client(server, "ec2", AWAY)


@pytest.fixture
def ebs(server):
    return client(server, "ebs", HOME)


@pytest.fixture(scope="session")
def account(server):
    """The number of the account that the tests act for."""
    return client(server, "sts").get_caller_identity()["Account"]
