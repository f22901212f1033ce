"""CopySnapshot: what it takes, what it answers, and that the copy holds the source's bytes."""

import re
import uuid

import pytest

import signed_requests
import snapshots
from aws_clients import client, refused
from server_process import AWAY, HOME
from snapshots import BLOCK_BYTES, block, filled

VALUE = "InvalidParameterValue"
ABSENT = "snap-0fedcba9876543210"


@pytest.fixture(scope="module")
def source(server):
    """A completed snapshot of three blocks with a description and tags of its own."""
    return snapshots.upload(
        server, {0: block(1), 5: filled(0), 2047: block(2)}, Description="original", Tags=[{"Key": "of", "Value": "source"}]
    )


def lenient(server, region=HOME):
    return client(server, "ec2", region, validate=False)


def specification(*tags, kind="snapshot"):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags]}]


def test_a_copy_in_the_same_region_has_the_same_bytes(server, source):
    copy_id = snapshots.copy(server, source)
    snapshots.completed(server, copy_id)
    assert snapshots.read(server, copy_id) == snapshots.read(server, source)


def test_a_copy_in_another_region_has_the_same_bytes(server, source):
    copy_id = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, copy_id, AWAY)
    assert snapshots.read(server, copy_id, AWAY) == snapshots.read(server, source)


def test_a_copy_lands_where_it_was_asked_for_and_nowhere_else(server, source):
    copy_id = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, copy_id, AWAY)
    with refused("InvalidSnapshot.NotFound", status=400):
        snapshots.describe(server, copy_id, HOME)


def test_a_copy_of_a_copy_comes_home_unchanged(server, source):
    away = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, away, AWAY)
    back = snapshots.copy(server, away, source=AWAY, destination=HOME)
    snapshots.completed(server, back)
    assert snapshots.read(server, back) == snapshots.read(server, source)


@pytest.mark.parametrize("destination", [HOME, AWAY])
def test_a_copy_outlives_its_source(server, destination):
    blocks = {1: block(100), 2: block(101)}
    source_id = snapshots.upload(server, blocks)
    copy_id = snapshots.copy(server, source_id, destination=destination)
    snapshots.completed(server, copy_id, destination)
    client(server, "ec2").delete_snapshot(SnapshotId=source_id)
    assert snapshots.read(server, copy_id, destination) == blocks


def test_a_copy_of_a_child_has_all_blocks_of_its_chain(server):
    parent_id = snapshots.upload(server, {0: block(110), 1: block(111)})
    child_id = snapshots.upload(server, {1: block(112)}, ParentSnapshotId=parent_id)
    copy_id = snapshots.copy(server, child_id, destination=AWAY)
    snapshots.completed(server, copy_id, AWAY)
    assert snapshots.read(server, copy_id, AWAY) == {0: block(110), 1: block(112)}


def test_copies_along_a_chain_are_each_whole(server):
    chain, contents = [], []
    for step in range(3):
        parent = {"ParentSnapshotId": chain[-1]} if chain else {}
        chain.append(snapshots.upload(server, {step: block(120 + step), 9: block(130 + step)}, **parent))
        contents.append({**(contents[-1] if contents else {}), step: block(120 + step), 9: block(130 + step)})
    copies = [snapshots.copy(server, snapshot_id, destination=AWAY) for snapshot_id in chain]
    for copy_id, content in zip(copies, contents):
        snapshots.completed(server, copy_id, AWAY)
        assert snapshots.read(server, copy_id, AWAY) == content


def test_a_copy_may_be_a_parent(server, source):
    copy_id = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, copy_id, AWAY)
    child_id = snapshots.upload(server, {1: block(140)}, AWAY, ParentSnapshotId=copy_id)
    assert snapshots.read(server, child_id, AWAY) == {**snapshots.read(server, source), 1: block(140)}


def test_an_empty_source_gives_an_empty_copy(server):
    copy_id = snapshots.copy(server, snapshots.upload(server, {}), destination=AWAY)
    assert snapshots.completed(server, copy_id, AWAY)["FullSnapshotSizeInBytes"] == 0
    assert snapshots.read(server, copy_id, AWAY) == {}


def test_the_answer_has_a_new_id_and_the_tags(server, source, ec2_away):
    wanted = {"Name": "nightly", "empty": "", "ключ": "значение & <x>"}
    answer = ec2_away.copy_snapshot(
        SourceRegion=HOME, SourceSnapshotId=source, TagSpecifications=specification(*wanted.items())
    )
    assert re.fullmatch("snap-[0-9a-f]{17}", answer["SnapshotId"])
    assert answer["SnapshotId"] != source
    assert {tag["Key"]: tag["Value"] for tag in answer["Tags"]} == wanted
    described = snapshots.describe(server, answer["SnapshotId"], AWAY)
    assert {tag["Key"]: tag["Value"] for tag in described["Tags"]} == wanted


