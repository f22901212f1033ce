"""Rounds: load, kill, restart, check; now and then everything is awaited and read."""

import random
import re
import time

from kill_loop.imports import Import
from kill_loop.load import Load, Moment
from kill_loop.state import UPLOADS_OPEN, State
from server_process import HOME

# After so many rounds everything that is pending is awaited.
ROUNDS_TO_SETTLE = 5
BEGUN_AGAIN = re.compile(r"an attempt begins snapshot=(snap-[0-9a-f]+) .*attempt=(?!1\b)\d+")


class Rounds:
    """A deployment of one server that is killed again and again. The server is ready when this is made."""

    def __init__(self, server, folder, figures, seed):
        self.server = server
        self.folder = folder
        self.figures = figures
        self.seed = seed
        self.random = random.Random(seed)
        self.state = State(server, figures)
        self.imports = 0
        self.importing = None
        # What the client of an import that did not succeed has said last.
        self.said = None

    def run(self, count):
        """Runs rounds until there are `count` of them, or a promise is broken."""
        self._prepare()
        for number in range(1, count + 1):
            self._round(number)
            if number % ROUNDS_TO_SETTLE == 0 and not self.figures.violations:
                self.state.settle()
                self.state.delete_old()
                print(self.figures.line(), flush=True)
            if self.figures.violations:
                break
        self._end()

    def _prepare(self):
        """Something to copy, and uploads to write to."""
        self._import()
        self._await_import()
        self.state.settle()
        while len(self.state.uploads) < UPLOADS_OPEN:
            self.state.start_upload(self.random)

    def _round(self, number):
        self.figures.add("rounds")
        if self.importing is None and self.random.random() < 0.35:
            self._import()
        Load(self.state, Moment.draw(self.random), f"{self.seed} {number}").run_until_killed(self._kill)
        if self.random.random() < 0.15:
            self.server.start_and_kill(self.random.uniform(0, 0.2))
            self.figures.add("kills")
            self.figures.add("kills at the start")
        began = time.monotonic()
        self.server.start()
        self.figures.ready_after(time.monotonic() - began)
        self.state.go_on_after_kill()
        while len(self.state.open_uploads()) < UPLOADS_OPEN:
            self.state.start_upload(self.random)
        self._look_after_import()
        self.state.check()
        self.state.compare_some(self.random, 1)

    def _kill(self):
        if any(upload.is_writing() for upload in self.state.uploads):
            self.figures.add("kills with writes under way")
        if self.importing and self.importing.is_running():
            self.figures.add("kills with an import under way")
            if self.random.random() < 0.4:
                self.importing.kill()
                self.figures.add("import clients killed")
        self.server.kill()
        self.figures.add("kills")

    def _import(self):
        self.imports += 1
        self.importing = Import(self.server, self.folder, self.imports, self.random)
        self.importing.run()

    def _look_after_import(self):
        """Runs an import on whose client was killed or gave up while the server was dead."""
        if self.importing and not self.importing.is_running() and not self._take_import():
            self.figures.add("imports resumed")
            self.importing.run()

    def _take_import(self):
        """Whether the import has succeeded; its snapshot is then expected."""
        snapshot_id, self.said = self.importing.end()
        if snapshot_id is None:
            return False
        self.state.expect(snapshot_id, HOME, "import", {i: {d} for i, d in self.importing.blocks.items()})
        self.importing = None
        return True

    def _await_import(self):
        """Sees an import to its end. Nothing is killed any more, so that one more run must do."""
        if self.importing is None or self._take_import():
            return
        self.importing.run()
        if not self._take_import():
            self.figures.violated(f"an import failed at a live server: {self.said}")

    def _end(self):
        """Completes what is open and reads everything once more."""
        if not self.figures.violations:
            self._await_import()
            for upload in self.state.open_uploads():
                if upload.journal.indexes():
                    upload.complete(self.state.ebs[upload.region], self.random)
            self.state.go_on_after_kill()
            self.state.settle()
            self.state.compare_some(self.random, len(self.state.verified))
        self.server.stop()
        log = self.server.log.read_text(errors="replace")
        if "panicked" in log:
            self.figures.violated("the server panicked; its log has where")
        for snapshot_id in BEGUN_AGAIN.findall(log):
            kind = "copies" if self.state.kinds.get(snapshot_id) == "copy" else "completions"
            self.figures.add(f"{kind} begun again")
