"""boto3 clients of the server under test, and the parts of its failures that clients match on."""

import boto3
import botocore.config
import botocore.exceptions
import pytest

from server_process import HOME


def client(server, service, region=HOME, **settings):
    """A client of `service` that tries every request once and sends what it is told to, legal or not."""
    keys = {
        "aws_access_key_id": settings.pop("access_key_id", server.access_key_id),
        "aws_secret_access_key": settings.pop("secret_access_key", server.secret_access_key),
    }
    config = botocore.config.Config(
        parameter_validation=settings.pop("validate", True),
        retries={"total_max_attempts": 1},
        max_pool_connections=80,
        connect_timeout=10,
        read_timeout=120,
    )
    assert not settings, f"unknown settings {sorted(settings)}"
    return boto3.client(service, region_name=region, endpoint_url=server.endpoint, config=config, **keys)


class Refused:
    """What a refused request answered. `code`, `status`, `message` and `reason` are there after the block."""

    code = status = message = reason = None


class refused:
    """A block in which a request must be refused: `with refused("SomeCode", 400) as answer: ...`"""

    def __init__(self, *codes, status=None):
        self.codes = codes
        self.expected_status = status
        self.answer = Refused()

    def __enter__(self):
        return self.answer

    def __exit__(self, kind, error, traceback):
        if kind is None:
            pytest.fail(f"the request was accepted; expected {self.codes}")
        if not isinstance(error, botocore.exceptions.ClientError):
            return False
        self.answer.code = error.response["Error"]["Code"]
        self.answer.message = error.response["Error"]["Message"]
        self.answer.status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        self.answer.reason = error.response.get("Reason")
        found = f"{self.answer.status} {self.answer.code}: {self.answer.message} ({self.answer.reason})"
        assert self.answer.code in self.codes, found
        assert self.expected_status in (None, self.answer.status), found
        assert self.answer.message, found
        return True