def test_without_tags_neither_answer_nor_copy_has_any(server, source, ec2):
    answer = ec2.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=source)
    assert "Tags" not in answer
    assert "Tags" not in snapshots.describe(server, answer["SnapshotId"])


def test_the_wire_form_omits_an_empty_tag_set(server, source):
    answer = signed_requests.query(
        server, "CopySnapshot", {"SourceRegion": HOME, "SourceSnapshotId": source}
    )
    assert answer.status == 200
    assert "<CopySnapshotResponse" in answer.text and "tagSet" not in answer.text
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.headers["x-amzn-requestid"] in answer.text


def test_equal_calls_make_distinct_copies(server, source):
    assert snapshots.copy(server, source) != snapshots.copy(server, source)


def test_a_completed_copy_is_described(server, source, account):
    copy_id = snapshots.copy(server, source, destination=AWAY, Description="mine")
    found = snapshots.completed(server, copy_id, AWAY)
    assert found["VolumeId"] == "vol-ffffffff"
    assert (found["VolumeSize"], found["Progress"], found["OwnerId"]) == (1, "100%", account)
    assert (found["Encrypted"], found["StorageTier"], found["TransferType"]) == (False, "standard", "standard")
    assert found["Description"] == "mine"
    assert found["FullSnapshotSizeInBytes"] == 3 * BLOCK_BYTES
    assert found["CompletionTime"] >= found["StartTime"]
    assert "StateMessage" not in found and "KmsKeyId" not in found


def test_a_copy_does_not_take_its_sources_description_or_tags(server, source):
    found = snapshots.completed(server, snapshots.copy(server, source))
    assert found["Description"] == ""
    assert "Tags" not in found


def test_a_pending_copy_shows_what_was_asked_and_no_more(server):
    source_id = snapshots.upload(server, {index: block(200 + index) for index in range(32)})
    ec2 = client(server, "ec2", AWAY)
    ids = [
        ec2.copy_snapshot(
            SourceRegion=HOME, SourceSnapshotId=source_id, Description="d", TagSpecifications=specification(("k", "v"))
        )["SnapshotId"]
        for _ in range(8)
    ]
    pending = [found for found in ec2.describe_snapshots(SnapshotIds=ids)["Snapshots"] if found["State"] == "pending"]
    assert pending, "eight copies of one lineage were over before the first description"
    for found in pending:
        assert found["VolumeId"] == "vol-ffffffff"
        assert (found["Description"], found["Tags"]) == ("d", [{"Key": "k", "Value": "v"}])
        assert re.fullmatch(r"\d?\d%", found["Progress"])
        assert "CompletionTime" not in found and "FullSnapshotSizeInBytes" not in found
        if found["VolumeSize"] == 0:
            assert (found["StateMessage"], found["Progress"]) == ("Metadata not updated", "0%")
    for copy_id in ids:
        snapshots.completed(server, copy_id, AWAY)


def test_deleting_a_pending_copy_cancels_it(server):
    source_id = snapshots.upload(server, {index: block(300 + index) for index in range(32)})
    ec2 = client(server, "ec2", AWAY)
    ids = [snapshots.copy(server, source_id, destination=AWAY) for _ in range(4)]
    ec2.delete_snapshot(SnapshotId=ids[-1])
    with refused("InvalidSnapshot.NotFound"):
        snapshots.describe(server, ids[-1], AWAY)
    for copy_id in ids[:-1]:
        snapshots.completed(server, copy_id, AWAY)


def test_a_missing_source_ends_in_error(server):
    copy_id = snapshots.copy(server, ABSENT, destination=AWAY)
    assert snapshots.failed(server, copy_id, AWAY) == "Source snapshot is not found"
    found = snapshots.describe(server, copy_id, AWAY)
    assert (found["VolumeSize"], found["Progress"]) == (0, "0%")
    assert "CompletionTime" not in found


def test_a_source_of_another_region_ends_in_error(server, source):
    copy_id = snapshots.copy(server, source, source=AWAY, destination=AWAY)
    assert snapshots.failed(server, copy_id, AWAY) == "Source snapshot is not found"


def test_a_pending_source_ends_in_error(server, ebs, ec2):
    source_id = ebs.start_snapshot(VolumeSize=1, ClientToken=str(uuid.uuid4()))["SnapshotId"]
    copy_id = snapshots.copy(server, source_id, destination=AWAY)
    assert snapshots.failed(server, copy_id, AWAY) == "Source snapshot is not complete"
    ec2.delete_snapshot(SnapshotId=source_id)


