"""Hostile requests: refused as the client's mistake, never a failure of the server, and it serves on."""

import base64
import socket
import urllib.parse
import uuid

import boto3
import pytest

import signed_requests
import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME
from signed_requests import FORM, post_form, rest, send, sign
from snapshots import block, filled

HEAD = b"Version=2016-11-15&Action="

pytestmark = pytest.mark.usefixtures("serves_on")


def is_clients_mistake(answer):
    assert 400 <= answer.status < 500, (answer.status, answer.text[:500])


@pytest.mark.parametrize(
    "parameters",
    [
        b"Filter.2147483648.Name=status&Filter.2147483648.Value.1=x",
        b"Filter.99999999999999999999999.Name=status",
        b"Filter.-1.Name=status&Filter.-1.Value.1=x",
        b"SnapshotId.4294967296=snap-12345678",
        b"Filter.1.Name=status&Filter.1.Name=status",
        b"MaxResults=1e3",
        b"MaxResults=99999999999999999999",
        b"MaxResults=%20%205",
        b"DryRun=perhaps",
        b"NextToken=%ff%fe",
        b"NextToken=%zz",
        b"Filter.1.Name=%00",
        b"Owner.1=%F0%9F",
        b"a" * 100_000 + b"=1",
    ],
    ids=lambda parameters: parameters[:40].decode(),
)
def test_malformed_forms(server, parameters):
    is_clients_mistake(post_form(server, HEAD + b"DescribeSnapshots&" + parameters))


@pytest.mark.parametrize(
    "parameters",
    [b"Filter.0.Name=status&Filter.0.Value.1=x", b"Filter.1=x&Filter.1.Name=status", b"=x", b"." * 200 + b"=y", b"&&&=&"],
    ids=lambda parameters: parameters[:40].decode(),
)
def test_odd_forms_are_no_failure(server, parameters):
    assert post_form(server, HEAD + b"DescribeSnapshots&" + parameters).status < 500


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"Action",
        b"Action=",
        b"Action=DescribeSnapshots&Version=1999-01-01",
        b"Action=describesnapshots&Version=2016-11-15",
        b"Action=RunInstances&Version=2016-11-15",
        b"Action=DescribeSnapshots&Action=DeleteSnapshot&Version=2016-11-15",
        b"Version=2016-11-15",
        b"{\"Action\": \"DescribeSnapshots\"}",
        b"<xml/>",
        b"&" * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_requests_without_a_known_action(server, body):
    answer = post_form(server, body)
    is_clients_mistake(answer)
    assert "<Response><Errors><Error><Code>" in answer.text.replace("\n", "").replace(" <", "<")


def test_codes_of_unknown_and_missing_actions(server):
    assert post_form(server, HEAD + b"RunInstances").code == "InvalidAction"
    assert post_form(server, b"Version=2016-11-15").code == "MissingAction"
    assert post_form(server, b"Action=DescribeSnapshots&Version=1999-01-01").code == "NoSuchVersion"


def test_more_parameters_than_any_request_has(server):
    many = b"&".join(b"SnapshotId.%d=snap-12345678" % number for number in range(1, 60_000))
    is_clients_mistake(post_form(server, HEAD + b"DescribeSnapshots&" + many))


def test_a_form_larger_than_any_request(server):
    is_clients_mistake(post_form(server, HEAD + b"DescribeSnapshots&x=" + b"y" * (8 << 20)))


def test_a_body_longer_than_it_says_is_not_read_as_another_request(server):
    body = HEAD + b"DescribeSnapshots"
    headers = sign(server, "POST", "/", body, {"Content-Type": FORM})
    head = "POST / HTTP/1.1\r\nHost: " + urllib.parse.urlsplit(server.endpoint).netloc + "\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    for framing in (
        f"Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n",
        f"Content-Length: {len(body)}\r\nContent-Length: {len(body) + 1}\r\n",
        "Transfer-Encoding: gzip, chunked, identity\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 18446744073709551617\r\n",
    ):
        first = exchange(server, (head + framing + "\r\n").encode() + body)
        assert not first.startswith(b"HTTP/1.1 5"), (framing, first[:200])
        assert not first.startswith(b"HTTP/1.1 2"), (framing, first[:200])


def exchange(server, data):
    """What the server answers to these bytes; nothing if it just closes the connection."""
    address = urllib.parse.urlsplit(server.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except TimeoutError:
            raise
        except OSError:
            pass  # The server may answer, or close, before it has read everything.
        try:
            return connection.recv(65_536)
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"A" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=lambda data: repr(data[:30]),
)
def test_bytes_that_are_no_request(server, data):
    answer = exchange(server, data)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505 ")), answer[:200]


