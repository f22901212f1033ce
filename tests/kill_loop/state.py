"""What clients were told of snapshots, and holding the server's answers against it."""

import concurrent.futures
import threading
from dataclasses import dataclass

import snapshots
from aws_clients import client
from kill_loop import contents
from kill_loop.uploads import Upload
from server_process import AWAY, HOME, wait_for

REGIONS = (HOME, AWAY)
READERS = 8
UPLOADS_OPEN = 3
PENDING_SECONDS_MAX = 180
# Completed snapshots that are kept in a region; older ones are deleted.
KEPT = 12
# The newest of them, of which a copy has most to move.
RECENT = 3
COPY_OF = "copy of "
FINISHED = {"copy": "copies finished", "upload": "uploads completed", "import": "imports finished"}
TAGS = [{"Key": "made-by", "Value": "kill-loop"}]


@dataclass(eq=False)
class Snapshot:
    """A snapshot with the blocks it has: {index: digest} once it was read, {index: possible digests} before."""

    id: str
    region: str
    kind: str
    blocks: dict


class State:
    """All uploads and snapshots, as clients know them. Threads of the load change it side by side."""

    def __init__(self, server, figures):
        self.figures = figures
        self.ec2 = {region: client(server, "ec2", region) for region in REGIONS}
        self.ebs = {region: client(server, "ebs", region) for region in REGIONS}
        self.uploads = []
        self.pending = {}
        self.verified = {}
        # {id: kind} of all that were ever expected.
        self.kinds = {}
        self._deleted = set()
        self._lock = threading.Lock()
        self._readers = concurrent.futures.ThreadPoolExecutor(READERS)

    def open_uploads(self):
        with self._lock:
            return [upload for upload in self.uploads if upload.open]

    def start_upload(self, random):
        """Starts an upload, half of the time on top of a snapshot."""
        region = random.choice([HOME, HOME, AWAY])
        parents = [each for each in self._known() if each.region == region and random.random() < 0.5]
        upload = Upload(region, random.choice(parents) if parents else None)
        with self._lock:
            self.uploads.append(upload)
        upload.start(self.ebs[region])

    def copy(self, random):
        """Copies a snapshot, a recent one half of the time: of those less is at the destination already."""
        sources = self._known()
        source = random.choice(sources[-RECENT:] if random.random() < 0.5 else sources)
        region = random.choice(REGIONS)
        answer = self.ec2[region].copy_snapshot(
            SourceRegion=source.region,
            SourceSnapshotId=source.id,
            Description=COPY_OF + source.id,
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": TAGS}],
        )
        self.expect(answer["SnapshotId"], region, "copy", possible(source.blocks))

    def expect(self, snapshot_id, region, kind, blocks):
        """Notes a snapshot that must come to completion with these blocks."""
        with self._lock:
            self.pending[snapshot_id] = Snapshot(snapshot_id, region, kind, blocks)
            self.kinds[snapshot_id] = kind
        if kind == "copy":
            self.figures.add("copies accepted")

    def go_on_after_kill(self):
        """Repeats what had no answer, as clients do, and takes note of copies whose answer was lost."""
        for upload in list(self.uploads):
            upload.after_kill()
            if upload.id is None:
                upload.start(self.ebs[upload.region])
            if upload.request is not None:
                upload.ask(self.ebs[upload.region])
                self.uploads.remove(upload)
                self.expect(upload.id, upload.region, "upload", upload.expected())
        sources = {each.id: each for each in self._known()}
        known = {*self.pending, *sources, *(upload.id for upload in self.uploads)}
        for region in REGIONS:
            for snapshot_id, found in self._described(region).items():
                source = sources.get(found["Description"].removeprefix(COPY_OF))
                if snapshot_id not in known and source:
                    self.expect(snapshot_id, region, "copy", possible(source.blocks))

    def check(self):
        """Reads every snapshot that has completed since, and holds states against what is known."""
        for region in REGIONS:
            described = self._described(region)
            for snapshot in [each for each in self.pending.values() if each.region == region]:
                self._check_pending(snapshot, described.get(snapshot.id))
            for snapshot in [each for each in self._known() if each.region == region]:
                if described.get(snapshot.id, {}).get("State") != "completed":
                    self.figures.violated(f"{snapshot.id} was completed, and is {described.get(snapshot.id)}")
            for back in self._deleted & set(described):
                self.figures.violated(f"{back} was deleted, and is there again")

    def settle(self):
        """Waits until nothing is pending but open uploads, and checks everything."""

        def settled():
            pending = set(self.pending)
            states = [self._described(region) for region in REGIONS]
            return not any(
                found["State"] == "pending" for each in states for i, found in each.items() if i in pending
            )

        try:
            wait_for(settled, PENDING_SECONDS_MAX, "an end of everything pending")
        except AssertionError as error:
            self.figures.violated(str(error))
        self.check()

    def compare(self, snapshot):
        """Reads a snapshot that is completed and compares every block. What it turned out to be, it must stay."""
        ebs = self.ebs[snapshot.region]
        try:
            tokens = snapshots.tokens(ebs, snapshot.id)
            read = self._readers.map(lambda item: snapshots.get(ebs, snapshot.id, *item), tokens.items())
            found = {index: contents.digest(data) for index, data in zip(tokens, read)}
        except AssertionError as error:
            return self.figures.violated(f"{snapshot.kind} {snapshot.id} cannot be read: {error}")
        expected = possible(snapshot.blocks)
        wrong = [i for i in {*expected, *found} if found.get(i) not in expected.get(i, {None})]
        for index in sorted(wrong)[:5]:
            allowed = sorted(digest.hex()[:8] if digest else "absent" for digest in expected.get(index, {None}))
            what = found[index].hex()[:8] if index in found else "absent"
            self.figures.violated(f"{snapshot.kind} {snapshot.id} block {index} is {what}, not one of {allowed}")
        snapshot.blocks = found
        self.figures.add("blocks compared", len({*expected, *found}))
        self.figures.add("snapshots compared")

    def compare_some(self, random, count):
        """Reads some of the snapshots that were read before, once more."""
        known = self._known()
        for snapshot in random.sample(known, min(count, len(known))):
            self.compare(snapshot)

    def delete_old(self):
        """Deletes the oldest completed snapshots beyond those that are kept."""
        for region in REGIONS:
            for snapshot in [each for each in self._known() if each.region == region][:-KEPT]:
                self.ec2[region].delete_snapshot(SnapshotId=snapshot.id)
                del self.verified[snapshot.id]
                self._deleted.add(snapshot.id)
                self.figures.add("snapshots deleted")

    def _check_pending(self, snapshot, described):
        state = (described or {}).get("State")
        if state not in ("pending", "completed"):
            self.figures.violated(f"{snapshot.kind} {snapshot.id} did not come to completion: {described}")
        if snapshot.kind == "copy" and described and described.get("Tags") != TAGS:
            self.figures.violated(f"copy {snapshot.id} has the tags {described.get('Tags')}")
        if state == "completed":
            self.compare(snapshot)
            self.figures.add(FINISHED[snapshot.kind])
        if state != "pending":
            with self._lock:
                del self.pending[snapshot.id]
                if state == "completed":
                    self.verified[snapshot.id] = snapshot

    def _known(self):
        """Snapshots that have been read whole, oldest first."""
        with self._lock:
            return list(self.verified.values())

    def _described(self, region):
        found = self.ec2[region].describe_snapshots(OwnerIds=["self"])["Snapshots"]
        return {each["SnapshotId"]: each for each in found}


def possible(blocks):
    """{index: digests that it may have} of blocks that are known, or are such already."""
    return {index: each if isinstance(each, set) else {each} for index, each in blocks.items()}