def test_a_failed_copy_stays_until_it_is_deleted(server, ec2):
    copy_id = snapshots.copy(server, ABSENT)
    snapshots.failed(server, copy_id)
    ec2.delete_snapshot(SnapshotId=copy_id)
    with refused("InvalidSnapshot.NotFound"):
        snapshots.describe(server, copy_id)


def test_dry_run_says_yes_and_does_nothing(server, source):
    ec2 = client(server, "ec2", AWAY)
    mark = str(uuid.uuid4())
    with refused("DryRunOperation", status=412) as answer:
        ec2.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=source, Description=mark, DryRun=True)
    assert answer.message == "Request would have succeeded, but DryRun flag is set."
    assert ec2.describe_snapshots(Filters=[{"Name": "description", "Values": [mark]}])["Snapshots"] == []


def test_dry_run_does_not_look_at_the_source_or_the_destination(server):
    with refused("DryRunOperation", status=412):
        client(server, "ec2").copy_snapshot(
            SourceRegion=AWAY, SourceSnapshotId=ABSENT, DestinationRegion="eu-west-1", PresignedUrl="x", DryRun=True
        )


def test_a_missing_source_id_is_refused_even_in_a_dry_run(server):
    for dry_run in ({}, {"DryRun": "true"}):
        answer = signed_requests.query(server, "CopySnapshot", {"SourceRegion": HOME, **dry_run})
        assert (answer.status, answer.code) == (400, "MissingParameter")
        assert answer.message == "The request must contain the parameter SourceSnapshotId"


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    "snapshot_id",
    [
        "",
        "bad",
        "snap-",
        "snap-1234567",
        "snap-0123456789ABCDEF0",
        "vol-12345678",
        "snap-00000000",
        "snap-00000000000000000",
        " snap-12345678",
        "snap-12345678 ",
        "snap-+1234567",
        "snap-１２３４５６７８",
        "snap-12345678\n",
    ],
)
def test_a_malformed_source_id_is_refused(server, snapshot_id, dry_run):
    with refused(VALUE, status=400) as answer:
        lenient(server).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot_id, DryRun=dry_run)
    assert answer.message == "The specified snapshotId is invalid"


def test_a_missing_source_region_is_refused(server):
    answer = signed_requests.query(server, "CopySnapshot", {"SourceSnapshotId": ABSENT})
    assert (answer.status, answer.code) == (400, "MissingParameter")


@pytest.mark.parametrize("region", ["", "mars-north-1", "us-east-1 ", "US-EAST-1", "http://us-east-1/"])
def test_an_unknown_source_region_is_refused(server, source, region):
    answer = signed_requests.query(server, "CopySnapshot", {"SourceRegion": region, "SourceSnapshotId": source})
    assert (answer.status, answer.code) == (400, "InvalidRegion"), answer.text


@pytest.mark.parametrize("minutes", [-15, 0, 1, 14, 16, 2881, 2895, 2**31])
@pytest.mark.parametrize("dry_run", ["false", "true"])
def test_a_duration_outside_the_rules_is_refused(server, source, minutes, dry_run):
    answer = signed_requests.query(
        server,
        "CopySnapshot",
        {"SourceRegion": HOME, "SourceSnapshotId": source, "CompletionDurationMinutes": minutes, "DryRun": dry_run},
    )
    assert (answer.status, answer.code) == (400, VALUE)
    assert f"'{minutes}'" in answer.message.replace("&apos;", "'").replace("&#39;", "'")


@pytest.mark.parametrize("minutes", [15, 30, 2880])
def test_a_duration_is_shown_on_the_copy(server, source, minutes):
    copy_id = snapshots.copy(server, source, CompletionDurationMinutes=minutes)
    found = snapshots.completed(server, copy_id)
    assert (found["TransferType"], found["CompletionDurationMinutes"]) == ("time-based", minutes)


def test_a_destination_region_that_is_not_the_endpoints_is_refused(server, source):
    with refused(VALUE, status=400) as answer:
        client(server, "ec2", AWAY).copy_snapshot(
            SourceRegion=HOME,
            SourceSnapshotId=source,
            DestinationRegion="eu-west-1",
            PresignedUrl=f"https://example.org/?SourceSnapshotId={source}",
        )
    assert answer.message == f"DestinationRegion 'eu-west-1' does not match the current region ({AWAY})"


def presigned(source, destination, scheme="https"):
    query = f"Action=CopySnapshot&SourceRegion={HOME}&SourceSnapshotId={source}&DestinationRegion={destination}"
    return f"{scheme}://ec2.{HOME}.example.org/?{query}"


def test_a_presigned_url_that_says_the_same_is_accepted(server, source):
    copy_id = snapshots.copy(server, source, destination=AWAY, PresignedUrl=presigned(source, AWAY))
    snapshots.completed(server, copy_id, AWAY)


