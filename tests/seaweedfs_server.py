"""A private S3 server: SeaweedFS, which checks signatures and knows conditional writes."""

import os
import pathlib
import secrets
import socket
import subprocess
import time

import boto3
import botocore.config
import botocore.exceptions
import pytest

BUCKET = "snapshots"
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30
PARTS = ("s3", "filer", "master", "volume")

# The shell ends the server when its standard input ends: then the tests have ended, in whatever way. The sockets
# are put there by the server whatever it is told, and left.
HOLD = '"$0" "$@" & read -r _; kill -9 $!; wait; rm -f $SOCKETS'

IDENTITIES = """{"identities": [{"name": "tests", "actions": ["Admin", "Read", "Write", "List"],
"credentials": [{"accessKey": "%s", "secretKey": "%s"}]}]}"""


class SeaweedfsServer:
    """The server as a process, with one bucket."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.access_key_id = "AKIA" + secrets.token_hex(8).upper()
        self.secret_access_key = secrets.token_urlsafe(30)
        self.log = self.folder / "log"
        self.endpoint = None
        self._shell = None
        self._prefixes = 0

    def start(self):
        (self.folder / "data").mkdir(parents=True)
        identities = self.folder / "identities.json"
        identities.write_text(IDENTITIES % (self.access_key_id, self.secret_access_key))
        ports = free_ports(2 * len(PARTS))
        self.endpoint = f"http://127.0.0.1:{ports[0]}"
        command = ["sh", "-c", HOLD, self.program, "-logtostderr=true", "server"]
        command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", f"-dir={self.folder / 'data'}"]
        sockets = []
        for part, port, port_grpc in zip(PARTS, ports[::2], ports[1::2]):
            command += [f"-{part}.port={port}", f"-{part}.port.grpc={port_grpc}"]
            sockets.append(f"/tmp/seaweedfs-{part}-grpc-{port_grpc}.sock")
        command += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-master.telemetry=false"]
        command += ["-volume.max=32", "-master.volumeSizeLimitMB=128", "-volume.preStopSeconds=0"]
        command += [f"-s3.config={identities}", f"-s3.localSocket={self.folder / 's3.sock'}"]
        command += [f"-filer.localSocket={self.folder / 'filer.sock'}"]
        with open(self.log, "ab") as log:
            self._shell = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "SOCKETS": " ".join(sockets)},
                start_new_session=True,
            )
        self._make_bucket()
        return self

    def options(self, prefix, endpoint=None):
        """What `ebbstone serve` is told to keep its bytes here, below `prefix`; `endpoint` is a way to here."""
        return ["--store", f"s3://{BUCKET}/{prefix}", "--s3-endpoint", endpoint or self.endpoint]

    def new_prefix(self):
        """A prefix below which there is nothing."""
        self._prefixes += 1
        return f"tests/{self._prefixes}"

    def environment(self):
        """The credentials that `ebbstone serve` finds in its environment, and no others."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": None,
        }

    def objects(self, prefix):
        """{name: bytes} of all objects below `prefix`."""
        client = self._client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        names = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return {name: client.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names}

    def stop(self):
        self._shell.stdin.close()
        self._shell.wait(STOP_SECONDS_MAX)

    def _client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=botocore.config.Config(
                s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20
            ),
        )

    def _make_bucket(self):
        """Makes the bucket; trying it is how to know that the server is ready."""
        client = self._client()
        deadline = time.monotonic() + READY_SECONDS_MAX
        while True:
            try:
                client.create_bucket(Bucket=BUCKET)
                return
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
                if "BucketAlready" in str(error):
                    return
                log = self.log.read_text(errors="replace")[-4000:]
                assert time.monotonic() < deadline, f"SeaweedFS is not ready: {error}\n{log}"
                time.sleep(0.2)


def free_ports(count):
    """Ports of the loopback address that are free now, all different."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def start_or_skip(folder):
    """A running server. Without its program the test is skipped; it fails if `EBBSTONE_REQUIRE_S3` is 1."""
    program = os.environ.get("EBBSTONE_SEAWEEDFS", "")
    if not os.path.isfile(program):
        reason = "NO S3 SERVER: EBBSTONE_SEAWEEDFS does not name the SeaweedFS program"
        if os.environ.get("EBBSTONE_REQUIRE_S3") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return SeaweedfsServer(program, folder).start()
