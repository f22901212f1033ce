"""Requests signed by botocore and sent byte by byte, for what no client would send by itself."""

import datetime
import hashlib
import http.client
import re
import urllib.parse
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from server_process import HOME

FORM = "application/x-www-form-urlencoded; charset=utf-8"
VERSION = "2016-11-15"


class Answer:
    """What came back."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self.text = self.body.decode("utf-8", "replace")

    @property
    def code(self):
        """The error's code, in whichever of the protocols' forms it came."""
        found = re.search(r"<Code>([^<]*)</Code>", self.text)
        return found.group(1) if found else self.headers.get("x-amzn-errortype", "").split(":")[0]

    @property
    def message(self):
        found = re.search(r'(?:<Message>([^<]*)<|"[Mm]essage" ?: ?"([^"]*)")', self.text)
        return (found.group(1) or found.group(2)) if found else ""


def send(server, method, target, headers, body=b""):
    """Sends exactly this, with only Host and Content-Length added where they are absent."""
    connection = connect(server)
    try:
        connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if not any(name.lower() in ("content-length", "transfer-encoding") for name in headers):
            connection.putheader("Content-Length", str(len(body)))
        try:
            connection.endheaders()
            connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server answered before it had read everything, as it may.
        return Answer(connection.getresponse())
    finally:
        connection.close()


def connect(server):
    address = urllib.parse.urlsplit(server.endpoint)
    return http.client.HTTPConnection(address.hostname, address.port, timeout=60)


def sign(server, method, target, body=b"", headers=None, **scope):
    """Headers that sign this request. `scope`: service, region, access_key_id, secret_access_key, shift_seconds."""
    keys = botocore.credentials.Credentials(
        scope.get("access_key_id", server.access_key_id),
        scope.get("secret_access_key", server.secret_access_key),
    )
    request = botocore.awsrequest.AWSRequest(method, server.endpoint + target, headers or {}, body)
    signer = botocore.auth.SigV4Auth(keys, scope.get("service", "ec2"), scope.get("region", HOME))
    with shifted_clock(scope.get("shift_seconds", 0)):
        signer.add_auth(request)
    return dict(request.headers.items())


def presign(server, parameters, expires=300, shift_seconds=0, **scope):
    """The target of a presigned GET with these query parameters."""
    keys = botocore.credentials.Credentials(server.access_key_id, server.secret_access_key)
    url = f"{server.endpoint}/?{urllib.parse.urlencode(parameters)}"
    request = botocore.awsrequest.AWSRequest("GET", url)
    signer = botocore.auth.SigV4QueryAuth(
        keys, scope.get("service", "ec2"), scope.get("region", HOME), expires=expires
    )
    with shifted_clock(shift_seconds):
        signer.add_auth(request)
    signed = urllib.parse.urlsplit(request.url)
    return f"{signed.path}?{signed.query}"


def shifted_clock(seconds):
    """The signer's clock, set `seconds` ahead (or back, below 0)."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return mock.patch("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: moment(now, remove_tzinfo))


def moment(now, remove_tzinfo):
    return now.replace(tzinfo=None) if remove_tzinfo else now


def query(server, action, parameters=(), version=VERSION, **scope):
    """An EC2 or STS request of exactly these parameters: pairs, or a mapping."""
    pairs = list(parameters.items() if isinstance(parameters, dict) else parameters)
    body = urllib.parse.urlencode([("Action", action), ("Version", version), *pairs]).encode()
    return post_form(server, body, **scope)


def post_form(server, body, **scope):
    """An EC2 or STS request whose body is these bytes."""
    return send(server, "POST", "/", sign(server, "POST", "/", body, {"Content-Type": FORM}, **scope), body)


def rest(server, method, target, body=b"", headers=None, **scope):
    """An EBS direct request."""
    scope.setdefault("service", "ebs")
    return send(server, method, target, sign(server, method, target, body, headers, **scope), body)


def sha256_hex(data):
    return hashlib.sha256(data).hexdigest()
