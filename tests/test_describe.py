"""DescribeSnapshots: which snapshots it shows, filtered and page by page."""

import datetime
import uuid

import pytest

import snapshots
from aws_clients import client, refused
from describe_bench.rows import SqliteRows
from server_process import HOME, ServerProcess
from snapshots import filled

VALUE = "InvalidParameterValue"
ABSENT = "snap-0fedcba9876543210"


@pytest.fixture(scope="module")
def family(server):
    """A mark and the ids of seven completed snapshots that carry it as the tag `family`."""
    mark = str(uuid.uuid4())
    ids = [
        snapshots.upload(
            server,
            {},
            VolumeSize=1 + number,
            Description=f"{mark} number {number}",
            Tags=[{"Key": "family", "Value": mark}, {"Key": "number", "Value": str(number)}],
        )
        for number in range(7)
    ]
    return mark, ids


def found(ec2, **parameters):
    return [item["SnapshotId"] for item in ec2.describe_snapshots(**parameters)["Snapshots"]]


def where(**filters):
    """Filters by name, in which `_` stands for `-` and `__` for `:`."""
    named = {name.replace("__", ":").replace("_", "-"): values for name, values in filters.items()}
    return [{"Name": name, "Values": [values] if isinstance(values, str) else values} for name, values in named.items()]


def test_snapshots_are_found_by_id(ec2, family):
    _, ids = family
    assert sorted(found(ec2, SnapshotIds=ids[:3])) == sorted(ids[:3])


def test_everything_of_the_account_is_found_without_parameters(ec2, family):
    assert set(family[1]) <= set(found(ec2))


def test_another_region_has_other_snapshots(ec2_away, family):
    mark, _ = family
    assert found(ec2_away, Filters=where(tag__family=mark)) == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"tag__number": "3"}, [3]),
        ({"tag__number": ["2", "5"]}, [2, 5]),
        ({"tag__number": "?"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"tag__number": "\\?"}, []),
        ({"tag__NUMBER": "3"}, []),
        ({"tag_key": "number"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"tag_key": "num*"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"tag_key": "absent"}, []),
        ({"volume_size": "4"}, [3]),
        ({"volume_size": ["1", "2", "99"]}, [0, 1]),
        ({"description": "* number 6"}, [6]),
        ({"description": "number 6"}, []),
        ({"status": "completed"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"status": ["pending", "error"]}, []),
        ({"encrypted": "false"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"encrypted": "true"}, []),
        ({"progress": "100%"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"storage_tier": "standard"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"storage_tier": "archive"}, []),
        ({"transfer_type": "time-based"}, []),
        ({"tag__number": "1", "volume_size": "2"}, [1]),
        ({"tag__number": "1", "volume_size": "3"}, []),
    ],
)
def test_filters_are_and_their_values_or(ec2, family, filters, expected):
    mark, ids = family
    answer = found(ec2, Filters=where(tag__family=mark, **filters))
    assert sorted(answer) == sorted(ids[number] for number in expected)


def test_filters_by_owner_id_and_time(ec2, family, account):
    mark, ids = family
    day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-")
    answer = found(ec2, Filters=where(tag__family=mark, owner_id=account, snapshot_id=ids, start_time=day + "*"))
    assert sorted(answer) == sorted(ids)
    assert found(ec2, Filters=where(tag__family=mark, start_time="1999-*")) == []


def test_copies_are_filtered_by_their_volume_and_transfer(server, family):
    copy_id = snapshots.copy(server, family[1][0], CompletionDurationMinutes=15)
    snapshots.completed(server, copy_id)
    ec2 = client(server, "ec2")
    for filters in (where(volume_id="vol-ffffffff"), where(transfer_type="time-based")):
        assert found(ec2, Filters=[*filters, *where(snapshot_id=copy_id)]) == [copy_id]


