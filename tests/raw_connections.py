"""Connections to which bytes are written as they are, and from which answers are read one by one."""

import http.client
import socket
import urllib.parse

import signed_requests
import snapshots

SECONDS_MAX = 120


class RawConnection:
    """One connection to the server under test."""

    def __init__(self, server, receive_bytes=None):
        address = urllib.parse.urlsplit(server.endpoint)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(SECONDS_MAX)
        self.socket.connect((address.hostname, address.port))
        self.reader = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()

    def send(self, data):
        """Sends all of it. A server that has closed already may not take it; what it answered is still to be read."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def answer(self):
        """The next answer, or None if the server closed in good order instead."""
        if not self.reader.peek(1):
            return None
        response = http.client.HTTPResponse(Reused(self.reader))
        response.begin()
        return signed_requests.Answer(response)

    def interim(self):
        """The status of an answer without a body that another one follows."""
        status = int(self.reader.readline().split()[1])
        while self.reader.readline() not in (b"\r\n", b""):
            pass
        return status

    def rest(self):
        """Everything until the server closes. A reset is an error."""
        return self.reader.read()

    def length_until_cut(self):
        """How much more comes before the connection ends, in whatever way."""
        length = 0
        try:
            while data := self.reader.read1(65_536):
                length += len(data)
        except ConnectionResetError:
            pass
        return length


class Reused:
    """Lets one reader serve many answers: each is given the reader instead of a socket, and does not close it."""

    def __init__(self, reader):
        self.reader = reader

    def makefile(self, *_):
        return self

    def readline(self, *limit):
        return self.reader.readline(*limit)

    def read(self, *size):
        return self.reader.read(*size)

    def readinto(self, buffer):
        return self.reader.readinto(buffer)

    def flush(self):
        pass

    def close(self):
        pass


def head(method, target, headers, version="HTTP/1.1"):
    """The bytes of a request's head."""
    lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def host(server):
    return urllib.parse.urlsplit(server.endpoint).netloc


def signed_head(server, method, target, body=b"", headers=None, version="HTTP/1.1", **scope):
    """The bytes of the head of a signed request, with the length of `body` unless `headers` frame it otherwise."""
    headers = {"Host": host(server), **(headers or {})}
    signed = signed_requests.sign(server, method, target, body, headers, **scope)
    if not {"content-length", "transfer-encoding"} & {name.lower() for name in signed}:
        signed["Content-Length"] = str(len(body))
    return head(method, target, signed, version)


def block_head(server, snapshot_id, index, data, **headers):
    """The head of a PutSnapshotBlock of `data` whose payload is not signed, as SDKs send it."""
    named = {
        "x-amz-Data-Length": str(snapshots.BLOCK_BYTES),
        "x-amz-Checksum": snapshots.digest(data),
        "x-amz-Checksum-Algorithm": "SHA256",
        "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return signed_head(server, "PUT", f"/snapshots/{snapshot_id}/blocks/{index}", data, named, service="ebs")
