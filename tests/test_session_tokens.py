"""Session tokens: a key that has none is not accepted with one, however well the request is signed."""

import boto3
import botocore.config
import pytest

import signed_requests
from aws_clients import refused
from server_process import AWAY, HOME
from signed_requests import VERSION, send

TOKEN = "FwoGZXIvYXdzEXAMPLE"


def with_token(server, service):
    return boto3.client(
        service,
        region_name=HOME,
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        aws_session_token=TOKEN,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def test_a_token_that_the_key_does_not_have_is_refused_in_each_protocols_words(server):
    with refused("AuthFailure", status=401):
        with_token(server, "ec2").describe_snapshots()
    with refused("UnrecognizedClientException", status=403):
        with_token(server, "ebs").list_snapshot_blocks(SnapshotId="snap-0fedcba9876543210")
    with refused("InvalidClientTokenId", status=403):
        with_token(server, "sts").get_caller_identity()


def test_nothing_is_changed_by_a_request_with_such_a_token(server, ec2_away):
    def all_ids():
        return {found["SnapshotId"] for found in ec2_away.describe_snapshots()["Snapshots"]}

    before = all_ids()
    client = boto3.client(
        "ec2",
        region_name=AWAY,
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        aws_session_token=TOKEN,
    )
    with refused("AuthFailure", status=401):
        client.copy_snapshot(SourceRegion=HOME, SourceSnapshotId="snap-0fedcba9876543210")
    assert all_ids() == before


@pytest.mark.parametrize("name", ["X-Amz-Security-Token", "x-amz-security-token"])
def test_a_token_that_is_not_signed_is_refused(server, name):
    body = f"Action=DescribeSnapshots&Version={VERSION}".encode()
    headers = signed_requests.sign(server, "POST", "/", body, {"Content-Type": signed_requests.FORM})
    assert send(server, "POST", "/", headers, body).status == 200
    answer = send(server, "POST", "/", {**headers, name: TOKEN}, body)
    assert answer.status in (400, 401, 403) and answer.code, answer.text


def test_a_token_in_a_presigned_request_is_refused(server):
    parameters = {"Action": "DescribeSnapshots", "Version": VERSION}
    target = signed_requests.presign(server, parameters)
    assert send(server, "GET", target, {}).status == 200
    assert send(server, "GET", f"{target}&X-Amz-Security-Token={TOKEN}", {}).status == 401
    signed = signed_requests.presign(server, {**parameters, "X-Amz-Security-Token": TOKEN})
    assert send(server, "GET", signed, {}).status == 401
