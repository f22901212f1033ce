"""Increments over a parent: what is made equals its source, or is not made, whichever parent was named."""

import json

import pytest

from aws_clients import client
from commands import NOT_FOUND, NOBODY, USAGE, data, document, file_digest, image, rewrite, run
from server_process import AWAY, HOME
from snapshots import BLOCK_BYTES, describe, read, upload

FIRST = {0: data("a"), 1: data("b"), 7: data("c")}
CHANGES = {1: data("d"), 9: data("e")}
SECOND = {**FIRST, **CHANGES}
RECORD = "ebbstone:pulled"


def snapshots(server, region):
    """The ids of all snapshots in a region, in whichever state."""
    found = client(server, "ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {snapshot["SnapshotId"] for snapshot in found}


@pytest.fixture
def lineage(server):
    """A snapshot and a later one of its lineage, at home."""
    first = upload(server, FIRST)
    return first, upload(server, CHANGES, ParentSnapshotId=first)


def pull(server, snapshot, *options, **settings):
    return document(server, "pull", snapshot, "--from-region", HOME, *options, region=AWAY, **settings)


def test_a_pull_over_its_own_earlier_pull_reads_only_what_changed(server, lineage):
    first, second = lineage
    parent = pull(server, first)["SnapshotId"]
    assert describe(server, parent, AWAY)["Tags"] == [{"Key": RECORD, "Value": f"{first}={parent}"}]
    report = pull(server, second, "--parent", parent, "--from-parent", first)
    assert (report["BlocksRead"], report["BlocksWritten"], report["ParentBlocksCompared"]) == (2, 2, 0)
    assert read(server, report["SnapshotId"], AWAY) == SECOND


def test_a_parent_without_a_record_is_compared_block_by_block(server, lineage):
    first, second = lineage
    # A block of zeros is as good as none.
    parent = upload(server, {**FIRST, 30: bytes(BLOCK_BYTES)}, region=AWAY)
    parents = ["--parent", parent, "--from-parent", first]
    pulled = run(server, "pull", second, "--from-region", HOME, *parents, "--json", region=AWAY)
    assert "all blocks of both are read and compared" in json.loads(pulled.stderr)["Note"]
    report = json.loads(pulled.stdout)
    assert (report["BlocksRead"], report["ParentBlocksCompared"]) == (2, 4)
    restored = read(server, report["SnapshotId"], AWAY)
    assert restored == {**SECOND, 30: bytes(BLOCK_BYTES)}


@pytest.mark.parametrize(
    "wrong",
    [{0: data("other"), 1: data("b"), 7: data("c")}, {0: data("a"), 1: data("b")}, {**FIRST, 8: data("more")}],
    ids=["another-block", "a-block-less", "a-block-more"],
)
@pytest.mark.parametrize("record", ["none", "of-another", "of-the-source"])
def test_a_pull_over_another_parent_is_refused_and_leaves_nothing(server, lineage, wrong, record):
    first, second = lineage
    parent = upload(server, wrong, region=AWAY)
    # A record that came along with the tags of another snapshot proves nothing.
    claims = {"none": None, "of-another": f"{second}={parent}", "of-the-source": f"{first}={NOBODY}"}[record]
    if claims:
        tags = [{"Key": RECORD, "Value": claims}]
        client(server, "ec2", AWAY).create_tags(Resources=[parent], Tags=tags)
    before = snapshots(server, AWAY)
    parents = ["--parent", parent, "--from-parent", first]
    answer = run(server, "pull", second, "--from-region", HOME, *parents, region=AWAY, status=USAGE)
    assert f"{parent} does not have the content of {first}" in answer.stderr
    assert snapshots(server, AWAY) == before


def test_a_parent_is_taken_at_the_users_word_only_on_demand(server, lineage):
    first, second = lineage
    parent = upload(server, {0: data("other")}, region=AWAY)
    parents = ["--parent", parent, "--from-parent", first, "--trust-parent"]
    report = pull(server, second, *parents)
    assert report["ParentBlocksCompared"] == 0
    assert read(server, report["SnapshotId"], AWAY) == {0: data("other"), **CHANGES}
    tags = describe(server, report["SnapshotId"], AWAY).get("Tags", [])
    assert tags == [], "what was not proven is no proof for the next pull"
    run(server, "pull", second, "--from-region", HOME, "--trust-parent", region=AWAY, status=USAGE)


def test_a_parent_that_is_not_there_is_named(server, lineage):
    first, second = lineage
    parents = ["--parent", NOBODY, "--from-parent", first]
    run(server, "pull", second, "--from-region", HOME, *parents, region=AWAY, status=NOT_FOUND)


OLD = {0: data("old", 3), 40 * BLOCK_BYTES: data("forty")}


@pytest.mark.parametrize(
    "change",
    [{BLOCK_BYTES: b"another"}, {9 * BLOCK_BYTES: b"more"}, {40 * BLOCK_BYTES: bytes(BLOCK_BYTES)}],
    ids=["another-block", "a-block-more", "a-block-less"],
)
def test_an_import_over_another_parent_file_is_refused_and_leaves_nothing(server, tmp_path, change):
    parent = document(server, "import", image(tmp_path / "old.raw", OLD))["SnapshotId"]
    wrong = image(tmp_path / "wrong.raw", OLD)
    rewrite(wrong, change)
    new = image(tmp_path / "new.raw", OLD)
    rewrite(new, change)
    before = snapshots(server, HOME)
    answer = run(server, "import", new, "--parent", parent, "--parent-file", wrong, status=USAGE)
    assert f"{wrong} is not the image of {parent}" in answer.stderr
    assert snapshots(server, HOME) == before
    # Without the file the parent itself is compared with.
    child = document(server, "import", new, "--parent", parent)
    run(server, "export", child["SnapshotId"], tmp_path / "restored.raw")
    assert file_digest(tmp_path / "restored.raw") == file_digest(new)


def test_a_parent_file_may_lack_what_the_parent_has_as_zeros(server, tmp_path):
    old = upload(server, {0: data("old"), 5: bytes(BLOCK_BYTES)})
    file = image(tmp_path / "old.raw", {0: data("old")})
    new = image(tmp_path / "new.raw", {0: data("old"), 3 * BLOCK_BYTES: data("three")})
    report = document(server, "import", new, "--parent", old, "--parent-file", file)
    assert report["BlocksWritten"] == 1
    run(server, "export", report["SnapshotId"], tmp_path / "restored.raw")
    assert file_digest(tmp_path / "restored.raw") == file_digest(new)
