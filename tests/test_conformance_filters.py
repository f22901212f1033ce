"""Filters and pages of the Describe calls: wildcards, every name, what combines, and where tokens are good."""

import uuid

import pytest

import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME
from signed_requests import query

VALUE = "InvalidParameterValue"
WORDS = ["a*b", "a?b", "a\\b", "axb", "aXb", ""]


def named(name, *values):
    return [{"Name": name, "Values": list(values)}]


@pytest.fixture(scope="module")
def words(server):
    """A tag key and snapshots that have each of WORDS as its value, by word."""
    key = f"word:{uuid.uuid4()}"
    return key, {word: snapshots.upload(server, {}, Tags=[{"Key": key, "Value": word}]) for word in WORDS}


def found_words(ec2, words, *patterns):
    key, ids = words
    answer = ec2.describe_snapshots(Filters=named(f"tag:{key}", *patterns))["Snapshots"]
    found = {item["SnapshotId"] for item in answer}
    return {word for word in WORDS if ids[word] in found}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["a*b"], {"a*b", "a?b", "a\\b", "axb", "aXb"}),
        (["a?b"], {"a*b", "a?b", "a\\b", "axb", "aXb"}),
        (["a\\*b"], {"a*b"}),
        (["a\\?b"], {"a?b"}),
        (["a\\\\b"], {"a\\b"}),
        (["a\\xb"], {"axb"}),
        (["axb"], {"axb"}),
        (["AXB"], set()),
        (["*"], set(WORDS)),
        ([""], {""}),
        (["?"], set()),
        (["*x*", "a\\*b"], {"axb", "a*b"}),
        ([], set()),
    ],
    ids=repr,
)
def test_wildcards_and_escapes(ec2, words, patterns, expected):
    assert found_words(ec2, words, *patterns) == expected


def test_describe_tags_takes_the_same_patterns(ec2, words):
    key, ids = words
    for patterns, expected in [(["a\\*b"], ["a*b"]), (["a?b"], ["a*b", "a?b", "a\\b", "axb", "aXb"]), ([], [])]:
        tags = ec2.describe_tags(Filters=named(f"tag:{key}", *patterns))["Tags"]
        assert sorted(tag["Value"] for tag in tags) == sorted(expected), patterns
    assert {tag["ResourceId"] for tag in ec2.describe_tags(Filters=named("key", key))["Tags"]} == set(ids.values())


@pytest.mark.parametrize(
    ("name", "values", "is_found"),
    [
        ("tag-value", ["a\\?b"], True),
        ("tag-value", ["A\\?B"], False),
        ("tag-key", ["word:*"], True),
        ("encrypted", ["False"], False),
        ("encrypted", ["*"], True),
        ("status", ["Completed"], False),
        ("progress", ["100"], False),
        ("progress", ["1*%"], True),
        ("volume-size", ["?"], True),
        ("volume-id", ["vol-*"], True),
        ("volume-id", ["vol-0123456789abcdef0"], False),
        ("owner-alias", ["*"], False),
        ("owner-id", ["000000000001"], False),
        ("transfer-type", ["standard"], True),
        ("start-time", ["*Z"], True),
        ("description", [""], True),
    ],
)
def test_each_filter_of_snapshots(ec2, words, name, values, is_found):
    key, ids = words
    answer = ec2.describe_snapshots(Filters=[*named(f"tag:{key}", "a\\?b"), *named(name, *values)])["Snapshots"]
    assert [item["SnapshotId"] for item in answer] == ([ids["a?b"]] if is_found else [])


def test_a_filter_on_the_start_time_takes_what_is_shown(ec2, words):
    key, ids = words
    shown = ec2.describe_snapshots(SnapshotIds=[ids["axb"]])["Snapshots"][0]["StartTime"]
    moment = shown.strftime("%Y-%m-%dT%H:%M:%S.") + f"{shown.microsecond // 1000:03}Z"
    answer = ec2.describe_snapshots(Filters=[*named("start-time", moment), *named(f"tag:{key}", "axb")])["Snapshots"]
    assert [item["SnapshotId"] for item in answer] == [ids["axb"]]


def test_filters_of_one_name_must_all_match(ec2, words):
    key, ids = words
    filters = named(f"tag:{key}", "axb", "aXb")
    answer = ec2.describe_snapshots(Filters=[*filters, *named(f"tag:{key}", "aXb", "a*b")])["Snapshots"]
    assert {item["SnapshotId"] for item in answer} == {ids["axb"], ids["aXb"]}
    answer = ec2.describe_snapshots(Filters=[*filters, *named(f"tag:{key}", "a\\*b")])["Snapshots"]
    assert answer == []


