"""The endpoint that DescribeRegions tells: what clients can call, not what the server listens on."""

import subprocess
import urllib.parse

import pytest

from aws_clients import client
from server_process import BINARY, ServerProcess

EVERYWHERE = {"listen": "0.0.0.0:0"}
ALLOWED = ["--allow-plaintext"]
NAME = "snapshots.example.org:8700"


@pytest.fixture
def told(tmp_path):
    """What DescribeRegions of a new server tells as endpoint, and the port that it listens on."""
    running = []

    def ask(options=(), environment=None, **settings):
        server = ServerProcess(tmp_path / "data", options=options, environment=environment, **settings)
        running.append(server.start())
        port = urllib.parse.urlsplit(server.endpoint).port
        server.endpoint = f"http://127.0.0.1:{port}"
        ec2 = client(server, "ec2")
        (told,) = {region["Endpoint"] for region in ec2.describe_regions()["Regions"]}
        found = ec2.describe_regions(Filters=[{"Name": "endpoint", "Values": [told]}])["Regions"]
        assert {region["RegionName"] for region in found} == set(server.regions)
        return told, port

    yield ask
    for server in running:
        server.stop()


def test_it_is_the_address_that_is_listened_on(told):
    endpoint, port = told()
    assert endpoint == f"127.0.0.1:{port}"


def test_it_is_the_machines_name_where_all_addresses_are_listened_on(told):
    endpoint, port = told(options=ALLOWED, **EVERYWHERE)
    name = subprocess.run(["uname", "-n"], capture_output=True, text=True, check=True).stdout.strip()
    assert endpoint == f"{name}:{port}"


@pytest.mark.parametrize(
    ("options", "environment", "endpoint"),
    [
        ([], {}, "file.example.org"),
        ([], {"EBBSTONE_ENDPOINT": "variable.example.org:1"}, "variable.example.org:1"),
        (["--endpoint", NAME], {"EBBSTONE_ENDPOINT": "variable.example.org:1"}, NAME),
    ],
    ids=["file", "environment", "flag"],
)
def test_it_is_what_is_set_by_flag_over_environment_over_file(told, tmp_path, options, environment, endpoint):
    file = tmp_path / "ebbstone.toml"
    file.write_text("endpoint = 'file.example.org'\n")
    assert told(["--config", str(file), *ALLOWED, *options], environment, **EVERYWHERE)[0] == endpoint


@pytest.mark.parametrize("endpoint", ["http://a.example.org", "0.0.0.0:8700", "a.example.org:0", "a b"])
def test_what_clients_cannot_call_is_refused(tmp_path, endpoint):
    file = tmp_path / "ebbstone.toml"
    file.write_text(f"data_dir = '/d'\nendpoint = '{endpoint}'\n")
    for arguments in (["--config", str(file)], ["--data-dir", "/d", "--endpoint", endpoint]):
        done = subprocess.run([str(BINARY), "config", "check", *arguments], capture_output=True, text=True)
        assert done.returncode in (1, 2) and done.stdout == ""
        assert "HOST:PORT that clients can call" in done.stderr, done.stderr