def test_failed_snapshots_are_found_by_status(server, ec2):
    copy_id = snapshots.copy(server, ABSENT)
    snapshots.failed(server, copy_id)
    assert copy_id in found(ec2, Filters=where(status="error"))


def test_an_unknown_filter_is_refused(ec2):
    with refused(VALUE, status=400) as answer:
        ec2.describe_snapshots(Filters=where(colour="red"))
    assert answer.message == "The filter 'colour' is invalid"


def test_a_filter_name_in_other_case_is_unknown(ec2):
    with refused(VALUE, status=400):
        ec2.describe_snapshots(Filters=[{"Name": "Status", "Values": ["completed"]}])


def test_too_many_filters_are_refused(ec2):
    with refused("FilterLimitExceeded", status=400):
        ec2.describe_snapshots(Filters=[{"Name": f"tag:{number}", "Values": ["x"]} for number in range(51)])
    with refused("FilterLimitExceeded", status=400):
        ec2.describe_snapshots(Filters=where(status=[str(number) for number in range(201)]))


def test_a_wildcard_bomb_is_answered_soon(ec2, family):
    mark, _ = family
    pattern = "*a" * 100
    assert found(ec2, Filters=where(tag__family=mark, description=[pattern] * 50)) == []


def pages(ec2, **parameters):
    token = {}
    while True:
        answer = ec2.describe_snapshots(**parameters, **token)
        yield [item["SnapshotId"] for item in answer["Snapshots"]]
        if "NextToken" not in answer:
            return
        token = {"NextToken": answer["NextToken"]}


def test_pages_join_without_gap_or_repeat(ec2, family):
    mark, ids = family
    answer = list(pages(ec2, Filters=where(tag__family=mark), MaxResults=5))
    assert len(answer) > 1
    assert all(len(page) <= 5 for page in answer)
    assert sorted(sum(answer, [])) == sorted(ids)


def test_new_snapshots_do_not_disturb_the_pages_that_follow(server, ec2, family):
    mark, ids = family
    walk = pages(ec2, Filters=where(tag__family=mark), MaxResults=5)
    first = next(walk)
    added = snapshots.upload(server, {}, Tags=[{"Key": "family", "Value": mark}])
    rest = sum(walk, [])
    ec2.delete_snapshot(SnapshotId=added)
    assert sorted(first + [snapshot_id for snapshot_id in rest if snapshot_id != added]) == sorted(ids)


def test_a_call_whose_filter_matches_rarely_looks_at_ten_thousand_snapshots(tmp_path):
    server = ServerProcess(tmp_path / "data").start()
    newest = snapshots.upload(server, {})
    server.stop()
    SqliteRows(server.data_dir, HOME).fill(12_000, newest)
    server.start()
    ec2 = client(server, "ec2")
    everything = sum(pages(ec2, MaxResults=1000), [])
    assert len(everything) == len(set(everything)) == 12_001
    for place, lengths in {0: [1, 0], 9_999: [1, 0], 10_000: [0, 1], 12_000: [0, 1]}.items():
        walk = list(pages(ec2, Filters=where(snapshot_id=everything[place]), MaxResults=5))
        assert [len(page) for page in walk] == lengths, place
        assert sum(walk, []) == [everything[place]]
    server.stop()


def test_more_than_a_thousand_results_are_clamped(ec2, family):
    mark, ids = family
    assert sorted(found(ec2, Filters=where(tag__family=mark), MaxResults=5000)) == sorted(ids)


@pytest.mark.parametrize("results", [4, 1, 0, -1])
def test_fewer_than_five_results_are_refused(ec2, results):
    with refused(VALUE, status=400):
        ec2.describe_snapshots(MaxResults=results)


def test_ids_and_pages_exclude_each_other(ec2, family):
    with refused("InvalidParameterCombination", status=400):
        ec2.describe_snapshots(SnapshotIds=family[1][:1], MaxResults=5)


