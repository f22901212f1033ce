"""The journal of an upload: which contents each block may have, after what its client was told."""

import itertools
import threading
from dataclasses import dataclass

# In the place of a digest: the block is what it was before the upload.
UNTOUCHED = None


@dataclass
class Write:
    """A block that was sent. `began` and `ended` are positions in the order of events of its journal."""

    index: int
    digest: bytes
    began: int
    ended: int | None = None
    acknowledged: bool = False

    def __str__(self):
        fate = "acknowledged" if self.acknowledged else "not acknowledged"
        return f"{self.digest.hex()[:8]} from {self.began} to {self.ended}, {fate}"


class Journal:
    """Every write of one upload. Many threads may write to it at once."""

    def __init__(self):
        self._events = itertools.count()
        self._lock = threading.Lock()
        self._writes = {}

    def sent(self, index, digest):
        """Notes that a write begins, before it is sent."""
        with self._lock:
            write = Write(index, digest, next(self._events))
            self._writes.setdefault(index, []).append(write)
            return write

    def acknowledged(self, write):
        """Notes that a write was answered as durable."""
        with self._lock:
            write.acknowledged = True
            write.ended = next(self._events)

    def cut_off(self):
        """Notes that the server is dead: what has no answer now will not be written later."""
        with self._lock:
            for write in itertools.chain.from_iterable(self._writes.values()):
                if write.ended is None:
                    write.ended = next(self._events)

    def admissible(self, index):
        """The digests that the block may have: of each write, unless one that began after its end was acknowledged."""
        with self._lock:
            writes = self._writes.get(index, [])
            answered = [write for write in writes if write.acknowledged]
            allowed = {
                write.digest
                for write in writes
                if write.ended is None or not any(later.began > write.ended for later in answered)
            }
            return allowed if answered else allowed | {UNTOUCHED}

    def acknowledged_indexes(self):
        """The blocks of which at least one write was acknowledged."""
        with self._lock:
            return sorted(i for i, writes in self._writes.items() if any(write.acknowledged for write in writes))

    def indexes(self):
        """The blocks that were ever sent."""
        with self._lock:
            return sorted(self._writes)

    def history(self, index):
        """What happened to a block, for people."""
        with self._lock:
            return "; ".join(map(str, self._writes.get(index, []))) or "never sent"
