"""Signatures: who may speak at all."""

import pytest

import signed_requests
from server_process import AWAY, HOME, ServerProcess
from signed_requests import FORM, VERSION

DESCRIBE = {"Action": "DescribeSnapshots", "Version": VERSION, "MaxResults": "5"}
LIST = "/snapshots/snap-0fedcba9876543210/blocks"


def test_a_signed_request_is_answered(server):
    assert signed_requests.query(server, "DescribeSnapshots").status == 200


@pytest.mark.parametrize("scope", [{"secret_access_key": "wrong"}, {"access_key_id": "AKIAUNKNOWNUNKNOWN00"}])
def test_ec2_refuses_wrong_credentials_alike(server, scope):
    answer = signed_requests.query(server, "DescribeSnapshots", **scope)
    assert (answer.status, answer.code) == (401, "AuthFailure")
    assert answer.message == "AWS was not able to validate the provided access credentials"


def test_ebs_refuses_wrong_credentials(server):
    answer = signed_requests.rest(server, "GET", LIST, access_key_id="AKIAUNKNOWNUNKNOWN00")
    assert (answer.status, answer.code) == (403, "UnrecognizedClientException")
    answer = signed_requests.rest(server, "GET", LIST, secret_access_key="wrong")
    assert (answer.status, answer.code) == (403, "InvalidSignatureException")


def test_sts_refuses_wrong_credentials(server):
    call = lambda **scope: signed_requests.query(
        server, "GetCallerIdentity", version="2011-06-15", service="sts", **scope
    )
    assert call().status == 200
    answer = call(access_key_id="AKIAUNKNOWNUNKNOWN00")
    assert (answer.status, answer.code) == (403, "InvalidClientTokenId")
    answer = call(secret_access_key="wrong")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_another_servers_key_opens_nothing(server, tmp_path):
    stranger = ServerProcess(tmp_path / "data")
    keys = {"access_key_id": stranger.access_key_id, "secret_access_key": stranger.secret_access_key}
    assert signed_requests.query(server, "DescribeSnapshots", **keys).status == 401


def test_no_signature_is_refused_in_each_protocols_form(server):
    body = b"Action=DescribeSnapshots&Version=2016-11-15"
    answer = signed_requests.send(server, "POST", "/", {"Content-Type": FORM}, body)
    assert 400 <= answer.status < 404 and answer.code == "MissingAuthenticationToken"
    answer = signed_requests.send(server, "GET", LIST, {})
    assert 400 <= answer.status < 404 and answer.code == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("seconds", [-14 * 60, 14 * 60])
def test_a_clock_that_is_off_by_less_than_15_minutes_is_accepted(server, seconds):
    assert signed_requests.query(server, "DescribeSnapshots", shift_seconds=seconds).status == 200


@pytest.mark.parametrize("seconds", [-16 * 60, 16 * 60, -86_400, 86_400])
def test_a_clock_that_is_off_by_more_is_refused(server, seconds):
    answer = signed_requests.query(server, "DescribeSnapshots", shift_seconds=seconds)
    assert (answer.status, answer.code) in {(400, "RequestExpired"), (401, "AuthFailure")}


@pytest.mark.parametrize("service", ["s3", "kms", "ebs", "EC2", "ec2x"])
def test_a_signature_for_another_service_is_refused(server, service):
    answer = signed_requests.query(server, "DescribeSnapshots", service=service)
    assert 400 <= answer.status < 500, answer.text


def test_a_signature_for_another_region_reaches_that_region_only(server):
    headers = signed_requests.sign(server, "POST", "/", b"", {"Content-Type": FORM}, region=AWAY)
    headers["Authorization"] = headers["Authorization"].replace(AWAY, HOME)
    assert signed_requests.send(server, "POST", "/", headers).status == 401


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/", b"Action=DescribeSnapshots&Version=2016-11-15&MaxResults=6"),
        ("POST", "/x", b"Action=DescribeSnapshots&Version=2016-11-15&MaxResults=5"),
        ("POST", "/?a=b", b"Action=DescribeSnapshots&Version=2016-11-15&MaxResults=5"),
        ("PUT", "/", b"Action=DescribeSnapshots&Version=2016-11-15&MaxResults=5"),
    ],
)
def test_what_was_signed_cannot_be_changed(server, method, target, body):
    signed = b"Action=DescribeSnapshots&Version=2016-11-15&MaxResults=5"
    headers = signed_requests.sign(server, "POST", "/", signed, {"Content-Type": FORM})
    assert signed_requests.send(server, "POST", "/", headers, signed).status == 200
    assert 400 <= signed_requests.send(server, method, target, headers, body).status < 500


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/ec2/aws4_request, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA1 Credential=AKIA/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00",
        "Basic dXNlcjpwYXNzd29yZA==",
        "AWS4-HMAC-SHA256 " + "Credential=," * 1000,
    ],
)
def test_a_malformed_authorization_is_refused(server, authorization):
    headers = {"Content-Type": FORM, "X-Amz-Date": "20260101T000000Z", "Authorization": authorization}
    answer = signed_requests.send(server, "POST", "/", headers, b"Action=DescribeSnapshots&Version=2016-11-15")
    assert 400 <= answer.status < 500 and answer.code, answer.text


def test_a_presigned_request_is_answered_until_it_expires(server):
    target = signed_requests.presign(server, DESCRIBE)
    assert signed_requests.send(server, "GET", target, {}).status == 200
    target = signed_requests.presign(server, DESCRIBE, expires=60, shift_seconds=-120)
    answer = signed_requests.send(server, "GET", target, {})
    assert (answer.status, answer.code) == (400, "RequestExpired")


def test_a_presigned_request_cannot_be_changed(server):
    target = signed_requests.presign(server, DESCRIBE)
    for changed in (
        target.replace("MaxResults=5", "MaxResults=6"),
        target.replace("Action=DescribeSnapshots", "Action=DeleteSnapshot"),
        target.replace("X-Amz-Expires=300", "X-Amz-Expires=604800"),
        target + "&DryRun=true",
    ):
        assert changed != target
        assert signed_requests.send(server, "GET", changed, {}).status == 401, changed
    assert signed_requests.send(server, "POST", target, {}).status == 401


@pytest.mark.parametrize("expires", [0, -1, 604_801, "x"])
def test_a_presigned_request_expires_within_a_week(server, expires):
    target = signed_requests.presign(server, DESCRIBE, expires=expires)
    assert 400 <= signed_requests.send(server, "GET", target, {}).status < 500


def test_a_refusal_does_not_repeat_the_secret(server):
    answer = signed_requests.query(server, "DescribeSnapshots", shift_seconds=-86_400)
    assert server.secret_access_key not in answer.text
    assert server.secret_access_key not in server.log.read_text(errors="replace")