@pytest.mark.parametrize("url", ["x", "ftp://a/?b", "file:///etc/passwd", "//a/?b", "javascript:1"])
def test_a_presigned_url_of_another_scheme_is_refused(server, source, url):
    with refused(VALUE, status=400) as answer:
        snapshots.copy(server, source, destination=AWAY, PresignedUrl=url)
    assert answer.message == "The protocol in PresignedUrl should be http or https"


def test_a_presigned_url_for_another_snapshot_is_refused(server, source):
    with refused(VALUE, status=400) as answer:
        snapshots.copy(server, source, destination=AWAY, PresignedUrl=presigned(ABSENT, AWAY))
    assert ABSENT in answer.message and source in answer.message


def test_a_presigned_url_for_another_destination_is_refused(server, source):
    with refused(VALUE, status=400) as answer:
        snapshots.copy(server, source, destination=AWAY, PresignedUrl=presigned(source, "eu-west-1"))
    assert answer.message == "The destination region specified in PresignedUrl: 'eu-west-1' is incorrect"


@pytest.mark.parametrize(
    "parameters",
    [
        {"Encrypted": True},
        {"Encrypted": True, "KmsKeyId": "alias/aws/ebs"},
        {"DestinationOutpostArn": "arn:aws:outposts:us-east-1:123456789012:outpost/op-1"},
        {"DestinationAvailabilityZone": "us-east-1-lax-1a"},
    ],
)
def test_what_is_not_offered_is_refused_and_not_ignored(server, source, parameters):
    with refused("UnsupportedOperation", status=400):
        snapshots.copy(server, source, **parameters)


def test_a_key_without_encryption_is_refused(server, source):
    with refused("InvalidParameterDependency", status=400) as answer:
        snapshots.copy(server, source, KmsKeyId="alias/aws/ebs")
    assert answer.message == "The parameter KmsKeyId requires the parameter Encrypted to be set."


def test_encrypted_false_has_no_effect(server, source):
    assert not snapshots.completed(server, snapshots.copy(server, source, Encrypted=False))["Encrypted"]


@pytest.mark.parametrize(
    "specifications",
    [
        specification(("k", "v"), kind="volume"),
        specification(("k", "v"), kind="no-such-type"),
        specification(("k", "v"), kind=""),
        specification(),
        specification(("", "v")),
        specification(("aws:k", "v")),
        specification(("AWS:k", "v")),
        specification(("k", "1"), ("k", "2")),
        specification(("k", "1")) + specification(("k", "2")),
        specification(("k" * 128, "v")),
        specification(("ё" * 128, "v")),
        specification(("k", "v" * 256)),
        specification(("k", "😀" * 256)),
    ],
    ids=lambda specifications: repr(specifications)[:60],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_tags_outside_the_rules_are_refused(server, source, specifications, dry_run):
    with refused(VALUE, status=400):
        lenient(server).copy_snapshot(
            SourceRegion=HOME, SourceSnapshotId=source, TagSpecifications=specifications, DryRun=dry_run
        )


def test_refused_tags_leave_no_copy(server, source, ec2):
    mark = str(uuid.uuid4())
    with refused(VALUE):
        snapshots.copy(server, source, Description=mark, TagSpecifications=specification(("aws:k", "")))
    assert ec2.describe_snapshots(Filters=[{"Name": "description", "Values": [mark]}])["Snapshots"] == []


@pytest.mark.parametrize("character", ["k", "ё", "中", "😀"])
def test_tag_lengths_count_characters(server, source, character):
    wanted = {character * 127: character * 255}
    copy_id = snapshots.copy(server, source, TagSpecifications=specification(*wanted.items()))
    found = snapshots.describe(server, copy_id)
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == wanted


def test_tag_keys_differ_by_case(server, source):
    copy_id = snapshots.copy(server, source, TagSpecifications=specification(("name", "a"), ("Name", "b"), ("aws", "c")))
    assert len(snapshots.describe(server, copy_id)["Tags"]) == 3


def test_fifty_tags_are_accepted_and_fifty_one_are_not(server, source):
    tags = [(f"key {number}", str(number)) for number in range(51)]
    copy_id = snapshots.copy(server, source, TagSpecifications=specification(*tags[:50]))
    assert len(snapshots.describe(server, copy_id)["Tags"]) == 50
    with refused("TagLimitExceeded", status=400):
        snapshots.copy(server, source, TagSpecifications=specification(*tags[:25]) + specification(*tags[25:]))


def test_a_description_has_at_most_255_characters(server, source):
    found = snapshots.describe(server, snapshots.copy(server, source, Description="d" * 255))
    assert found["Description"] == "d" * 255
    with refused(VALUE, status=400):
        snapshots.copy(server, source, Description="d" * 256)
