"""Requests framed in odd ways: each is answered as what it is, in the protocol of its path, and none is mistaken."""

import pytest

from aws_clients import client
from raw_connections import RawConnection, block_head, head, host, signed_head
from signed_requests import FORM, sign
from snapshots import BLOCK_BYTES, filled

DESCRIBE = b"Action=DescribeSnapshots&Version=2016-11-15&MaxResults=5"
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"

pytestmark = pytest.mark.usefixtures("serves_on")


@pytest.fixture
def upload_id(ebs, ec2):
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    yield snapshot_id
    ec2.delete_snapshot(SnapshotId=snapshot_id)


def describe(server, **more):
    return signed_head(server, "POST", "/", DESCRIBE, {"Content-Type": FORM, **more}) + DESCRIBE


def one_answer(server, data):
    with RawConnection(server) as connection:
        connection.send(data)
        return connection.answer()


@pytest.mark.parametrize(
    ("headers", "target", "code"),
    [
        ({"Content-Encoding": "gzip"}, "", "ValidationException"),
        ({"Content-Encoding": "identity, gzip"}, "", "ValidationException"),
        ({}, "/" + "y" * 20_000, "IncompleteSignatureException"),
        ({"Authorization": "Basic x"}, "", "IncompleteSignatureException"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=x"}, "", "IncompleteSignatureException"),
        ({}, "", "MissingAuthenticationTokenException"),
    ],
    ids=["gzip", "two encodings", "long target", "basic", "malformed", "unsigned"],
)
@pytest.mark.parametrize("path", ["/snapshots", "/snapshots/snap-12345678/blocks", "/snapshots/x/y/z"])
def test_a_refused_head_is_answered_in_the_protocol_of_its_path(server, path, headers, target, code):
    answer = one_answer(server, head("GET", path + target, {"Host": host(server), **headers}))
    assert answer.code == code and 400 <= answer.status < 500, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    other = one_answer(server, head("GET", "/" + target.lstrip("/"), {"Host": host(server), **headers}))
    assert other.status == answer.status and "<Response><Errors>" in other.text, other.text


def test_a_target_in_absolute_form_names_our_own_host_or_is_refused(server):
    for authority, status in [(host(server), 200), ("169.254.169.254", 404), (host(server) + "0", 404)]:
        request = describe(server).replace(b"POST / ", f"POST http://{authority}/ ".encode(), 1)
        assert one_answer(server, request).status == status, authority


def test_who_waits_to_be_told_to_send_is_told_only_if_the_block_is_wanted(server, upload_id):
    data = filled(3)
    with RawConnection(server) as connection:
        connection.send(block_head(server, upload_id, 0, data, Content_Length=str(BLOCK_BYTES), Expect="100-continue"))
        assert connection.interim() == 100
        connection.send(data)
        assert connection.answer().status == 201
    for unwanted in (
        block_head(server, upload_id, 1 << 40, data, Content_Length="9999999", Expect="100-continue"),
        block_head(server, upload_id, "x", data, Content_Length=str(BLOCK_BYTES), Expect="100-continue"),
        head("POST", "/", {"Host": host(server), "Content-Length": "100", "Expect": "100-continue"}),
    ):
        with RawConnection(server) as connection:
            connection.send(unwanted)
            answer = connection.answer()
            assert 400 <= answer.status < 500, answer.text
            assert answer.headers["connection"] == "close"
            assert connection.rest() == b""


def test_a_request_of_http_1_0_is_answered_and_its_connection_closed(server):
    request = describe(server).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with RawConnection(server) as connection:
        connection.send(request)
        assert connection.answer().status == 200
        assert connection.rest() == b""


def test_requests_in_line_behind_a_refused_one_are_each_answered(server):
    inner = describe(server)
    refused = head("POST", "/", {"Host": host(server), "Content-Length": str(len(inner))}) + inner
    with RawConnection(server) as connection:
        connection.send(refused + describe(server) + refused + describe(server))
        statuses = [connection.answer().status for _ in range(4)]
        assert statuses == [403, 200, 403, 200], "the body of a refused request is no request"


def test_a_body_that_is_left_unread_is_never_taken_for_a_request(server):
    inner = describe(server)
    body = b"x" * (4 << 20) + inner
    with RawConnection(server) as connection:
        connection.send(head("POST", "/", {"Host": host(server), "Content-Length": str(len(body))}) + body + inner)
        answer = connection.answer()
        assert answer.status == 403 and answer.headers["connection"] == "close"
        assert connection.rest() == b""


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: {length}\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: {length}",
        "Content-Length: {length}\r\nContent-Length: {more}",
        "Content-Length: {length}, {more}",
        "Content-Length: +{length}",
        "Content-Length: 0x10",
        "Content-Length : {length}",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\r\n chunked",
        " Content-Length: {length}",
    ],
)
def test_ambiguous_framing_ends_the_connection(server, framing):
    headers = sign(server, "POST", "/", DESCRIBE, {"Content-Type": FORM, "Host": host(server)})
    named = framing.format(length=len(DESCRIBE), more=len(DESCRIBE) + 1)
    start = head("POST", "/", headers)[:-2] + named.encode() + b"\r\n\r\n"
    with RawConnection(server) as connection:
        connection.send(start + DESCRIBE + describe(server))
        answered = connection.rest()
    assert answered == b"" or answered.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), answered[:300]
    assert answered.count(b"HTTP/1.1 ") <= 1, "what followed was taken for a request"


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhello\r\n",
        b"ffffffffffffffff1\r\nx\r\n0\r\n\r\n",
        b"-1\r\nx\r\n0\r\n\r\n",
        b"1;" + b"e" * 100_000 + b"\r\nx\r\n0\r\n\r\n",
        b"0\r\n" + b"T: x\r\n" * 5_000 + b"\r\n",
        b"1\nx\n0\n\n",
    ],
    ids=["endless", "overflow", "negative", "extension", "trailers", "bare lf"],
)
def test_broken_chunks_are_refused(server, body):
    request = signed_head(server, "POST", "/", DESCRIBE, {"Content-Type": FORM, "Transfer-Encoding": "chunked"})
    with RawConnection(server) as connection:
        connection.send(request + body)
        connection.socket.shutdown(1)
        answered = connection.rest()
    assert answered == b"" or answered.startswith(b"HTTP/1.1 4"), answered[:300]


