"""Uploads through the API, each with its journal."""

import base64
import hashlib
import threading
import uuid

import snapshots
from kill_loop import contents
from kill_loop.journal import Journal

# Blocks of three leaves, few enough that every upload writes some of them again and again.
INDEXES = (*range(24), *range(500, 524), *range(1024, 1048))


class Upload:
    """A snapshot that is being written. Threads write while it is open; one thread completes it."""

    def __init__(self, region, parent=None):
        self.id = None
        self.region = region
        self.parent = parent
        self.journal = Journal()
        # What CompleteSnapshot is asked, from the moment on at which it may have been asked.
        self.request = None
        self.answered = False
        self.open = False
        self._under_way = 0
        self._changed = threading.Condition()
        self._token = str(uuid.uuid4())

    def start(self, ebs):
        """Starts it, or finds the start that had no answer: the token is the same."""
        parent = {"ParentSnapshotId": self.parent.id} if self.parent else {}
        self.id = ebs.start_snapshot(VolumeSize=1, ClientToken=self._token, **parent)["SnapshotId"]
        self.open = True

    def write(self, ebs, random):
        """Writes a block and gives whether it was acknowledged: not, if the upload is no longer open."""
        with self._changed:
            if not self.open:
                return False
            self._under_way += 1
        try:
            self._put(ebs, random.choice(INDEXES), contents.draw(random))
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
        return True

    def is_writing(self):
        """Whether a block was sent and its answer is awaited."""
        with self._changed:
            return self._under_way > 0

    def complete(self, ebs, random):
        """Asks for completion, once no write is under way, of exactly what was written."""
        with self._changed:
            self.open = False
            self._changed.wait_for(lambda: self._under_way == 0)
        with_checksum = random.random() < 0.5
        for index in self.journal.indexes():
            possible = self.journal.admissible(index)
            # The count must be exact, so that no block may be left of which no write was acknowledged.
            if len(possible) > 1 and (with_checksum or None in possible):
                self._put(ebs, index, contents.draw(random))
        indexes = self.journal.acknowledged_indexes()
        request = {"SnapshotId": self.id, "ChangedBlocksCount": len(indexes)}
        if with_checksum:
            (digests,) = zip(*(self.journal.admissible(index) for index in indexes))
            request["Checksum"] = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()
            request |= {"ChecksumAlgorithm": "SHA256", "ChecksumAggregationMethod": "LINEAR"}
        self.request = request
        self.ask(ebs)

    def ask(self, ebs):
        """Asks for completion, for the first time or again."""
        ebs.complete_snapshot(**self.request)
        self.answered = True

    def after_kill(self):
        """Goes on after the server's death. No thread writes any more."""
        self.journal.cut_off()
        self.open = self.id is not None and self.request is None

    def expected(self):
        """{index: digests that it may have} of the snapshot that this becomes."""
        blocks = {index: {digest} for index, digest in (self.parent.blocks if self.parent else {}).items()}
        return blocks | {index: self.journal.admissible(index) for index in self.journal.indexes()}

    def _put(self, ebs, index, data):
        write = self.journal.sent(index, contents.digest(data))
        snapshots.put(ebs, self.id, index, data)
        self.journal.acknowledged(write)
