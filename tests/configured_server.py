"""Servers that a configuration file tells what to do."""

import contextlib

from server_process import ServerProcess


@contextlib.contextmanager
def configured(folder, text):
    """A server of two regions with nothing in it, under a configuration file of this text."""
    file = folder / "ebbstone.toml"
    file.write_text(text)
    running = ServerProcess(folder / "data", options=["--config", str(file)])
    try:
        yield running.start()
    finally:
        if running.process.poll() is None:
            running.stop()