def test_a_form_in_chunks_is_a_form(server):
    request = signed_head(server, "POST", "/", DESCRIBE, {"Content-Type": FORM, "Transfer-Encoding": "chunked"})
    chunks = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in DESCRIBE) + b"0\r\nTrailer: x\r\n\r\n"
    assert one_answer(server, request + chunks).status == 200


@pytest.mark.parametrize("doubled", ["Host", "Authorization", "X-Amz-Date", "Content-Type"])
def test_a_header_that_comes_twice_is_not_chosen_from(server, doubled):
    headers = sign(server, "POST", "/", DESCRIBE, {"Content-Type": FORM, "Host": host(server)})
    headers["Content-Length"] = str(len(DESCRIBE))
    for second in (headers[doubled], "x"):
        request = head("POST", "/", headers)[:-2] + f"{doubled}: {second}\r\n\r\n".encode() + DESCRIBE
        assert 400 <= one_answer(server, request).status < 500, second


@pytest.mark.parametrize("name", ["x-amz-Checksum", "x-amz-Data-Length", "x-amz-Progress"])
def test_a_block_header_that_comes_twice_is_refused(server, upload_id, name):
    data = filled(3)
    start = block_head(server, upload_id, 0, data, Content_Length=str(BLOCK_BYTES), x_amz_Progress="1")
    again = next(line for line in start.split(b"\r\n") if line.lower().startswith(name.lower().encode()))
    answer = one_answer(server, start[:-2] + again + b"\r\n\r\n" + data)
    assert 400 <= answer.status < 500, answer.text


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\xc3\x28", b"caf\xe9", b"\x80" * 1000])
@pytest.mark.parametrize("name", [b"X-Other", b"X-Amz-Date", b"Authorization", b"Content-Type", b"Host", b"Expect"])
def test_headers_that_are_no_text_are_no_failure(server, name, value):
    for start in (describe(server), signed_head(server, "GET", "/snapshots/snap-12345678/blocks", service="ebs")):
        lines = [line for line in start.split(b"\r\n") if not line.startswith(name + b":")]
        lines.insert(1, name + b": " + value)
        assert one_answer(server, b"\r\n".join(lines)).status < 500


@pytest.mark.parametrize(
    "target",
    [
        "/%73napshots",
        "/snapshots%2Fsnap-12345678%2Fblocks",
        "/snapshots/snap-12345678/blocks/%30",
        "/snapshots/snap-12345678/%62locks",
        "/snapshots/snap-12345678/../snap-12345678/blocks",
        "//snapshots",
        "/snapshots/",
        "/./snapshots",
        "/snapshots/snap-12345678/blocks/0%00",
        "/%ff%fe",
        "/%",
        "/%zz",
        "*",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "HEAD", "OPTIONS", "CONNECT"])
def test_oddly_encoded_targets_are_refused(server, method, target):
    for service in ("ebs", "ec2"):
        headers = sign(server, method, "/", b"", {"Host": host(server)}, service=service)
        headers["Content-Length"] = "0"
        with RawConnection(server) as connection:
            connection.send(head(method, target, headers))
            connection.socket.shutdown(1)
            answered = connection.rest()
        assert answered == b"" or answered.startswith(b"HTTP/1.1 4"), answered[:300]


def test_a_head_request_has_no_body_and_the_next_one_is_answered(server):
    headers = sign(server, "HEAD", "/", b"", {"Host": host(server)})
    with RawConnection(server) as connection:
        connection.send(head("HEAD", "/", headers))
        status = connection.interim()
        assert 400 <= status < 500
        connection.send(describe(server))
        assert connection.answer().status == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /snapshots/snap-1/blocks HTTP/1.1\r\nHost: a\r\n" + b"X-Small: y\r\n" * 100 + b"\r\n", 431),
        (b"GET /" + b"a" * (64 << 10) + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"POST / HTTP/1.1\r\nHost: a\r\nX-Large: " + b"y" * (200 << 10), 431),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
    ],
    ids=["headers", "target", "bytes", "no HTTP"],
)
def test_a_head_over_the_bounds_of_a_connection_gets_a_status_without_a_body_and_the_end(server, head, status):
    with RawConnection(server) as connection:
        connection.send(head)
        answer = connection.reader.read()
    first, _, rest = answer.partition(b"\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"content-length: 0" in rest and rest.endswith(b"\r\n\r\n")
