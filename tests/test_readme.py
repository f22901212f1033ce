"""The examples of README.md do what it says."""

import os
import pathlib
import re
import subprocess
import sys

from commands import FAILURE, run
from server_process import AWAY, HOME, ServerProcess
from snapshots import block, describe, read, upload
from test_tls import caller

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"


def test_the_certificate_of_the_example_is_one_that_clients_trust(tmp_path):
    (example,) = re.findall(r"^openssl req (?:.*\\\n)*.*$", README.read_text(), re.MULTILINE)
    example = example.replace("192.0.2.10", "127.0.0.1")
    subprocess.run(["sh", "-c", example], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    certificate, key = tmp_path / "tls-certificate.pem", tmp_path / "tls-key.pem"
    options = ["--tls-certificate", str(certificate), "--tls-key", str(key)]
    server = ServerProcess(tmp_path / "data", options=options).start()
    try:
        assert server.endpoint.startswith("https://")
        said = run(server, "whoami", AWS_CA_BUNDLE=str(certificate))
        account = caller(server, verify=str(certificate))
        assert account in said.stdout
        untold = run(server, "whoami", status=FAILURE)
        assert "certificate" in untold.stderr
    finally:
        server.stop()


def test_the_boto3_example_copies_and_reads_back(own_server):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    upload(own_server, {0: block("older")})
    blocks = {index: block(index) for index in (0, 3, 7)}
    newest = upload(own_server, blocks)
    done = subprocess.run(
        [sys.executable, "-c", example],
        env={
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": own_server.access_key_id,
            "AWS_SECRET_ACCESS_KEY": own_server.secret_access_key,
            "AWS_ENDPOINT_URL": own_server.endpoint,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    copy, count = done.stdout.split()
    assert int(count) == len(blocks)
    assert read(own_server, copy, AWAY) == blocks
    assert describe(own_server, copy, AWAY)["Tags"] == [{"Key": "source", "Value": newest}]
    assert describe(own_server, newest, HOME)["State"] == "completed"
