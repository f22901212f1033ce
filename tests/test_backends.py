"""Where rows and bytes are kept: each promise holds on PostgreSQL and on S3 as on local files.

SQLite with a local folder is what the other files of this suite run on; here are the other three combinations.
PostgreSQL with S3 may have two nodes for the same regions.
"""

import concurrent.futures
import contextlib
import re
import secrets
import shutil
import signal
import uuid

import pytest

import postgres_server
import seaweedfs_server
import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME, ServerProcess
from snapshots import block, filled
from test_crash import upload_until_killed

TAGS = [{"Key": "k", "Value": "v"}]
COPY_TAGS = [{"ResourceType": "snapshot", "Tags": TAGS}]
# A lease lasts 30 s; then the job is claimed and done.
TAKEN_OVER_SECONDS_MAX = 90


@pytest.fixture(scope="module")
def postgres():
    running = postgres_server.start_or_skip()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def seaweedfs(tmp_path_factory):
    running = seaweedfs_server.start_or_skip(tmp_path_factory.mktemp("seaweedfs"))
    yield running
    running.stop()


@pytest.fixture(params=["sqlite-s3", "postgres-folder", "postgres-s3"])
def server(request, tmp_path):
    """A server of two regions with nothing in it, on one of the combinations."""
    options, environment = place(request, *request.param.split("-"))
    running = ServerProcess(tmp_path / "data", options=options, environment=environment)
    with ended(running):
        yield running.start()


@pytest.fixture
def nodes(request, tmp_path):
    """Two nodes that serve the same two regions, with nothing in them."""
    with two_nodes(request, tmp_path) as both:
        yield both


class Abandoned:
    """Jobs that a node had when it was killed: three copies and the completion of an upload."""

    def __init__(self, first, second):
        self.first, self.second = first, second
        contents = [{index: block(f"{source} {index}") for index in range(32)} for source in range(3)]
        sources = [snapshots.upload(second, blocks) for blocks in contents]
        uploaded = {index: block(800 + index) for index in range(8)}
        ebs = client(first, "ebs")
        upload_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
        snapshots.put_all(ebs, upload_id, uploaded)
        copies = [snapshots.copy(first, source_id, destination=AWAY) for source_id in sources]
        snapshots.complete(ebs, upload_id, uploaded)
        first.kill()
        self.expected = [*((AWAY, *pair) for pair in zip(copies, contents)), (HOME, upload_id, uploaded)]

    def pending(self):
        """The jobs' snapshots that are pending, as the other node sees them."""
        found = ((snapshots.describe(self.second, each, region), each) for region, each, _ in self.expected)
        return {each for description, each in found if description["State"] == "pending"}


@pytest.fixture(scope="module")
def abandoned(request, tmp_path_factory):
    """Jobs of a killed node. While their leases run out other tests run: the first that wants this fixture stands
    early in this file, the one that waits for the leases stands last."""
    with two_nodes(request, tmp_path_factory.mktemp("abandoned")) as both:
        yield Abandoned(*both)


@contextlib.contextmanager
def two_nodes(request, folder):
    options, environment = place(request, "postgres", "s3")
    first = ServerProcess(folder / "a", options=options, environment=environment)
    second = beside(first, folder / "b")
    with ended(first, second):
        first.start()
        take_keys(first, second)
        second.start()
        yield first, second


def place(request, catalog, store):
    """The options and the environment of a server that keeps its rows and its bytes in a new place."""
    options, environment = [], {}
    if catalog == "postgres":
        options += ["--catalog", request.getfixturevalue("postgres").new_database()]
    if store == "s3":
        bucket = request.getfixturevalue("seaweedfs")
        options += bucket.options(bucket.new_prefix())
        environment.update(bucket.environment())
    return options, environment


def beside(first, data_dir):
    """Another node, not started, of the deployment that `first` is a node of. It has no keys yet."""
    node = ServerProcess(data_dir, options=first.options, environment=first.environment)
    node.access_key_id, node.secret_access_key = first.access_key_id, first.secret_access_key
    return node


def key_file(node, region):
    return node.data_dir / "regions" / region / "region.key"


