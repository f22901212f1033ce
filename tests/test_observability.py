"""What whoever runs the server sees of it: counters, health, and a log that names requests."""

import collections
import http.client
import json
import re
import urllib.parse

import pytest

import signed_requests
import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME, ServerProcess, wait_for
from snapshots import block
from stored_objects import root_of, unreadable
from test_overload import observed


@pytest.fixture
def told(tmp_path):
    """Starts servers whose log is told what to be by the environment, and stops them."""
    started = []

    def start(**environment):
        server = ServerProcess(tmp_path / f"data-{len(started)}", environment=environment).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def counters(server):
    """{name with labels: value} of everything that is counted."""
    status, text = observed(server, "/metrics")
    assert status == 200 and text.endswith("# EOF\n")
    samples = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def grown(server, before):
    """How much more is counted now, without what is as it was."""
    now = counters(server).items()
    return {name: value - before.get(name, 0) for name, value in now if value != before.get(name)}


def logged(server):
    """The log's lines, parsed."""
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def test_requests_and_blocks_are_counted(own_server):
    server = own_server
    before = counters(server)
    snapshot_id = snapshots.upload(server, {0: block(1), 1: block(2)})
    assert len(snapshots.read(server, snapshot_id)) == 2
    with refused("InvalidSnapshot.NotFound"):
        snapshots.describe(server, "snap-0fedcba9876543210")
    client(server, "sts").get_caller_identity()
    more = grown(server, before)
    for direction in "written", "read":
        name = f'ebbstone_blocks_{direction}_total{{region="{HOME}"}}'
        assert more[name] == 2, more
    # Start, two blocks, completion, list, two blocks.
    ebs = {name: value for name, value in more.items() if name.startswith("ebbstone_requests_total") and "ebs" in name}
    assert sum(ebs.values()) == 7, more
    by_status = collections.Counter()
    for name, value in more.items():
        for labels in re.findall(r'^ebbstone_requests_total\{protocol="(\w+)",.*status="(\d+)"\}', name):
            by_status[labels] += value
    assert by_status["ec2", "400"] == 1 and by_status["sts", "200"] == 1, by_status
    timed = [value for name, value in more.items() if name.startswith("ebbstone_request_seconds_count")]
    assert sum(timed) == sum(by_status.values())


def test_calls_to_the_store_of_each_region_are_counted(own_server):
    server = own_server
    source_id = snapshots.upload(server, {0: block(3)})
    before = counters(server)
    snapshots.completed(server, snapshots.copy(server, source_id, destination=AWAY), AWAY)
    more = grown(server, before)
    regions = {region for name in more for region in re.findall(r'object_requests_total\{region="([^"]+)"', name)}
    assert regions == {"us-east-1", "us-west-2"}, "the source is read, the copy is written"
    assert any('region="us-west-2",operation="publish"' in name for name in more), more


def test_refused_and_unsigned_requests_are_counted_too(own_server):
    server = own_server
    before = counters(server)
    assert signed_requests.query(server, "DescribeSnapshots", secret_access_key="wrong").status == 401
    assert signed_requests.send(server, "GET", "/", {}).status == 403
    statuses = re.findall(r'status="(\d+)"', " ".join(grown(server, before)))
    assert sorted(statuses) == ["401", "403"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/ready", 200),
        ("GET", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("DELETE", "/health", 405),
        ("GET", "/", 404),
        ("GET", "/snapshots", 404),
        ("GET", "/?Action=DescribeSnapshots&Version=2016-11-15", 404),
    ],
)
def test_the_second_listener_answers_nothing_else(server, method, path, status):
    address = re.search(r"address=(\S+:\d+)", server.log.read_text()).group(1)
    assert address.startswith("127.0.0.1:")
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request(method, path)
        assert connection.getresponse().status == status
    finally:
        connection.close()


def test_the_log_can_be_read_by_programs(told):
    server = told(EBBSTONE_LOG_JSON="true")
    copy_id = snapshots.copy(server, "snap-0fedcba9876543210", destination=AWAY)
    snapshots.failed(server, copy_id, AWAY)
    lines = wait_for(lambda: [line for line in logged(server) if line["fields"].get("snapshot") == copy_id])
    for line in lines:
        assert {"timestamp", "level", "target", "fields"} <= line.keys()
        assert line["fields"]["region"] == AWAY and line["fields"]["message"]


def test_every_request_can_be_logged_with_the_id_that_the_client_was_given(told):
    server = told(EBBSTONE_LOG_JSON="true", EBBSTONE_LOG="info,ebbstone::http=debug")
    for parameters, status in ({}, 200), ({"MaxResults": "4"}, 400):
        answer = signed_requests.query(server, "DescribeSnapshots", parameters)
        assert answer.status == status
        (line,) = [line for line in of_request(server, answer) if line["level"] == "DEBUG"]
        assert (line["fields"]["status"], line["fields"]["protocol"], line["fields"]["path"]) == (status, "ec2", "/")


def of_request(server, answer):
    """The lines that name the request of an answer, as soon as there are any."""
    request_id = answer.headers["x-amzn-requestid"]
    return wait_for(lambda: [line for line in logged(server) if line["fields"].get("request_id") == request_id])


def test_a_failure_of_the_server_is_logged_with_its_cause_and_the_client_learns_the_id_only(told):
    server = told(EBBSTONE_LOG_JSON="true")
    snapshot_id = snapshots.upload(server, {0: block(4)})
    root = root_of(server, snapshot_id)
    # Nobody has read it yet, so nothing of it is in memory.
    with unreadable(root):
        answer = signed_requests.rest(server, "GET", f"/snapshots/{snapshot_id}/blocks")
    assert answer.status in (500, 503), answer.text
    (line,) = of_request(server, answer)
    assert line["level"] == "ERROR"
    assert "the object store is unavailable" in line["fields"]["cause"]
    assert "object store" not in answer.text and str(server.data_dir) not in answer.text


def test_a_call_that_the_store_fails_is_logged_with_its_object_and_operation(told):
    server = told(EBBSTONE_LOG_JSON="true")
    snapshot_id = snapshots.upload(server, {0: block(6)})
    root = root_of(server, snapshot_id)
    with unreadable(root):
        assert signed_requests.rest(server, "GET", f"/snapshots/{snapshot_id}/blocks").status in (500, 503)
    name = str(root.relative_to(server.data_dir / "store" / HOME))
    lines = wait_for(lambda: [line for line in logged(server) if line["fields"].get("object") == name])
    assert {line["level"] for line in lines} == {"WARN"}
    assert {(line["fields"]["region"], line["fields"]["operation"]) for line in lines} <= {(HOME, "get"), (HOME, "length")}
    assert all("the object store is unavailable: " in line["fields"]["error"] for line in lines)


def test_secrets_are_not_logged_however_much_is(told):
    server = told(EBBSTONE_LOG="trace")
    snapshot_id = snapshots.upload(server, {0: block(5)})
    token = snapshots.tokens(client(server, "ebs"), snapshot_id)[0]
    snapshots.get(client(server, "ebs"), snapshot_id, 0, token)
    snapshots.completed(server, snapshots.copy(server, snapshot_id, destination=AWAY), AWAY)
    log = server.log.read_text(errors="replace")
    assert snapshot_id in log
    for region in ("us-east-1", "us-west-2"):
        assert (server.data_dir / "regions" / region / "region.key").read_text().strip() not in log
    assert server.secret_access_key not in log
    assert token not in log and urllib.parse.quote(token, safe="") not in log