def test_a_head_that_never_ends_is_cut_off(server):
    address = urllib.parse.urlsplit(server.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=45) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        try:
            answer = connection.recv(65_536)
        except ConnectionResetError:
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:200]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "target",
    ["/", "/snapshots", "/snapshots/completion", "/../../etc/passwd", "/%2e%2e/x", "/snapshots//blocks/", "/metrics"],
)
def test_methods_and_paths_that_are_not_served(server, method, target):
    for service in ("ec2", "ebs"):
        headers = sign(server, method, target, service=service)
        is_clients_mistake(send(server, method, target, headers))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"VolumeSize": "1"}',
        b'{"VolumeSize": 1.5}',
        b'{"VolumeSize": -1}',
        b'{"VolumeSize": 1e99}',
        b'{"VolumeSize": 18446744073709551616}',
        b'{"VolumeSize": 1, "Tags": {}}',
        b'{"VolumeSize": 1, "Tags": [{"Key": 1}]}',
        b'{"VolumeSize": 1, "Description": "\xff"}',
        b'{"VolumeSize": 1, "Timeout": 1}',
        b'{"VolumeSize": 1, "ParentSnapshotId": "../x"}',
        b'{"x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"VolumeSize": 1, "Description": "' + b"x" * 1_000_000 + b'"}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_start_snapshot_with_a_broken_body(server, body):
    is_clients_mistake(rest(server, "POST", "/snapshots", body, {"Content-Type": "application/json"}))


@pytest.mark.parametrize("index", ["-1", "x", "4294967296", "99999999999999999999", "1.0", "0x1", "%00", ""])
def test_block_indexes_that_are_none(server, ebs, index):
    data = filled(1)
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    headers = {
        "x-amz-Data-Length": str(len(data)),
        "x-amz-Checksum": snapshots.digest(data),
        "x-amz-Checksum-Algorithm": "SHA256",
    }
    is_clients_mistake(rest(server, "PUT", f"/snapshots/{snapshot_id}/blocks/{index}", data, headers))
    client(server, "ec2").delete_snapshot(SnapshotId=snapshot_id)


@pytest.mark.parametrize(
    "changed",
    [
        {"x-amz-Data-Length": "524289"},
        {"x-amz-Data-Length": "x"},
        {"x-amz-Data-Length": None},
        {"x-amz-Checksum": "!!!"},
        {"x-amz-Checksum": base64.b64encode(b"short").decode()},
        {"x-amz-Checksum": None},
        {"x-amz-Checksum-Algorithm": "MD5"},
        {"x-amz-Checksum-Algorithm": None},
        {"x-amz-Progress": "101"},
        {"x-amz-Progress": "-1"},
    ],
    ids=repr,
)
def test_block_headers_outside_the_rules(server, ebs, changed):
    data = filled(1)
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    headers = {
        "x-amz-Data-Length": str(len(data)),
        "x-amz-Checksum": snapshots.digest(data),
        "x-amz-Checksum-Algorithm": "SHA256",
        **changed,
    }
    headers = {name: value for name, value in headers.items() if value is not None}
    is_clients_mistake(rest(server, "PUT", f"/snapshots/{snapshot_id}/blocks/0", data, headers))
    client(server, "ec2").delete_snapshot(SnapshotId=snapshot_id)


@pytest.fixture(scope="module")
def tokens(server):
    """Two snapshots of two blocks, and the block tokens of each."""
    ebs = client(server, "ebs")
    ids = [snapshots.upload(server, {0: block(500 + n), 1: block(510 + n)}) for n in range(2)]
    return {snapshot_id: snapshots.tokens(ebs, snapshot_id) for snapshot_id in ids}


def test_a_block_token_is_of_use_for_its_block_only(server, ebs, tokens):
    one, other = tokens
    for snapshot_id, index, token in [(one, 0, tokens[other][0]), (one, 0, tokens[one][1]), (other, 1, tokens[one][1])]:
        with refused("ValidationException", status=400) as answer:
            ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=index, BlockToken=token)
        assert answer.reason == "INVALID_BLOCK_TOKEN"


