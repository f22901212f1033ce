"""What a run has done and seen, as figures."""

import threading
from collections import Counter

# Every figure that is counted, in the order in which they are printed.
COUNTED = (
    "rounds",
    "kills",
    "kills at the start",
    "kills with writes under way",
    "kills with an import under way",
    "copies begun again",
    "completions begun again",
    "blocks acknowledged",
    "blocks compared",
    "uploads completed",
    "copies accepted",
    "copies finished",
    "imports finished",
    "import clients killed",
    "imports resumed",
    "snapshots compared",
    "snapshots deleted",
)


class Figures:
    """Counts, times and violations. Many threads may add to them at once."""

    def __init__(self):
        self.violations = []
        self._counts = Counter()
        self._ready_seconds = []
        self._lock = threading.Lock()

    def add(self, name, count=1):
        assert name in COUNTED, name
        with self._lock:
            self._counts[name] += count

    def ready_after(self, seconds):
        with self._lock:
            self._ready_seconds.append(seconds)

    def violated(self, what):
        """Notes that a promise was broken, and says so at once."""
        with self._lock:
            self.violations.append(what)
        print(f"VIOLATION: {what}", flush=True)

    def line(self):
        """Where the run is, in a line."""
        counts = self._counts
        return (
            f"round {counts['rounds']}: {counts['kills']} kills, {counts['blocks acknowledged']} blocks acknowledged, "
            f"{counts['copies finished']} of {counts['copies accepted']} copies finished, "
            f"{counts['snapshots compared']} snapshots compared, {len(self.violations)} violations"
        )

    def print(self, backend, seed, seconds):
        for name in COUNTED:
            print(f"{name:<32} {self._counts[name]:>10}")
        ready = self._ready_seconds
        print(f"{'restart to ready, mean':<32} {1000 * sum(ready) / max(1, len(ready)):>7.0f} ms")
        print(f"{'restart to ready, longest':<32} {1000 * max(ready, default=0):>7.0f} ms")
        print(f"{'took':<32} {seconds:>8.0f} s")
        print(f"{'backend':<32} {backend:>10}")
        print(f"{'seed':<32} {seed:>10}")
        print(f"{'violations':<32} {len(self.violations):>10}", flush=True)