def test_ids_owners_and_filters_must_all_let_a_snapshot_through(ec2, words, account):
    key, ids = words
    chosen = [ids["axb"], ids["aXb"], ids["axb"]]
    every = {"SnapshotIds": chosen, "OwnerIds": [account], "RestorableByUserIds": ["self"]}
    answer = ec2.describe_snapshots(**every, Filters=named(f"tag:{key}", "axb"))["Snapshots"]
    assert [item["SnapshotId"] for item in answer] == [ids["axb"]]
    for narrowed in ({"OwnerIds": ["amazon"]}, {"RestorableByUserIds": ["all"]}, {"Filters": named("status", "error")}):
        assert ec2.describe_snapshots(**{**every, **narrowed})["Snapshots"] == [], narrowed


def test_as_many_filters_and_values_as_documented_are_taken(ec2, words):
    key, ids = words
    values = ["axb", *(f"no {number}" for number in range(199))]
    answer = ec2.describe_snapshots(Filters=named(f"tag:{key}", *values) * 50)["Snapshots"]
    assert [item["SnapshotId"] for item in answer] == [ids["axb"]]


DESCRIBES = ["describe_snapshots", "describe_tags", "describe_regions", "describe_availability_zones"]


@pytest.mark.parametrize("action", DESCRIBES)
def test_names_of_filters_are_judged_before_anything_is_looked_up(ec2, action):
    for name in ("colour", "Key", "tags:x", "", "tag:"):
        with refused(VALUE, status=400) as answer:
            getattr(ec2, action)(Filters=named(name, "x"), DryRun=True)
        assert answer.message == f"The filter '{name}' is invalid"


@pytest.mark.parametrize("action", DESCRIBES)
def test_a_filter_without_a_name_is_the_filter_null(server, action):
    for parameters in ({"Filter": ""}, {"Filter.1.Value.1": "x"}):
        answer = query(server, action.title().replace("_", ""), parameters)
        assert (answer.status, answer.code) == (400, VALUE)
        assert answer.message == "The filter 'null' is invalid"


@pytest.mark.parametrize("action", DESCRIBES)
def test_values_of_filters_have_at_most_255_characters(ec2, action):
    name = {"describe_snapshots": "description", "describe_tags": "value"}.get(action, "region-name")
    getattr(ec2, action)(Filters=named(name, "я" * 255))
    with refused("FilterLimitExceeded", status=400) as answer:
        getattr(ec2, action)(Filters=named(name, "x", "я" * 256), DryRun=True)
    assert answer.message == "The maximum length for a filter value is 255 characters"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("region-name", "us-*", {HOME, AWAY}),
        ("region-name", "US-*", set()),
        ("opt-in-status", "opt-in-not-required", {HOME, AWAY}),
        ("opt-in-status", "opted-in", set()),
        ("endpoint", "*", {HOME, AWAY}),
        ("endpoint", "ec2.mars.amazonaws.com", set()),
    ],
)
def test_each_filter_of_regions(ec2, name, value, expected):
    assert {region["RegionName"] for region in ec2.describe_regions(Filters=named(name, value))["Regions"]} == expected


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("zone-name", f"{HOME}b", 1),
        ("zone-id", "*-az1", 1),
        ("state", "available", 3),
        ("state", "impaired", 0),
        ("zone-type", "availability-zone", 3),
        ("zone-type", "local-zone", 0),
        ("opt-in-status", "opt-in-not-required", 3),
        ("region-name", HOME, 3),
        ("region-name", AWAY, 0),
        ("group-name", f"{HOME}-zg-1", 3),
        ("group-name", HOME, 0),
        ("group-long-name", f"{HOME} *", 3),
        ("group-long-name", "Mars 1", 0),
        ("parent-zone-id", "*", 0),
        ("parent-zone-name", "*", 0),
        ("message", "flooded", 0),
    ],
)
def test_each_filter_of_zones(ec2, name, value, count):
    assert len(ec2.describe_availability_zones(Filters=named(name, value))["AvailabilityZones"]) == count


@pytest.mark.parametrize("name", ["zone-state", "network-border-group", "tag:k"])
def test_a_filter_of_zones_that_amazon_does_not_have_is_refused(ec2, name):
    with refused(VALUE, status=400) as answer:
        ec2.describe_availability_zones(Filters=named(name, "*"))
    assert answer.message == f"The filter '{name}' is invalid"


def test_zones_are_shown_with_the_groups_they_are_found_by(ec2):
    for zone in ec2.describe_availability_zones()["AvailabilityZones"]:
        for name, value in [("group-name", zone["GroupName"]), ("group-long-name", zone["GroupLongName"])]:
            found = ec2.describe_availability_zones(Filters=named(name, value))["AvailabilityZones"]
            assert zone in found


def test_zones_by_name_and_id_must_both_match(ec2):
    first, second = ec2.describe_availability_zones()["AvailabilityZones"][:2]
    both = ec2.describe_availability_zones(ZoneNames=[first["ZoneName"]], ZoneIds=[first["ZoneId"]])
    assert [zone["ZoneName"] for zone in both["AvailabilityZones"]] == [first["ZoneName"]]
    neither = ec2.describe_availability_zones(ZoneNames=[first["ZoneName"]], ZoneIds=[second["ZoneId"]])
    assert neither["AvailabilityZones"] == []