def test_a_block_token_with_one_bit_changed_is_refused(ebs, tokens):
    snapshot_id = next(iter(tokens))
    token = base64.b64decode(tokens[snapshot_id][0] + "==")
    for position in range(0, len(token) * 8, 7):
        mutant = bytearray(token)
        mutant[position // 8] ^= 1 << position % 8
        with refused("ValidationException", status=400):
            ebs.get_snapshot_block(
                SnapshotId=snapshot_id, BlockIndex=0, BlockToken=base64.b64encode(bytes(mutant)).decode()
            )


def test_tokens_are_short_and_of_the_base64_alphabet(tokens):
    for listed in tokens.values():
        for token in listed.values():
            assert len(token) <= 256
            base64.b64decode(token + "=" * (-len(token) % 4), validate=True)


def test_a_block_token_of_a_deleted_snapshot_is_of_no_use(server, ebs, ec2):
    snapshot_id = snapshots.upload(server, {0: filled(9)})
    token = snapshots.tokens(ebs, snapshot_id)[0]
    ec2.delete_snapshot(SnapshotId=snapshot_id)
    with refused("ResourceNotFoundException", status=404):
        ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=0, BlockToken=token)


def test_a_page_token_is_of_use_for_its_listing_only(server, ebs):
    ids = [snapshots.upload(server, {index: filled(n) for index in range(101)}) for n in (1, 2)]
    token = ebs.list_snapshot_blocks(SnapshotId=ids[0], MaxResults=100)["NextToken"]
    with refused("ValidationException", status=400) as answer:
        ebs.list_snapshot_blocks(SnapshotId=ids[1], MaxResults=100, NextToken=token)
    assert answer.reason == "INVALID_PAGE_TOKEN"
    with refused("ValidationException", status=400):
        ebs.list_changed_blocks(FirstSnapshotId=ids[0], SecondSnapshotId=ids[0], NextToken=token)


def presigned_copy(server, snapshot_id):
    """The URL that SDKs put into a copy from HOME to AWAY, as a target at our own endpoint."""
    sent = {}

    def keep(request, **_):
        body = request.body if isinstance(request.body, str) else request.body.decode()
        sent.update(urllib.parse.parse_qsl(body))

    ec2 = boto3.client(
        "ec2",
        region_name=AWAY,
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
    )
    ec2.meta.events.register("before-send.ec2.CopySnapshot", keep)
    answer = ec2.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot_id)
    url = urllib.parse.urlsplit(sent["PresignedUrl"])
    return answer["SnapshotId"], f"{url.path or '/'}?{url.query}"


def test_the_presigned_url_of_a_copy_cannot_be_replayed_as_a_copy(server, ec2):
    snapshot_id = snapshots.upload(server, {})
    copy_id, target = presigned_copy(server, snapshot_id)
    snapshots.completed(server, copy_id, AWAY)
    before = len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"])
    for _ in range(3):
        answer = send(server, "GET", target, {})
        assert (answer.status, answer.code) == (400, "InvalidParameterValue"), answer.text
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == before


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://0x7f000001:1/",
        "http://user:password@127.0.0.1:1/?a#b",
        "https://" + "a" * 300 + ".example.org/",
        "http://127.0.0.1:1/%0d%0aHost:%20x",
        "http://",
        "http://?" + "a=b&" * 1000,
        "http://a/?SourceSnapshotId=%ff&DestinationRegion=%zz",
    ],
)
def test_a_presigned_url_is_a_statement_and_never_an_address(server, url):
    source_id = snapshots.upload(server, {})
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        port = canary.getsockname()[1]
        parameters = {
            "SourceRegion": HOME,
            "SourceSnapshotId": source_id,
            "PresignedUrl": url.replace(":1/", f":{port}/"),
        }
        answer = signed_requests.query(server, "CopySnapshot", parameters, region=AWAY)
        assert answer.status < 500, answer.text
        with pytest.raises(TimeoutError):
            canary.accept()


@pytest.mark.parametrize("text", ["\x00", "\x01\x1f", "\ufffe", "<&\">'", "]]>", "\r\n", "\u202e", "a" * 255])
def test_any_text_in_a_tag_comes_back_in_well_formed_xml(server, text):
    snapshot_id = snapshots.upload(server, {})
    mark = str(uuid.uuid4())
    parameters = {"ResourceId.1": snapshot_id, "Tag.1.Key": mark, "Tag.1.Value": text}
    answer = signed_requests.query(server, "CreateTags", parameters)
    assert answer.status == 200 or 400 <= answer.status < 500
    found = client(server, "ec2").describe_tags(Filters=[{"Name": "key", "Values": [mark]}])["Tags"]
    assert len(found) == (1 if answer.status == 200 else 0)


def test_metrics_are_not_on_the_public_listener(server):
    is_clients_mistake(send(server, "GET", "/metrics", {}))
