"""A disk of a few MiB that a test can fill up and make room on again."""

import contextlib
import errno
import os
import subprocess

import pytest


class SmallDisk:
    """A file system of its own below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self):
        """Leaves no byte of space."""
        with open(self._filler, "ab", buffering=0) as filler:
            for step in (1 << 20, 4096, 1):
                with contextlib.suppress(OutOfSpace):
                    while True:
                        write_or_out_of_space(filler, step)

    def make_room(self):
        """Gives back all that `fill` took."""
        self._filler.unlink()


class OutOfSpace(Exception):
    pass


def write_or_out_of_space(file, length):
    try:
        if file.write(bytes(length)) < length:
            raise OutOfSpace
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutOfSpace from error
        raise


@contextlib.contextmanager
def mounted_or_skip(folder, mebibytes):
    """A disk of this size, or the test is skipped where disks cannot be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "ebbstone-test", str(folder)]
    if os.geteuid() != 0:
        pytest.skip("FULL DISK IS NOT TESTED: mounting a small disk needs root")
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"FULL DISK IS NOT TESTED: a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
