"""Refusals of CreateTags and DeleteTags: their codes and sentences, and that a refused request changes nothing."""

import pytest

import snapshots
from signed_requests import query

VALUE = "InvalidParameterValue"
RESERVED = "Tag keys starting with 'aws:' are reserved for internal use"
EMPTY_KEY = "Value ( '' ) for parameter Tag key is invalid. Tag key cannot be null or empty."
LONG_KEY = "Tag key exceeds the maximum length of 127 characters"

KEYS = [
    ({"Tag.1.Key": "aws:x"}, f"Value ( aws:x ) for parameter key is invalid. {RESERVED}"),
    ({"Tag.1.Key": "AWS:"}, f"Value ( AWS: ) for parameter key is invalid. {RESERVED}"),
    ({"Tag.1.Key": ""}, EMPTY_KEY),
    ({"Tag.1.Value": "1"}, EMPTY_KEY),
    ({"Tag.1.Key": "k" * 128}, LONG_KEY),
    ({"Tag.1.Key": "ключ" * 32}, LONG_KEY),
    ({"Tag.1.Key": "a", "Tag.2.Key": "aws:x"}, f"Value ( aws:x ) for parameter key is invalid. {RESERVED}"),
]


@pytest.fixture(scope="module")
def tagged(server):
    """A snapshot with two tags."""
    return snapshots.upload(server, {}, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])


@pytest.mark.parametrize("action", ["CreateTags", "DeleteTags"])
@pytest.mark.parametrize(("tags", "message"), KEYS, ids=lambda part: repr(part)[:40])
def test_keys_outside_the_rules_are_refused_in_amazons_words(server, ec2, tagged, action, tags, message):
    for dry_run in ("false", "true"):
        answer = query(server, action, {"ResourceId.1": tagged, **tags, "DryRun": dry_run})
        assert (answer.status, answer.code, answer.message) == (400, VALUE, message)
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b"}


def test_the_longest_key_is_put_on_and_taken_off(server, ec2, tagged):
    key = {"ResourceId.1": tagged, "Tag.1.Key": "ключ" * 31 + "abc"}
    assert query(server, "CreateTags", key).status == 200
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b", key["Tag.1.Key"]}
    assert query(server, "DeleteTags", key).status == 200
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b"}


def test_a_value_that_is_too_long_is_refused(server, ec2, tagged):
    answer = query(server, "CreateTags", {"ResourceId.1": tagged, "Tag.1.Key": "c", "Tag.1.Value": "v" * 256})
    assert (answer.status, answer.code) == (400, VALUE)
    assert answer.message == "Tag value exceeds the maximum length of 255 characters"
    assert snapshots.tag_keys(ec2, tagged) == {"a", "b"}


def test_there_must_be_tags_to_create(server, tagged):
    for dry_run in ("false", "true"):
        answer = query(server, "CreateTags", {"ResourceId.1": tagged, "DryRun": dry_run})
        assert (answer.status, answer.code) == (400, VALUE)
        assert answer.message == (
            "Value ( empty ) for parameter tagSet is invalid. You must specify one or more tags to create"
        )


@pytest.mark.parametrize("action", ["CreateTags", "DeleteTags"])
def test_there_must_be_resources(server, action):
    answer = query(server, action, {"Tag.1.Key": "a"})
    assert (answer.status, answer.code) == (400, "MissingParameter")
    assert answer.message == "The request must contain the parameter resourceIdSet"
