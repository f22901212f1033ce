"""CopySnapshot's refusals: their sentences, and which of several faults is the answer."""

import itertools

import pytest

import snapshots
from server_process import AWAY, HOME
from signed_requests import query

VALUE = "InvalidParameterValue"
ABSENT = "snap-0fedcba9876543210"
PRESIGNED = f"https://ec2.{HOME}.amazonaws.com/?Action=CopySnapshot&SourceRegion={HOME}"

# Faults in the order in which they are judged: what they change in a good request, and the answer.
FAULTS = [
    ({"SourceSnapshotId": None}, 400, "MissingParameter", "The request must contain the parameter SourceSnapshotId"),
    ({"SourceSnapshotId": "bad"}, 400, VALUE, "The specified snapshotId is invalid"),
    ({"SourceRegion": None}, 400, "MissingParameter", "The request must contain the parameter SourceRegion"),
    ({"SourceRegion": "mars-north-1"}, 400, "InvalidRegion", "mars-north-1 is not a valid region name."),
    (
        {"CompletionDurationMinutes": "20"},
        400,
        VALUE,
        "'20' is not a valid value for completion duration. Specify a value between 15 and 2880 minutes, in 15 minute "
        "increments only",
    ),
    ({"TagSpecification.1.Tag.2.Key": "k"}, 400, VALUE, "Tag specification resource type must have a value"),
    (
        {"TagSpecification.1.ResourceType": "volume", "TagSpecification.1.Tag.1.Key": "k"},
        400,
        VALUE,
        "'volume' is not a valid taggable resource type for this operation.",
    ),
    (
        {"Description": "d" * 256},
        400,
        VALUE,
        f"Value ({'d' * 256}) for parameter description is invalid. It exceeds 255 characters",
    ),
    ({"KmsKeyId": "alias/x"}, 400, "InvalidParameterDependency", None),
    ({"DryRun": "true"}, 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
    (
        {"DestinationRegion": "mars-north-1"},
        400,
        VALUE,
        f"DestinationRegion 'mars-north-1' does not match the current region ({AWAY})",
    ),
    ({"PresignedUrl": "nonsense"}, 400, VALUE, "The protocol in PresignedUrl should be http or https"),
]

TAGS = [
    ([], "Tag specification must have at least one tag"),
    ([""], "Tag key must have a value"),
    (["k", "K", "k"], "Duplicate tag key 'k' specified."),
    (["aws:k"], "Tag keys starting with 'aws:' are reserved for internal use"),
    (["AWS:k"], "Tag keys starting with 'aws:' are reserved for internal use"),
]



def parts(fault):
    """The parameters that a fault is about, structures as a whole."""
    return {name.split(".")[0] for name in fault[0]}


@pytest.fixture(scope="module")
def source(server):
    return snapshots.upload(server, {})


def copy(server, source, *changes):
    """The answer to a good request with these changes, in which None takes a parameter away."""
    parameters = {"SourceSnapshotId": source, "SourceRegion": HOME}
    for change in changes:
        parameters.update(change)
    given = {name: value for name, value in parameters.items() if value is not None}
    return query(server, "CopySnapshot", given, region=AWAY)


@pytest.mark.parametrize(("change", "status", "code", "message"), FAULTS, ids=lambda part: repr(part)[:40])
def test_each_fault_has_its_answer(server, source, change, status, code, message):
    answer = copy(server, source, change)
    assert (answer.status, answer.code) == (status, code)
    assert message in (None, answer.message)


@pytest.mark.parametrize(
    ("first", "second"),
    [pair for pair in itertools.combinations(FAULTS, 2) if not parts(pair[0]) & parts(pair[1])],
    ids=lambda fault: "-".join(fault[0]),
)
def test_of_two_faults_the_first_is_the_answer(server, source, first, second):
    answer = copy(server, source, second[0], first[0])
    assert (answer.status, answer.code) == first[1:3]
    assert first[3] in (None, answer.message)


@pytest.mark.parametrize("encryption", [{"Encrypted": "true"}, {"Encrypted": "true", "KmsKeyId": "alias/x"}], ids=repr)
def test_encryption_is_refused_also_in_a_dry_run(server, source, encryption):
    for dry_run in ("false", "true"):
        answer = copy(server, source, encryption, {"DryRun": dry_run})
        assert (answer.status, answer.code) == (400, "UnsupportedOperation")
        assert "Encrypted" in answer.message


@pytest.mark.parametrize(("keys", "message"), TAGS, ids=repr)
def test_tags_are_refused_in_amazons_words(server, source, keys, message):
    specification = {"TagSpecification.1.ResourceType": "snapshot"}
    tags = {f"TagSpecification.1.Tag.{number}.Key": key for number, key in enumerate(keys, 1)}
    for dry_run in ("false", "true"):
        answer = copy(server, source, specification, tags, {"DryRun": dry_run})
        assert (answer.status, answer.code, answer.message) == (400, VALUE, message)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            f"&SourceSnapshotId={ABSENT}&DestinationRegion=mars-north-1",
            f"The source snapshot specified in PresignedUrl '{ABSENT}' does not match the source snapshot in the "
            "request: '{source}'",
        ),
        (
            "&SourceSnapshotId={source}&DestinationRegion=mars-north-1",
            "The destination region specified in PresignedUrl: 'mars-north-1' is incorrect",
        ),
    ],
)
def test_a_presigned_url_is_judged_by_its_source_and_then_its_destination(server, source, statement, message):
    answer = copy(server, source, {"PresignedUrl": PRESIGNED + statement.format(source=source)})
    assert (answer.status, answer.code, answer.message) == (400, VALUE, message.format(source=source))


@pytest.mark.parametrize("word", ["false", "FALSE", "False"])
def test_false_in_clear_asks_for_nothing(server, source, word):
    answer = copy(server, source, {"DryRun": word, "Encrypted": word, "DestinationRegion": AWAY})
    assert answer.status == 200, answer.text
    assert "<snapshotId>snap-" in answer.text


@pytest.mark.parametrize("parameter", ["DryRun", "Encrypted"])
@pytest.mark.parametrize("word", ["1", "yes", ""])
def test_a_boolean_is_true_or_false(server, source, parameter, word):
    answer = copy(server, source, {parameter: word})
    assert (answer.status, answer.code) == (400, VALUE)
    assert parameter in answer.message


@pytest.mark.parametrize("minutes", ["", "15.0", "+15 ", "0x0f", "quarter"])
def test_a_duration_that_is_no_number_is_refused(server, source, minutes):
    answer = copy(server, source, {"CompletionDurationMinutes": minutes})
    assert (answer.status, answer.code) == (400, VALUE)
    assert "CompletionDurationMinutes" in answer.message
