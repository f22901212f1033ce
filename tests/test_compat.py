"""`[compat]`: where documents and behaviour differ, the server does what its configuration file says."""

import uuid

import pytest

import signed_requests
import snapshots
from aws_clients import client, refused
from configured_server import configured
from server_process import AWAY, HOME, ServerProcess
from snapshots import block

ABSENT = "snap-0fedcba9876543210"
LETTER_OF_2019 = 'compat = "2019-11-15"'


@pytest.fixture(scope="module")
def rows(request, tmp_path_factory):
    """A server whose configuration file is the test's parameter, and a snapshot of one block in it."""
    with configured(tmp_path_factory.mktemp("compat"), request.param) as server:
        server.source = snapshots.upload(server, {0: block("compat")})
        yield server


def under(*texts):
    return pytest.mark.parametrize("rows", texts, indirect=True)


def row(setting, value):
    return f'[compat]\n{setting} = "{value}"'


def presigned(source=ABSENT, destination=AWAY, scheme="https"):
    query = f"Action=CopySnapshot&SourceRegion={HOME}&SourceSnapshotId={source}&DestinationRegion={destination}"
    return f"{scheme}://ec2.{HOME}.example.org/?{query}"


def copy_raw(server, **parameters):
    """A CopySnapshot request of these parameters and no others: SDKs would add a presigned URL."""
    parameters = {"SourceRegion": HOME, "SourceSnapshotId": server.source, **parameters}
    return signed_requests.query(server, "CopySnapshot", parameters, region=AWAY)


def wrong_statements(source):
    """What a presigned URL may say that is wrong, and the sentence that refuses it."""
    return [
        ("not a url", "The protocol in PresignedUrl should be http or https"),
        (presigned(source, scheme="ftp"), "The protocol in PresignedUrl should be http or https"),
        (
            presigned(ABSENT),
            f"The source snapshot specified in PresignedUrl '{ABSENT}' does not match the source snapshot in the "
            f"request: '{source}'",
        ),
        (
            presigned(source, "eu-west-1"),
            "The destination region specified in PresignedUrl: 'eu-west-1' is incorrect",
        ),
    ]


def tagged(key_chars, value_chars):
    """A tag of these lengths in characters; most of them take three bytes."""
    return {"Key": "鍵" * key_chars, "Value": "値" * value_chars}


@under(row("missing_source", "async"), LETTER_OF_2019)
def test_a_missing_source_is_accepted_and_ends_in_error(rows):
    copy_id = snapshots.copy(rows, ABSENT, destination=AWAY)
    assert snapshots.failed(rows, copy_id, AWAY) == "Source snapshot is not found"


@under(row("missing_source", "sync"))
@pytest.mark.parametrize("source", [HOME, AWAY])
def test_a_missing_source_is_refused_at_once_and_leaves_no_copy(rows, source):
    with refused("InvalidSnapshot.NotFound", status=400) as answer:
        snapshots.copy(rows, ABSENT, source=source, destination=AWAY, Description="refused")
    assert answer.message == f"The snapshot '{ABSENT}' does not exist."
    ec2 = client(rows, "ec2", AWAY)
    assert ec2.describe_snapshots(Filters=[{"Name": "description", "Values": ["refused"]}])["Snapshots"] == []


@under(row("missing_source", "sync"))
def test_a_source_is_looked_for_in_its_own_region(rows):
    with refused("InvalidSnapshot.NotFound", status=400):
        snapshots.copy(rows, rows.source, source=AWAY, destination=AWAY)


@under(row("missing_source", "sync"))
def test_a_source_that_is_there_is_copied_and_a_pending_one_still_ends_in_error(rows):
    copy_id = snapshots.copy(rows, rows.source, destination=AWAY)
    snapshots.completed(rows, copy_id, AWAY)
    pending = client(rows, "ebs").start_snapshot(VolumeSize=1, ClientToken=str(uuid.uuid4()))["SnapshotId"]
    copy_id = snapshots.copy(rows, pending, destination=AWAY)
    assert snapshots.failed(rows, copy_id, AWAY) == "Source snapshot is not complete"


@under(row("missing_source", "sync"))
def test_a_deleted_source_is_missing(rows):
    deleted = snapshots.upload(rows, {})
    client(rows, "ec2").delete_snapshot(SnapshotId=deleted)
    with refused("InvalidSnapshot.NotFound", status=400):
        snapshots.copy(rows, deleted, destination=AWAY)