def test_a_token_is_of_use_only_with_the_filters_it_was_given_for(ec2, family):
    mark, _ = family
    token = ec2.describe_snapshots(Filters=where(tag__family=mark), MaxResults=5)["NextToken"]
    for parameters in ({"Filters": where(tag__family="other")}, {}):
        with refused(VALUE, "InvalidNextToken", "InvalidPaginationToken", status=400):
            ec2.describe_snapshots(MaxResults=5, NextToken=token, **parameters)


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "A" * 5000, "=" * 64])
def test_a_made_up_token_is_refused(ec2, token):
    with refused(VALUE, "InvalidNextToken", "InvalidPaginationToken", status=400):
        ec2.describe_snapshots(MaxResults=5, NextToken=token)


def test_owners(ec2, family, account):
    mark, ids = family
    mine = {"Filters": where(tag__family=mark)}
    for owners in (["self"], [account], ["amazon", "self"], ["000000000001", account]):
        assert sorted(found(ec2, OwnerIds=owners, **mine)) == sorted(ids), owners
    for owners in (["amazon"], ["000000000001"]):
        assert found(ec2, OwnerIds=owners, **mine) == [], owners


def test_restorable_by(ec2, family, account):
    mark, ids = family
    mine = {"Filters": where(tag__family=mark)}
    for users in (["self"], [account]):
        assert sorted(found(ec2, RestorableByUserIds=users, **mine)) == sorted(ids), users
    for users in (["all"], ["000000000001"]):
        assert found(ec2, RestorableByUserIds=users, **mine) == [], users


@pytest.mark.parametrize("parameter", ["OwnerIds", "RestorableByUserIds"])
@pytest.mark.parametrize("user", ["nobody", "12345678901", "1234567890123", ""])
def test_a_malformed_user_is_refused(ec2, parameter, user):
    with refused("InvalidUserID.Malformed", VALUE, status=400):
        ec2.describe_snapshots(**{parameter: [user]})


def test_an_absent_id_is_not_found(ec2, family):
    with refused("InvalidSnapshot.NotFound", status=400) as answer:
        ec2.describe_snapshots(SnapshotIds=[family[1][0], ABSENT])
    assert answer.message == f"The snapshot '{ABSENT}' does not exist."


@pytest.mark.parametrize("snapshot_id", ["snap-zz", "snap-", "snap-0FEDCBA9876543210", "bogus", "vol-12345678"])
def test_a_malformed_id_is_refused(ec2, snapshot_id):
    with refused("InvalidSnapshotID.Malformed", VALUE, status=400):
        ec2.describe_snapshots(SnapshotIds=[snapshot_id])


def test_dry_run(ec2):
    with refused("DryRunOperation", status=412):
        ec2.describe_snapshots(DryRun=True)


def test_a_deleted_snapshot_is_gone(server, ec2):
    snapshot_id = snapshots.upload(server, {0: filled(1)})
    ec2.delete_snapshot(SnapshotId=snapshot_id)
    assert snapshot_id not in found(ec2, OwnerIds=["self"])
    with refused("InvalidSnapshot.NotFound"):
        ec2.delete_snapshot(SnapshotId=snapshot_id)


def test_delete_refuses_what_is_not_there(ec2, family):
    with refused("InvalidSnapshot.NotFound", status=400):
        ec2.delete_snapshot(SnapshotId=ABSENT)
    with refused("InvalidSnapshotID.Malformed", VALUE, status=400):
        ec2.delete_snapshot(SnapshotId="bogus")
    with refused("DryRunOperation", status=412):
        ec2.delete_snapshot(SnapshotId=family[1][0], DryRun=True)
    assert found(ec2, SnapshotIds=family[1][:1]) == family[1][:1]


def test_the_waiter_sees_completion(server, ec2, family):
    copy_id = snapshots.copy(server, family[1][1])
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[copy_id], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert snapshots.describe(server, copy_id)["State"] == "completed"
