"""The load of a round: threads that write, complete and copy until the server is killed."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

import botocore.exceptions

ERRORS = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)
WRITERS = 6
COPIES_OF_A_ROUND = 3
# An upload is completed once so many of its blocks are acknowledged.
BLOCKS_TO_COMPLETE = 40
# Longest time from the last of these events to the kill. Jobs are short: later none would be under way.
PAUSE_SECONDS_MAX = {"acknowledged": 0.15, "copied": 0.06, "completed": 0.04}
# Longest that the load may go without what a round waits for.
EVENT_SECONDS_MAX = 120


@dataclass
class Moment:
    """When the server is killed: so long after so many events of a kind."""

    event: str
    count: int
    pause: float

    @classmethod
    def draw(cls, random):
        event = random.choice(list(PAUSE_SECONDS_MAX))
        most = {"acknowledged": 120, "copied": COPIES_OF_A_ROUND, "completed": 1}[event]
        return cls(event, random.randint(1, most), random.uniform(0, PAUSE_SECONDS_MAX[event]))


class Load:
    """Threads that go on until they are cut off. What they are told is entered into `state` as it comes."""

    def __init__(self, state, moment, seed):
        self.state = state
        self.moment = moment
        self._dead = threading.Event()
        self._counts = Counter()
        self._changed = threading.Condition()
        self._random = random.Random(seed)
        work = [self._write] * WRITERS + [self._copy]
        if moment.event == "completed" or self._random.random() < 0.4:
            work.append(self._complete)
        self._threads = [
            threading.Thread(target=self._go, args=(each, random.Random(f"{seed} {number}")), daemon=True)
            for number, each in enumerate(work)
        ]

    def run_until_killed(self, kill):
        """Runs, calls `kill` at the moment, and returns when every thread has noticed."""
        for thread in self._threads:
            thread.start()
        self._await_moment()
        self._dead.set()
        kill()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(EVENT_SECONDS_MAX)
            if thread.is_alive():
                self.state.figures.violated("a client waits for an answer of a dead server")

    def _await_moment(self):
        def come():
            return self._counts[self.moment.event] >= self.moment.count or self.state.figures.violations

        with self._changed:
            if not self._changed.wait_for(come, EVENT_SECONDS_MAX):
                self.state.figures.violated(f"the server does not get as far as {self.moment}")
        # A kill right at an answer would always find the server in the same place.
        time.sleep(self.moment.pause)

    def _go(self, work, random):
        try:
            work(random)
        except ERRORS as error:
            if not self._dead.is_set():
                self.state.figures.violated(f"a live server failed: {error!r}")

    def _happened(self, event):
        with self._changed:
            self._counts[event] += 1
            self._changed.notify_all()

    def _write(self, random):
        while not self._dead.is_set():
            upload = random.choice(self.state.open_uploads())
            if upload.write(self.state.ebs[upload.region], random):
                self.state.figures.add("blocks acknowledged")
                self._happened("acknowledged")

    def _copy(self, random):
        for _ in range(COPIES_OF_A_ROUND):
            if self._dead.is_set():
                return
            self.state.copy(random)
            self._happened("copied")

    def _complete(self, random):
        with self._changed:
            self._changed.wait_for(lambda: self._dead.is_set() or self._largest(), EVENT_SECONDS_MAX)
        upload = self._largest()
        if self._dead.is_set() or upload is None:
            return
        # The next one comes first, so that writers always have one.
        self.state.start_upload(random)
        upload.complete(self.state.ebs[upload.region], random)
        self._happened("completed")

    def _largest(self):
        sizes = [(len(upload.journal.acknowledged_indexes()), upload) for upload in self.state.open_uploads()]
        size, upload = max(sizes, key=lambda pair: pair[0])
        return upload if size >= BLOCKS_TO_COMPLETE else None
