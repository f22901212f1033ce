"""CreateTags, DeleteTags and DescribeTags on snapshots."""

import uuid

import pytest

import snapshots
from aws_clients import refused

ABSENT = "snap-0fedcba9876543210"


@pytest.fixture
def pair(server):
    """Two snapshots without tags."""
    return [snapshots.upload(server, {}) for _ in range(2)]


def listed(*tags):
    return [{"Key": key, "Value": value} for key, value in tags]


def tags_of(ec2, snapshot_id):
    answer = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [snapshot_id]}])
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def test_tags_are_added_and_replaced_on_every_resource(server, ec2, pair):
    ec2.create_tags(Resources=pair, Tags=listed(("a", "1"), ("b", "")))
    ec2.create_tags(Resources=pair[:1], Tags=listed(("a", "2"), ("c", "3")))
    assert tags_of(ec2, pair[0]) == {"a": "2", "b": "", "c": "3"}
    assert tags_of(ec2, pair[1]) == {"a": "1", "b": ""}
    described = snapshots.describe(server, pair[0])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in described} == tags_of(ec2, pair[0])


def test_one_absent_resource_leaves_all_untagged(ec2, pair):
    with refused("InvalidSnapshot.NotFound", status=400):
        ec2.create_tags(Resources=[pair[0], ABSENT], Tags=listed(("a", "1")))
    assert tags_of(ec2, pair[0]) == {}


@pytest.mark.parametrize("resource", ["bogus", "", "snap-xyz"])
def test_a_malformed_resource_is_refused(ec2, pair, resource):
    with refused("InvalidID", "InvalidSnapshotID.Malformed", "InvalidParameterValue", status=400):
        ec2.create_tags(Resources=[pair[0], resource], Tags=listed(("a", "1")))
    assert tags_of(ec2, pair[0]) == {}


@pytest.mark.parametrize("key", ["", "aws:x", "Aws:x", "k" * 128])
def test_a_key_outside_the_rules_is_refused(ec2, pair, key):
    with refused("InvalidParameterValue", "InvalidTagKey.Malformed", status=400):
        ec2.create_tags(Resources=pair, Tags=listed((key, "v")))
    assert tags_of(ec2, pair[0]) == {}


def test_a_resource_has_at_most_fifty_tags(ec2, pair):
    ec2.create_tags(Resources=pair[:1], Tags=listed(*((f"k{number}", "") for number in range(50))))
    ec2.create_tags(Resources=pair[:1], Tags=listed(("k7", "again")))
    with refused("TagLimitExceeded", status=400):
        ec2.create_tags(Resources=[pair[1], pair[0]], Tags=listed(("one more", "")))
    assert len(tags_of(ec2, pair[0])) == 50
    assert tags_of(ec2, pair[1]) == {}


def test_delete_by_key_by_value_and_everything(ec2, pair):
    ec2.create_tags(Resources=pair, Tags=listed(("a", "1"), ("b", "2"), ("c", ""), ("d", "4"), ("e", "5")))
    ec2.delete_tags(Resources=pair[:1], Tags=[{"Key": "a"}])
    ec2.delete_tags(Resources=pair[:1], Tags=listed(("b", "other"), ("d", "4")))
    ec2.delete_tags(Resources=pair[:1], Tags=listed(("c", ""), ("e", "")))
    assert tags_of(ec2, pair[0]) == {"b": "2", "e": "5"}
    ec2.delete_tags(Resources=pair[:1])
    assert tags_of(ec2, pair[0]) == {}
    assert len(tags_of(ec2, pair[1])) == 5


def test_deleting_absent_tags_succeeds(ec2, pair):
    ec2.delete_tags(Resources=pair, Tags=[{"Key": "never"}])
    with refused("InvalidSnapshot.NotFound", status=400):
        ec2.delete_tags(Resources=[ABSENT], Tags=[{"Key": "never"}])


def test_describe_filters(ec2, pair):
    mark = str(uuid.uuid4())
    ec2.create_tags(Resources=pair, Tags=listed((mark, "x"), ("other", mark)))

    def found(name, *values):
        tags = ec2.describe_tags(Filters=[{"Name": name, "Values": list(values)}])["Tags"]
        return sorted((tag["ResourceId"], tag["Key"], tag["Value"]) for tag in tags)

    by_key = sorted((snapshot_id, mark, "x") for snapshot_id in pair)
    by_value = sorted((snapshot_id, "other", mark) for snapshot_id in pair)
    assert found("key", mark) == by_key
    assert found("key", mark[:-1] + "?") == by_key
    assert found("value", mark) == by_value
    assert found(f"tag:{mark}", "x") == by_key
    assert found(f"tag:{mark}", "y") == []
    assert set(by_key) <= set(found("resource-type", "snapshot"))
    assert found("resource-type", "volume") == []
    assert found("resource-id", pair[0]) == sorted([(pair[0], mark, "x"), (pair[0], "other", mark)])


def test_describe_names_the_resource_type(ec2, pair):
    ec2.create_tags(Resources=pair, Tags=listed(("a", "1")))
    answer = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": pair}])["Tags"]
    assert {tag["ResourceType"] for tag in answer} == {"snapshot"}


def test_an_unknown_filter_is_refused(ec2):
    with refused("InvalidParameterValue", status=400) as answer:
        ec2.describe_tags(Filters=[{"Name": "colour", "Values": ["red"]}])
    assert answer.message == "The filter 'colour' is invalid"


def test_pages_join_without_gap_or_repeat(ec2, pair):
    keys = [f"ключ {number:02}" for number in range(12)]
    ec2.create_tags(Resources=pair, Tags=listed(*((key, "") for key in keys)))
    found, token = [], {}
    while True:
        answer = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": pair}], MaxResults=5, **token)
        assert len(answer["Tags"]) <= 5
        found += [(tag["ResourceId"], tag["Key"]) for tag in answer["Tags"]]
        if not answer.get("NextToken"):
            break
        token = {"NextToken": answer["NextToken"]}
    assert sorted(found) == sorted((snapshot_id, key) for snapshot_id in pair for key in keys)


def test_dry_run_changes_nothing(ec2, pair):
    with refused("DryRunOperation", status=412):
        ec2.create_tags(Resources=pair, Tags=listed(("a", "1")), DryRun=True)
    with refused("DryRunOperation", status=412):
        ec2.delete_tags(Resources=pair, DryRun=True)
    with refused("DryRunOperation", status=412):
        ec2.describe_tags(DryRun=True)
    assert tags_of(ec2, pair[0]) == {}


def test_tags_of_a_deleted_snapshot_are_gone(ec2, pair):
    ec2.create_tags(Resources=pair, Tags=listed(("a", "1")))
    ec2.delete_snapshot(SnapshotId=pair[0])
    assert tags_of(ec2, pair[0]) == {}
