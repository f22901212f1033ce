"""The examples of README.md do what it says."""

import os
import pathlib
import re
import subprocess
import sys

from server_process import AWAY, HOME
from snapshots import block, describe, read, upload

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"


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
