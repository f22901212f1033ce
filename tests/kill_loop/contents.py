"""Blocks of every kind that a store treats in its own way."""

import hashlib

from snapshots import BLOCK_BYTES

# Contents that come again and again, so that blocks are shared between snapshots.
REPEATED = 24
KINDS = {"incompressible": 40, "compressible": 40, "repeated": 15, "zeros": 5}


def draw(random):
    """A block, almost always with new content."""
    kind = random.choices(list(KINDS), KINDS.values())[0]
    if kind == "incompressible":
        return random.randbytes(BLOCK_BYTES)
    if kind == "compressible":
        return random.randbytes(16 << 10).ljust(BLOCK_BYTES, b"\x5a")
    if kind == "repeated":
        return f"repeated {random.randrange(REPEATED)} ".encode().ljust(BLOCK_BYTES, b"\x01")
    return bytes(BLOCK_BYTES)


def digest(data):
    return hashlib.sha256(data).digest()