@pytest.mark.parametrize(
    ("action", "parameters", "message"),
    [
        ("describe_availability_zones", {"ZoneNames": [f"{AWAY}a"]}, f"Invalid availability zone: [{AWAY}a]"),
        ("describe_availability_zones", {"ZoneIds": ["usw2-az1"]}, "Invalid availability zone-id: [usw2-az1]"),
        ("describe_availability_zones", {"ZoneNames": ["use1-az1"]}, "Invalid availability zone: [use1-az1]"),
        ("describe_availability_zones", {"ZoneIds": [f"{HOME}a"]}, f"Invalid availability zone-id: [{HOME}a]"),
        ("describe_regions", {"RegionNames": [HOME, "mars-north-1"]}, "Invalid region: [mars-north-1]"),
    ],
)
def test_regions_and_zones_that_are_not_there_are_refused(ec2, action, parameters, message):
    with refused(VALUE, status=400) as answer:
        getattr(ec2, action)(**parameters)
    assert answer.message == message


def test_all_regions_and_all_zones_are_those_there_are(ec2):
    assert ec2.describe_regions(AllRegions=True)["Regions"] == ec2.describe_regions()["Regions"]
    zones = ec2.describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
    assert zones == ec2.describe_availability_zones()["AvailabilityZones"]


@pytest.mark.parametrize("action", ["describe_regions", "describe_availability_zones"])
def test_dry_run_of_regions_and_zones(ec2, action):
    with refused("DryRunOperation", status=412) as answer:
        getattr(ec2, action)(DryRun=True)
    assert answer.message == "Request would have succeeded, but DryRun flag is set."


@pytest.fixture
def tag_page(ec2, words):
    """Filters that find seven tags, and the token after five of them."""
    resource = words[1][""]
    ec2.create_tags(Resources=[resource], Tags=[{"Key": f"page {number}", "Value": ""} for number in range(6)])
    filters = named("resource-id", resource)
    return filters, ec2.describe_tags(Filters=filters, MaxResults=5)["NextToken"]


@pytest.mark.parametrize("size", [{}, {"MaxResults": 6}, {"MaxResults": 1000}, {"MaxResults": 5000}], ids=repr)
def test_the_pages_that_follow_may_be_of_another_size_or_of_none(ec2, tag_page, size):
    filters, token = tag_page
    answer = ec2.describe_tags(Filters=filters, NextToken=token, **size)
    assert len(answer["Tags"]) == 2
    assert "NextToken" not in answer


def test_a_token_is_good_for_its_action_and_region_only(server, ec2, tag_page):
    filters, token = tag_page
    away = client(server, "ec2", AWAY)
    for use in (
        lambda: ec2.describe_snapshots(NextToken=token),
        lambda: away.describe_tags(Filters=filters, NextToken=token),
        lambda: ec2.describe_tags(NextToken=token),
        lambda: ec2.describe_tags(Filters=filters, NextToken=token[:-4]),
    ):
        with refused(VALUE, status=400) as answer:
            use()
        assert answer.message == "Unable to parse pagination token"


@pytest.mark.parametrize("results", [4, 0, -1])
@pytest.mark.parametrize("action", ["describe_snapshots", "describe_tags"])
def test_pages_have_at_least_five(ec2, action, results):
    with refused(VALUE, status=400) as answer:
        getattr(ec2, action)(MaxResults=results)
    assert answer.message == (
        f"Value ( {results} ) for parameter maxResults is invalid. Expecting a value greater than 5."
    )


def test_an_empty_token_asks_for_the_first_page(ec2, words, tag_page):
    filters, _ = tag_page
    first = ec2.describe_tags(Filters=filters, MaxResults=5)
    assert ec2.describe_tags(Filters=filters, MaxResults=5, NextToken="")["Tags"] == first["Tags"]
    resource = words[1]["axb"]
    answer = ec2.describe_snapshots(SnapshotIds=[resource], NextToken="")["Snapshots"]
    assert [item["SnapshotId"] for item in answer] == [resource]


@pytest.mark.parametrize(
    ("page", "parameter"),
    [({"MaxResults": 5}, "maxResults"), ({"MaxResults": 1}, "maxResults"), ({"NextToken": "x"}, "nextToken")],
    ids=repr,
)
def test_ids_and_pages_exclude_each_other(ec2, words, page, parameter):
    with refused("InvalidParameterCombination", status=400) as answer:
        ec2.describe_snapshots(SnapshotIds=[words[1]["axb"]], **page)
    assert answer.message == f"The parameter snapshotSet cannot be used with the parameter {parameter}"