def make_key(node, region):
    """A key of the tests' own, in the place of the one that may be there."""
    key_file(node, region).parent.mkdir(parents=True, exist_ok=True)
    key_file(node, region).touch(mode=0o600)
    key_file(node, region).write_text(secrets.token_hex(32))


def take_keys(source, target, regions=(HOME, AWAY)):
    """What who runs several nodes does before the first start of another: give it the region keys."""
    for region in regions:
        key_file(target, region).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(key_file(source, region), key_file(target, region))


@contextlib.contextmanager
def ended(*servers):
    """A block after which these run no more. One that ended otherwise than by a test's `kill` fails."""
    with contextlib.ExitStack() as stack:
        for each in servers:
            stack.callback(lambda each=each: each.process and each.process.poll() != -signal.SIGKILL and each.stop())
        yield


def changed(server, first, second, region=HOME):
    """The indexes of blocks whose content differs."""
    answer = client(server, "ebs", region).list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second)
    assert "NextToken" not in answer
    return [item["BlockIndex"] for item in answer["ChangedBlocks"]]


def ids(server, region=HOME):
    found = client(server, "ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {snapshot["SnapshotId"] for snapshot in found}


def without(blocks, kept):
    return {index: data for index, data in blocks.items() if index not in kept}


def test_jobs_of_a_killed_node_stay_pending_while_its_lease_runs(abandoned):
    assert abandoned.pending(), "all jobs had ended before the kill"
    for region, snapshot_id, _ in abandoned.expected:
        assert snapshots.describe(abandoned.second, snapshot_id, region)["State"] in ("pending", "completed")


def test_snapshots_are_made_copied_compared_and_deleted(server):
    parent = {0: block(1), 1: filled(0), 511: block(2), 512: block(3), 2047: filled(7)}
    parent_id = snapshots.upload(server, parent, Tags=TAGS)
    own = {1: block(4), 512: filled(0), 600: block(1)}
    child = {**parent, **own}
    child_id = snapshots.upload(server, own, ParentSnapshotId=parent_id)
    assert snapshots.describe(server, parent_id)["Tags"] == TAGS
    assert snapshots.read(server, parent_id) == parent
    assert snapshots.read(server, child_id) == child
    assert changed(server, parent_id, child_id) == sorted(own)

    copies = [
        (region, snapshots.copy(server, source_id, destination=region, TagSpecifications=COPY_TAGS), blocks)
        for region in (HOME, AWAY)
        for source_id, blocks in ((parent_id, parent), (child_id, child))
    ]
    for region, copy_id, blocks in copies:
        assert snapshots.completed(server, copy_id, region)["Tags"] == TAGS
        assert snapshots.read(server, copy_id, region) == blocks
    assert changed(server, copies[2][1], copies[3][1], AWAY) == sorted(own)

    ec2 = client(server, "ec2")
    ec2.delete_snapshot(SnapshotId=parent_id)
    ec2.delete_snapshot(SnapshotId=copies[0][1])
    with refused("InvalidSnapshot.NotFound", status=400):
        snapshots.describe(server, parent_id)
    with refused("ResourceNotFoundException", status=404):
        client(server, "ebs").list_snapshot_blocks(SnapshotId=parent_id)
    assert ids(server) == {child_id, copies[1][1]}
    assert snapshots.read(server, child_id) == child
    for region, copy_id, blocks in copies[1:]:
        assert snapshots.read(server, copy_id, region) == blocks


def test_a_block_that_is_not_what_its_checksum_says_is_refused(server):
    ebs = client(server, "ebs")
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    with refused("InvalidSignatureException", status=403):
        snapshots.put(ebs, snapshot_id, 0, block(5), checksum=snapshots.digest(block(6)))
    snapshots.put(ebs, snapshot_id, 0, block(6))
    snapshots.complete(ebs, snapshot_id, {0: block(5)})
    assert snapshots.failed(server, snapshot_id) == "Checksum mismatch for snapshot"


def test_everything_is_there_after_an_orderly_restart(server):
    blocks = {index: block(20 + index) for index in range(12)}
    source_id = snapshots.upload(server, blocks)
    copy_id = snapshots.copy(server, source_id, destination=AWAY)
    snapshots.completed(server, copy_id, AWAY)
    open_id = client(server, "ebs").start_snapshot(VolumeSize=1, ParentSnapshotId=source_id)["SnapshotId"]
    snapshots.put(client(server, "ebs"), open_id, 3, block(40))
    before = snapshots.describe(server, source_id)
    server.stop()
    server.start()
    assert snapshots.describe(server, source_id) == before
    assert snapshots.read(server, source_id) == blocks
    assert snapshots.read(server, copy_id, AWAY) == blocks
    ebs = client(server, "ebs")
    snapshots.put(ebs, open_id, 4, block(41))
    snapshots.complete(ebs, open_id, {3: block(40), 4: block(41)})
    snapshots.completed(server, open_id)
    assert snapshots.read(server, open_id) == {**blocks, 3: block(40), 4: block(41)}


def test_every_acknowledged_block_survives_kill_after_kill(server):
    blocks = {index * 9: block(100 + index) for index in range(40)}
    snapshot_id = client(server, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    kept = set()
    for kill_after in (1, 9):
        kept |= upload_until_killed(server, snapshot_id, without(blocks, kept), kill_after)
        server.start()
    ebs = client(server, "ebs")
    snapshots.put_all(ebs, snapshot_id, without(blocks, kept))
    snapshots.complete(ebs, snapshot_id, blocks)
    server.kill()
    server.start()
    snapshots.completed(server, snapshot_id)
    assert snapshots.read(server, snapshot_id) == blocks


def test_the_last_acknowledged_write_of_an_index_wins_after_kills(server):
    snapshot_id = client(server, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    for version in range(4):
        snapshots.put(client(server, "ebs"), snapshot_id, 0, block(200 + version))
        server.kill()
        server.start()
    snapshots.complete(client(server, "ebs"), snapshot_id, {0: block(203)})
    snapshots.completed(server, snapshot_id)
    assert snapshots.read(server, snapshot_id) == {0: block(203)}


def test_copies_that_were_answered_are_finished_after_a_kill(server):
    blocks = {index: block(300 + index) for index in range(24)}
    source_id = snapshots.upload(server, blocks)
    copies = [
        (region, snapshots.copy(server, source_id, destination=region, TagSpecifications=COPY_TAGS))
        for region in (AWAY, HOME, AWAY, HOME)
    ]
    server.kill()
    server.start()
    for region, copy_id in copies:
        assert snapshots.completed(server, copy_id, region)["Tags"] == TAGS
        assert snapshots.read(server, copy_id, region) == blocks


def test_what_one_node_makes_the_other_sees_and_reads(nodes):
    first, second = nodes
    blocks = {index: block(400 + index) for index in range(8)}
    source_id = snapshots.upload(first, blocks, Tags=TAGS)
    assert snapshots.describe(second, source_id) == snapshots.describe(first, source_id)
    assert snapshots.describe(second, source_id)["Tags"] == TAGS
    assert snapshots.read(second, source_id) == blocks
    child_id = snapshots.upload(second, {1: block(410)}, ParentSnapshotId=source_id)
    assert snapshots.read(first, child_id) == {**blocks, 1: block(410)}
    assert changed(first, source_id, child_id) == changed(second, source_id, child_id) == [1]
    for maker, reader, region in ((first, second, HOME), (second, first, HOME), (first, second, AWAY)):
        copy_id = snapshots.copy(maker, child_id, destination=region)
        snapshots.completed(reader, copy_id, region)
        assert snapshots.read(reader, copy_id, region) == {**blocks, 1: block(410)}


def test_tokens_of_one_node_are_good_at_the_other(nodes):
    first, second = (client(node, "ebs") for node in nodes)
    blocks = {index: filled(index % 5) for index in range(120)}
    token = str(uuid.uuid4())
    snapshot_id = first.start_snapshot(VolumeSize=1, ClientToken=token)["SnapshotId"]
    assert second.start_snapshot(VolumeSize=1, ClientToken=token)["SnapshotId"] == snapshot_id
    snapshots.put_all(first, snapshot_id, blocks)
    snapshots.complete(first, snapshot_id, blocks)
    snapshots.completed(nodes[1], snapshot_id)
    page = first.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100)
    rest = second.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100, NextToken=page["NextToken"])
    listed = {item["BlockIndex"]: item["BlockToken"] for item in page["Blocks"] + rest["Blocks"]}
    assert sorted(listed) == sorted(blocks)
    for index in (0, 1, 119):
        assert snapshots.get(second, snapshot_id, index, listed[index]) == blocks[index]


def test_what_one_node_deletes_is_gone_at_the_other(nodes):
    first, second = nodes
    blocks = {0: block(430), 1: block(431)}
    gone, kept = (snapshots.upload(first, blocks) for _ in range(2))
    assert snapshots.read(second, gone) == blocks
    ebs = client(second, "ebs")
    token = snapshots.tokens(ebs, gone)[0]
    client(first, "ec2").delete_snapshot(SnapshotId=gone)
    with refused("InvalidSnapshot.NotFound", status=400):
        snapshots.describe(second, gone)
    with refused("ResourceNotFoundException", status=404):
        ebs.get_snapshot_block(SnapshotId=gone, BlockIndex=0, BlockToken=token)
    assert snapshots.read(second, kept) == blocks


@pytest.mark.parametrize("completer", [0, 1])
def test_an_upload_is_written_through_both_nodes_and_completed_through_either(nodes, completer):
    first, second = (client(node, "ebs") for node in nodes)
    blocks = {index * 5: block(500 + index) for index in range(24)}
    snapshot_id = first.start_snapshot(VolumeSize=1)["SnapshotId"]
    halves = [dict(list(blocks.items())[start::2]) for start in (0, 1)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        writes = [pool.submit(snapshots.put_all, ebs, snapshot_id, half) for ebs, half in zip((first, second), halves)]
        for done in writes:
            done.result()
    snapshots.complete((first, second)[completer], snapshot_id, blocks)
    for ebs in (first, second):
        with refused("ConflictException", "ValidationException") as late:
            snapshots.put(ebs, snapshot_id, 1, block(499))
        assert late.status in (400, 409)
    for node in nodes:
        snapshots.completed(node, snapshot_id)
        assert snapshots.read(node, snapshot_id) == blocks


def test_an_upload_goes_on_at_the_other_node_when_one_is_killed(nodes):
    first, second = nodes
    blocks = {index: block(600 + index) for index in range(40)}
    snapshot_id = client(first, "ebs").start_snapshot(VolumeSize=1)["SnapshotId"]
    kept = upload_until_killed(first, snapshot_id, blocks, 12)
    ebs = client(second, "ebs")
    snapshots.put_all(ebs, snapshot_id, without(blocks, kept))
    snapshots.complete(ebs, snapshot_id, blocks)
    snapshots.completed(second, snapshot_id)
    assert snapshots.read(second, snapshot_id) == blocks
    first.start()
    assert snapshots.read(first, snapshot_id) == blocks


def test_the_last_acknowledged_write_of_an_index_wins_whichever_node_took_it(nodes):
    clients = [client(node, "ebs") for node in nodes]
    snapshot_id = clients[0].start_snapshot(VolumeSize=1)["SnapshotId"]
    turns = {0: (0, 1), 1: (1, 0), 2: (0, 1, 0), 3: (1, 0, 1), 4: (0, 0, 1), 5: (1, 1, 0)}
    last = {}
    for index, of_nodes in turns.items():
        for turn, node in enumerate(of_nodes):
            last[index] = filled(1 + turn)
            snapshots.put(clients[node], snapshot_id, index, last[index])
    snapshots.complete(clients[1], snapshot_id, last)
    snapshots.completed(nodes[0], snapshot_id)
    assert snapshots.read(nodes[0], snapshot_id) == last


def test_copies_asked_for_at_both_nodes_at_once_are_all_made(nodes):
    blocks = {index: block(700 + index) for index in range(8)}
    source_id = snapshots.upload(nodes[0], blocks)
    asked = [(nodes[number % 2], (HOME, AWAY)[number // 2 % 2]) for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda each: snapshots.copy(each[0], source_id, destination=each[1]), asked))
    assert len(set(made)) == len(asked)
    for (node, region), copy_id in zip(asked, made):
        other = nodes[1] if node is nodes[0] else nodes[0]
        snapshots.completed(other, copy_id, region)
        assert snapshots.read(other, copy_id, region) == blocks


def test_nodes_that_start_at_once_for_the_first_time_agree(request, tmp_path):
    options, environment = place(request, "postgres", "s3")
    first = ServerProcess(tmp_path / "a", options=options, environment=environment)
    second = beside(first, tmp_path / "b")
    for region in (HOME, AWAY):
        make_key(first, region)
    take_keys(first, second)
    with ended(first, second):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(ServerProcess.start, (first, second)))
        snapshot_id = snapshots.upload(first, {0: block(900)})
        assert snapshots.read(second, snapshot_id) == {0: block(900)}
        copy_id = snapshots.copy(second, snapshot_id, destination=AWAY)
        snapshots.completed(first, copy_id, AWAY)
        assert snapshots.read(first, copy_id, AWAY) == {0: block(900)}


def test_a_node_with_another_region_key_refuses_to_start(nodes, tmp_path):
    for region in (HOME, AWAY):
        third = beside(nodes[0], tmp_path / f"wrong-{region}")
        take_keys(nodes[0], third)
        make_key(third, region)
        assert f"the store of region {region} was made with another region key" in third.refuses_to_start()


def test_a_node_without_a_region_key_refuses_to_start(nodes, tmp_path):
    first, _ = nodes
    third = beside(first, tmp_path / "none")
    take_keys(first, third, [HOME])
    assert f"the store of region {AWAY} needs its region key" in third.refuses_to_start()
    assert not key_file(third, AWAY).exists(), "no key is made beside the old store"


def test_a_bucket_that_refuses_the_credentials_is_not_served(seaweedfs, tmp_path):
    environment = {**seaweedfs.environment(), "AWS_SECRET_ACCESS_KEY": "another"}
    node = ServerProcess(tmp_path / "data", options=seaweedfs.options(seaweedfs.new_prefix()), environment=environment)
    log = node.refuses_to_start()
    assert "cannot use the bucket" in log and seaweedfs.secret_access_key not in log


def test_nothing_readable_is_in_the_bucket(seaweedfs, tmp_path):
    prefix = seaweedfs.new_prefix()
    node = ServerProcess(tmp_path / "data", options=seaweedfs.options(prefix), environment=seaweedfs.environment())
    marked = (b"plain text of a block " * 40_000)[: snapshots.BLOCK_BYTES]
    with ended(node):
        node.start()
        snapshot_id = snapshots.upload(node, {0: marked}, Description="a description")
        copy_id = snapshots.copy(node, snapshot_id, destination=AWAY)
        snapshots.completed(node, copy_id, AWAY)
    for region in (HOME, AWAY):
        stored = seaweedfs.objects(f"{prefix}/{region}/")
        assert stored, f"{region} keeps nothing in the bucket"
        for name, data in stored.items():
            assert b"plain text" not in data and b"a description" not in data, name


def test_jobs_of_a_killed_node_are_finished_by_the_other_once_its_lease_ends(abandoned):
    """WAITS FOR A LEASE: 30 s and more after the kill, of which the tests between have taken most."""
    first, second = abandoned.first, abandoned.second
    for region, snapshot_id, blocks in abandoned.expected:
        snapshots.completed(second, snapshot_id, region, TAKEN_OVER_SECONDS_MAX)
        assert snapshots.read(second, snapshot_id, region) == blocks
    log = second.log.read_text()
    assert re.search(r"an attempt begins .*attempt=2\b", log), "the killed node had claimed no job"
    assert "an attempt failed" not in log, log[-4000:]
    first.start()
    for region, snapshot_id, blocks in abandoned.expected:
        assert snapshots.read(first, snapshot_id, region) == blocks
