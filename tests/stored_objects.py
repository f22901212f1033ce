"""The files of a server's store in a folder: found, read as FORMAT.md draws them, damaged and mended by tests."""

import contextlib
import os
import pathlib
import struct

from server_process import HOME

SLOT_HEADER_BYTES = 256
TRAILER_BYTES = 48
BLOCK, LEAF, BRANCH = 1, 2, 3


class Slot:
    """A slot of a segment: its kind and where its header and its sealed bytes lie in the file."""

    def __init__(self, offset, header):
        self.kind = header[5]
        self.header = range(offset, offset + SLOT_HEADER_BYTES)
        self.sealed = range(self.header.stop, self.header.stop + struct.unpack_from("<I", header, 12)[0])


def store_folder(server, region=HOME):
    return server.data_dir / "store" / region


def segments(server, region=HOME):
    """The sealed segments of a region, oldest first."""
    found = [path for path in (store_folder(server, region) / "seg").rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: path.name)


def root_of(server, snapshot_id, region=HOME):
    """The file of a snapshot's root."""
    (found,) = (store_folder(server, region) / "snap").rglob(f"{snapshot_id}-*")
    return found


def slots(segment):
    """The slots that a sealed segment's footer lists, in their order."""
    data = segment.read_bytes()
    footer, count = struct.unpack_from("<II", data, len(data) - TRAILER_BYTES + 32)
    assert data[:4] == b"EBSG" and data[-8:-4] == b"EBSE", segment
    found = []
    for entry in range(footer, footer + count * (8 + SLOT_HEADER_BYTES), 8 + SLOT_HEADER_BYTES):
        (offset,) = struct.unpack_from("<Q", data, entry)
        found.append(Slot(offset, data[entry + 8 : entry + 8 + SLOT_HEADER_BYTES]))
    return found


def slots_of_kind(server, kind, region=HOME):
    """[(segment, slot)] of all slots of a kind in a region."""
    return [(path, slot) for path in segments(server, region) for slot in slots(path) if slot.kind == kind]


def flip(path, offset, mask=1):
    """Changes bits of one byte where it lies."""
    with open(path, "r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def swap(one, other):
    """Gives each of two files the other's content."""
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def contents(folder):
    """{path: bytes} of all files below a folder."""
    folder = pathlib.Path(folder)
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextlib.contextmanager
def unreadable(path):
    """A file that is there and that nobody can open, also not root: as on a disk that does not answer.

    There is no moment at which the name is absent.
    """
    aside, loop = path.parent.parent.parent / f"{path.name}.aside", path.parent.parent.parent / f"{path.name}.loop"
    os.link(path, aside)
    os.symlink(path, loop)
    os.rename(loop, path)
    try:
        yield
    finally:
        os.rename(aside, path)