@under(row("missing_source", "sync"))
def test_a_dry_run_does_not_look_for_the_source(rows):
    with refused("DryRunOperation", status=412):
        snapshots.copy(rows, ABSENT, destination=AWAY, DryRun=True)


@under(row("presigned_url", "verify"), row("presigned_url", "require"), LETTER_OF_2019)
def test_a_presigned_url_that_disagrees_is_refused(rows):
    for url, sentence in wrong_statements(rows.source):
        with refused("InvalidParameterValue", status=400) as answer:
            snapshots.copy(rows, rows.source, destination=AWAY, PresignedUrl=url)
        assert answer.message == sentence


@under(row("presigned_url", "verify"), row("presigned_url", "require"), LETTER_OF_2019)
def test_a_source_that_is_not_encrypted_needs_no_presigned_url(rows):
    answer = copy_raw(rows)
    assert (answer.status, answer.code) == (200, "")
    answer = copy_raw(rows, PresignedUrl=presigned(rows.source))
    assert (answer.status, answer.code) == (200, "")


@under(row("presigned_url", "ignore"))
def test_an_ignored_presigned_url_may_say_anything(rows):
    for url, _ in wrong_statements(rows.source):
        copy_id = snapshots.copy(rows, rows.source, destination=AWAY, PresignedUrl=url)
        snapshots.completed(rows, copy_id, AWAY)


@under(row("presigned_url", "ignore"))
def test_with_an_ignored_presigned_url_the_destination_region_is_still_compared(rows):
    with refused("InvalidParameterValue", status=400) as answer:
        snapshots.copy(
            rows, rows.source, destination=AWAY, DestinationRegion="eu-west-1", PresignedUrl=presigned(rows.source)
        )
    assert answer.message == f"DestinationRegion 'eu-west-1' does not match the current region ({AWAY})"


@pytest.mark.parametrize(
    "rows, key_chars_max, value_chars_max",
    [
        (row("tag_limits", "127/255"), 127, 255),
        (row("tag_limits", "128/256"), 128, 256),
        (LETTER_OF_2019, 127, 255),
    ],
    indirect=["rows"],
)
def test_tags_are_as_long_as_is_set_and_no_longer(rows, key_chars_max, value_chars_max):
    longest = tagged(key_chars_max, value_chars_max)
    for tags in ([longest], [tagged(key_chars_max + 1, 0)], [tagged(1, value_chars_max + 1)]):
        for send in (copy_with, start_with, tag_with):
            if tags == [longest]:
                assert send(rows, tags) == tags, send.__name__
            else:
                with refused("InvalidParameterValue", "ValidationException", status=400):
                    send(rows, tags)


def copy_with(server, tags):
    specification = [{"ResourceType": "snapshot", "Tags": tags}]
    copy_id = snapshots.copy(server, server.source, destination=AWAY, TagSpecifications=specification)
    return snapshots.describe(server, copy_id, AWAY)["Tags"]


def start_with(server, tags):
    ebs = client(server, "ebs", validate=False)
    snapshot_id = ebs.start_snapshot(VolumeSize=1, ClientToken=str(uuid.uuid4()), Tags=tags)["SnapshotId"]
    found = snapshots.describe(server, snapshot_id)["Tags"]
    client(server, "ec2").delete_snapshot(SnapshotId=snapshot_id)
    return found


def tag_with(server, tags):
    client(server, "ec2").create_tags(Resources=[server.source], Tags=tags)
    return snapshots.describe(server, server.source)["Tags"]


@pytest.mark.parametrize(
    "text, named",
    [
        ('compat = "2020-01-01"', "2019-11-15"),
        (row("presigned_url", "maybe"), "maybe"),
        (row("missing_source", "later"), "later"),
        (row("tag_limits", "1/1"), "1/1"),
        (row("misspelt", "x"), "misspelt"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_at_the_start(tmp_path, text, named):
    file = tmp_path / "ebbstone.toml"
    file.write_text(text)
    server = ServerProcess(tmp_path / "data", options=["--config", str(file)])
    assert named in server.refuses_to_start()
    assert not server.data_dir.exists()
