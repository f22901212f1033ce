"""The kill loop's own judgement: what is lost, changed or late is noticed."""

import pytest

import snapshots
from kill_loop import contents
from kill_loop.figures import Figures
from kill_loop.journal import UNTOUCHED, Journal
from kill_loop.state import Snapshot, State
from kill_loop.uploads import Upload
from server_process import HOME
from snapshots import block


def acknowledge(journal, index, digest):
    journal.acknowledged(journal.sent(index, digest))


def test_only_the_last_acknowledged_write_may_be_there():
    journal = Journal()
    acknowledge(journal, 3, b"old")
    acknowledge(journal, 3, b"new")
    assert journal.admissible(3) == {b"new"}
    assert journal.admissible(4) == {UNTOUCHED}
    assert journal.acknowledged_indexes() == [3]


def test_a_write_that_a_kill_cut_off_may_be_there_or_not():
    journal = Journal()
    acknowledge(journal, 3, b"old")
    journal.sent(3, b"cut off")
    journal.sent(4, b"cut off")
    journal.cut_off()
    assert journal.admissible(3) == {b"old", b"cut off"}
    assert journal.admissible(4) == {b"cut off", UNTOUCHED}


def test_a_write_that_a_kill_cut_off_does_not_come_back_over_a_later_one():
    journal = Journal()
    journal.sent(3, b"cut off")
    journal.cut_off()
    acknowledge(journal, 3, b"later")
    assert journal.admissible(3) == {b"later"}


def test_of_writes_side_by_side_either_may_be_there():
    journal = Journal()
    first, second = journal.sent(3, b"first"), journal.sent(3, b"second")
    journal.acknowledged(second)
    journal.acknowledged(first)
    assert journal.admissible(3) == {b"first", b"second"}


@pytest.mark.parametrize("expected", [{0: 1, 1: 3}, {0: 1}, {0: 1, 1: 2, 2: 3}])
def test_a_block_that_is_changed_or_lost_or_too_many_is_a_violation(server, expected):
    snapshot_id = snapshots.upload(server, {0: block(1), 1: block(2)})
    figures = Figures()
    blocks = {index: {contents.digest(block(seed))} for index, seed in expected.items()}
    State(server, figures).compare(Snapshot(snapshot_id, HOME, "upload", blocks))
    assert len(figures.violations) == 1, figures.violations


def test_a_snapshot_that_is_as_expected_is_none_and_must_stay_what_it_was(server):
    snapshot_id = snapshots.upload(server, {0: block(1), 1: block(2)})
    figures = Figures()
    first, second, other = (contents.digest(block(seed)) for seed in (1, 2, 9))
    snapshot = Snapshot(snapshot_id, HOME, "upload", {0: {first, other}, 1: {second}, 2: {UNTOUCHED, other}})
    State(server, figures).compare(snapshot)
    assert not figures.violations
    assert snapshot.blocks == {0: first, 1: second}


def test_a_snapshot_that_ends_in_error_or_is_gone_is_a_violation(own_server):
    figures = Figures()
    state = State(own_server, figures)
    ebs = state.ebs[HOME]
    upload = Upload(HOME)
    upload.start(ebs)
    ebs.complete_snapshot(SnapshotId=upload.id, ChangedBlocksCount=1)
    snapshots.failed(own_server, upload.id)
    state.expect(upload.id, HOME, "upload", {})
    state.expect("snap-00000000000000000", HOME, "copy", {})
    state.settle()
    assert len(figures.violations) >= 2, figures.violations
    assert any(upload.id in each for each in figures.violations)
    assert any("snap-00000000000000000" in each for each in figures.violations)
