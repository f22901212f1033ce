"""`ebbstone import --resume`, whose server and whose client are killed."""

import json
import subprocess

from kill_loop import contents
from server_process import BINARY, HOME
from snapshots import BLOCK_BYTES

GIB = 1 << 30
BLOCKS = 160
# An import that has no end after so many runs would never have one.
RUNS_MAX = 50
END_SECONDS_MAX = 180


class Import:
    """An import of an image of its own, run again until it succeeds."""

    def __init__(self, server, folder, number, random):
        self.server = server
        self.image = folder / f"image-{number}.raw"
        self.blocks = {}
        self.runs = 0
        self._process = None
        with open(self.image, "wb") as file:
            file.truncate(GIB)
            for index in sorted(random.sample(range(GIB // BLOCK_BYTES), BLOCKS)):
                data = contents.draw(random)
                file.seek(index * BLOCK_BYTES)
                file.write(data)
                # Import leaves out blocks of zeros.
                if any(data):
                    self.blocks[index] = contents.digest(data)

    def run(self):
        """Starts the client, which goes on where one before it was."""
        assert self.runs < RUNS_MAX, f"an import has no end after {self.runs} runs"
        self.runs += 1
        command = [str(BINARY), "import", str(self.image), "--resume", "--no-wait", "--concurrency", "4", "--json"]
        self._process = subprocess.Popen(
            command,
            env=self.server.client_environment(AWS_ENDPOINT_URL=self.server.endpoint, AWS_REGION=HOME),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """Ends the client as a crash does."""
        self._process.kill()

    def end(self):
        """Waits for the client's end; the snapshot's id if it succeeded, else what it said."""
        stdout, stderr = self._process.communicate(timeout=END_SECONDS_MAX)
        status = self._process.returncode
        self._process = None
        if status != 0:
            return None, f"exit status {status}: {stderr[-2000:]}"
        self.image.unlink()
        return json.loads(stdout)["SnapshotId"], None
