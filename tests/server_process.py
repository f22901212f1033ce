"""The server under test: the release binary as a process, started, killed and stopped by tests."""

import os
import pathlib
import secrets
import signal
import subprocess
import threading
import time

BINARY = pathlib.Path(
    os.environ.get(
        "EBBSTONE_BIN",
        pathlib.Path(__file__).resolve().parent.parent / "target" / "release" / "ebbstone",
    )
)
HOME = "us-east-1"
AWAY = "us-west-2"
READY_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30


class ServerProcess:
    """`ebbstone serve` over one data folder. Starting it again after a kill serves the same data."""

    def __init__(self, data_dir, regions=(HOME, AWAY), options=(), environment=None, listen="127.0.0.1:0"):
        """`options` are more of the command's; `environment` is laid over ours, and None takes a variable away."""
        self.data_dir = pathlib.Path(data_dir)
        self.regions = tuple(regions)
        self.options = list(options)
        self.environment = dict(environment or {})
        self.access_key_id = "AKIA" + secrets.token_hex(8).upper()
        self.secret_access_key = secrets.token_urlsafe(30)
        self.listen = listen
        self.metrics_listen = "127.0.0.1:0"
        self.endpoint = None
        self.process = None
        self.log = self.data_dir.parent / (self.data_dir.name + ".log")

    def start(self):
        self._spawn()
        self.endpoint = self._wait_until_ready()
        return self

    def start_and_kill(self, seconds):
        """Starts the process and kills it after so long, ready or not. One that ends by itself before fails."""
        self._spawn()
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return
        raise AssertionError(f"exit status {status} at the start; the log ends:\n{self.log.read_text()[-4000:]}")

    def refuses_to_start(self):
        """Starts the process, checks that it ends by itself, with a failure and without serving; what it logged."""
        self._spawn()
        try:
            stdout, _ = self.process.communicate(timeout=READY_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server serves, or does not end") from None
        log = self.log.read_text(errors="replace")
        assert self.process.returncode == 1, f"exit status {self.process.returncode}:\n{log[-4000:]}"
        assert "ready" not in stdout and "panicked" not in log, f"{stdout}\n{log[-4000:]}"
        return log

    def client_environment(self, **variables):
        """The environment of a client program: ours without what it says of AWS, with the root keys and `variables`."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        keys = {"AWS_ACCESS_KEY_ID": self.access_key_id, "AWS_SECRET_ACCESS_KEY": self.secret_access_key}
        return {**ours, **keys, **variables}

    def memory_bytes(self, name):
        """What the system says of the process's memory: VmRSS for what is resident, VmHWM for the most that ever was."""
        with open(f"/proc/{self.process.pid}/status") as status:
            line = next(line for line in status if line.startswith(name + ":"))
        return int(line.split()[1]) * 1024

    def _spawn(self):
        command = [str(BINARY), "serve", "--data-dir", str(self.data_dir)]
        command += ["--listen", self.listen, "--metrics-listen", self.metrics_listen, *self.options]
        for region in self.regions:
            command += ["--region", region]
        environment = {**os.environ, **self.environment}
        environment["EBBSTONE_ROOT_ACCESS_KEY_ID"] = self.access_key_id
        environment["EBBSTONE_ROOT_SECRET_ACCESS_KEY"] = self.secret_access_key
        environment = {name: value for name, value in environment.items() if value is not None}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                text=True,
            )

    def kill(self):
        """Ends the process as a crash does: with no chance to do anything."""
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)

    def stop(self):
        """Asks the process to end, and checks that it does so in order and never panicked."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {STOP_SECONDS_MAX} s of SIGTERM") from None
        log = self.log.read_text(errors="replace")
        assert "panicked" not in log, log[-4000:]
        assert status == 0, f"exit status {status}; the log ends:\n{log[-4000:]}"

    def _wait_until_ready(self):
        lines = []
        ready = threading.Event()

        def read():
            for line in self.process.stdout:
                if not ready.is_set():
                    lines.append(line)
                if line.startswith("ready "):
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        ready.wait(READY_SECONDS_MAX)
        for line in lines:
            if line.startswith("ready "):
                return line.split()[1]
        self.kill()
        log = self.log.read_text(errors="replace")
        raise AssertionError(f"no ready line within {READY_SECONDS_MAX} s; stdout {lines!r}; log:\n{log[-4000:]}")


def wait_for(condition, seconds_max=60, what="the condition"):
    """The first true value of `condition`, asked again and again until the deadline."""
    deadline = time.monotonic() + seconds_max
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds_max} s"
        time.sleep(0.02)
