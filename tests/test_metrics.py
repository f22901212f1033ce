"""What operators see: figures that are exact where what happens is, and a log that says why clients are refused."""

import json

import pytest

import postgres_server
import signed_requests
import snapshots
from aws_clients import client, refused
from metrics import scrape
from server_process import AWAY, HOME, ServerProcess, wait_for
from snapshots import block

BLOCK_BYTES = 524_288
NO_SUCH = "snap-0123456789abcdef0"


@pytest.fixture
def watched(tmp_path):
    """A server of two regions with nothing in it, whose log is JSON."""
    running = ServerProcess(tmp_path / "data", options=["--log-json"]).start()
    yield running
    running.stop()


def log(server):
    """The log so far: one mapping a line, fields and message together."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [{**line["fields"], "level": line["level"]} for line in lines]


def logged(server, message, **fields):
    """The lines of this message that have these fields."""
    lines = [line for line in log(server) if line["message"] == message]
    return [line for line in lines if all(line.get(name) == value for name, value in fields.items())]


def jobs(figures, name, region, job, **labels):
    labels = {"job": job, "region": region, **labels}
    return figures[f"ebbstone_{name}" + "".join(f" {label}={labels[label]}" for label in sorted(labels))]


def settles(server, expected):
    """Waits until the gauges, which are counted anew every few seconds, are as expected."""

    def same():
        figures = scrape(server)
        return {key: figures.get(key) for key in expected} == expected

    wait_for(same, what=f"{expected}")


def test_every_job_is_counted_with_its_end_and_its_bytes(watched):
    server = watched
    figures = scrape(server)
    for region in (HOME, AWAY):
        for job in ("copy", "complete_upload"):
            for name in ("job_attempts_total", "jobs_completed_total", "job_moved_bytes_total"):
                assert jobs(figures, name, region, job) == 0, "what has not happened yet is counted as 0"
    blocks = {index: block(index) for index in range(3)}
    source = snapshots.upload(server, blocks)
    here = snapshots.copy(server, source)
    snapshots.completed(server, here)
    there = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, there, AWAY)
    again = snapshots.copy(server, source, destination=AWAY)
    snapshots.completed(server, again, AWAY)
    assert snapshots.failed(server, snapshots.copy(server, NO_SUCH)) == "Source snapshot is not found"
    ebs = client(server, "ebs")
    short = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    snapshots.put(ebs, short, 0, block(9))
    snapshots.complete(ebs, short, {0: block(9)}, changed=2)
    snapshots.failed(server, short)

    # A job is told of just after its snapshot has changed its state.
    wait_for(lambda: len(logged(server, "snapshot failed")) == 2, what="the log of both failures")
    figures = wait_for(lambda: ended(scrape(server), {HOME: 4, AWAY: 2}), what="the ends of all jobs")
    assert jobs(figures, "job_attempts_total", HOME, "complete_upload") == 2
    assert jobs(figures, "jobs_completed_total", HOME, "complete_upload") == 1
    assert jobs(figures, "jobs_failed_total", HOME, "complete_upload", cause="block_count") == 1
    assert jobs(figures, "job_attempts_total", HOME, "copy") == 2
    assert jobs(figures, "jobs_completed_total", HOME, "copy") == 1
    assert jobs(figures, "jobs_failed_total", HOME, "copy", cause="source_not_found") == 1
    assert jobs(figures, "job_attempts_total", AWAY, "copy") == 2
    assert jobs(figures, "jobs_completed_total", AWAY, "copy") == 2
    failures = [value for key, value in figures.items() if key.startswith("ebbstone_jobs_failed_total")]
    assert sum(failures) == 2
    assert sum(value for key, value in figures.items() if key.startswith("ebbstone_job_retries_total")) == 0
    assert sum(value for key, value in figures.items() if "fenced" in key) == 0

    assert jobs(figures, "job_moved_bytes_total", HOME, "copy") == 0, "a copy in its region moves nothing"
    assert jobs(figures, "job_shared_bytes_total", HOME, "copy") == 3 * BLOCK_BYTES
    moved = jobs(figures, "job_moved_bytes_total", AWAY, "copy")
    assert 3 * BLOCK_BYTES <= moved < 3 * BLOCK_BYTES + 65_536, "the second copy to the region moves no block"
    assert jobs(figures, "job_shared_bytes_total", AWAY, "copy") == 3 * BLOCK_BYTES
    of_copies = logged(server, "snapshot completed", job="copy", region=AWAY)
    assert [line["snapshot"] for line in of_copies] == [there, again]
    assert sum(line["bytes_moved"] for line in of_copies) == moved
    assert [line["bytes_shared"] for line in of_copies] == [0, 3 * BLOCK_BYTES]

    settles(
        server,
        {
            f"ebbstone_snapshots region={HOME} state=completed": 2,
            f"ebbstone_snapshots region={HOME} state=error": 2,
            f"ebbstone_snapshots region={HOME} state=pending": 0,
            f"ebbstone_snapshots region={AWAY} state=completed": 2,
            f"ebbstone_jobs job=copy region={HOME} state=queued": 0,
            f"ebbstone_jobs job=copy region={HOME} state=running": 0,
            f"ebbstone_uploads_open region={HOME}": 0,
        },
    )


def ended(figures, expected):
    """The figures, if so many jobs have ended in each region."""
    ends = ("ebbstone_jobs_completed_total", "ebbstone_jobs_failed_total")
    for region, count in expected.items():
        found = [value for key, value in figures.items() if key.startswith(ends) and f"region={region}" in key]
        if sum(found) != count:
            return None
    return figures


def test_uploads_are_shown_while_they_last(watched):
    server = watched
    ebs = client(server, "ebs")
    uploads = [ebs.start_snapshot(VolumeSize=1)["SnapshotId"] for _ in range(3)]
    settles(
        server,
        {
            f"ebbstone_uploads_open region={HOME}": 3,
            f"ebbstone_uploads_open region={AWAY}": 0,
            f"ebbstone_snapshots region={HOME} state=pending": 3,
        },
    )
    snapshots.put(ebs, uploads[0], 0, block(1))
    settles(server, {f"ebbstone_sessions region={HOME}": 1, f"ebbstone_segment_pins region={HOME}": 1})
    ec2 = client(server, "ec2")
    for upload in uploads:
        ec2.delete_snapshot(SnapshotId=upload)
    gone = ("uploads_open", "sessions", "segment_pins", "root_pins")
    settles(server, {f"ebbstone_{name} region={HOME}": 0 for name in gone})


def test_an_attempt_that_finds_no_store_is_counted_and_logged_with_its_cause(watched):
    server = watched
    source = snapshots.upload(server, {0: block(1)})
    store = server.data_dir / "store" / AWAY
    aside = server.data_dir / "aside"
    store.rename(aside)
    copy = snapshots.copy(server, source, destination=AWAY)
    wait_for(lambda: logged(server, "the job is tried again", snapshot=copy), what="an attempt that fails")
    aside.rename(store)
    snapshots.completed(server, copy, AWAY)
    wait_for(lambda: logged(server, "snapshot completed", snapshot=copy), what="the log of its end")
    failed, retried = logged(server, "an attempt failed", snapshot=copy), logged(server, "the job is tried again", snapshot=copy)
    assert len(failed) == len(retried) >= 1 and all(line["cause"] for line in failed)
    begun = logged(server, "an attempt begins", snapshot=copy)
    assert [line["attempt"] for line in begun] == list(range(1, len(retried) + 2))
    assert all(line["source"] == source and line["source_region"] == HOME for line in begun)
    figures = scrape(server)
    assert jobs(figures, "job_attempts_total", AWAY, "copy") == len(begun)
    for cause in {line["cause"] for line in retried}:
        count = sum(1 for line in retried if line["cause"] == cause)
        assert jobs(figures, "job_retries_total", AWAY, "copy", cause=cause) == count
    assert jobs(figures, "jobs_completed_total", AWAY, "copy") == 1


def test_requests_are_counted_by_actions_that_are_served_and_by_no_others(watched):
    server = watched
    ec2, ebs = client(server, "ec2"), client(server, "ebs")
    for _ in range(3):
        ec2.describe_snapshots(OwnerIds=["self"])
    with refused("InvalidSnapshot.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[NO_SUCH])
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    snapshots.put(ebs, snapshot_id, 0, block(1))
    client(server, "sts").get_caller_identity()
    for action in ("RunInstances", "x" * 300, 'a"b\n'):
        assert signed_requests.query(server, action).status == 400
    assert signed_requests.query(server, "DescribeSnapshots", secret_access_key="wrong").status == 401
    figures = scrape(server)
    requests = {key: value for key, value in figures.items() if key.startswith("ebbstone_requests_total")}
    assert requests == {
        "ebbstone_requests_total action=DescribeSnapshots protocol=ec2 status=200": 3,
        "ebbstone_requests_total action=DescribeSnapshots protocol=ec2 status=400": 1,
        "ebbstone_requests_total action=GetCallerIdentity protocol=sts status=200": 1,
        "ebbstone_requests_total action=PutSnapshotBlock protocol=ebs status=201": 1,
        "ebbstone_requests_total action=StartSnapshot protocol=ebs status=201": 1,
        "ebbstone_requests_total action=none protocol=ec2 status=400": 3,
        "ebbstone_requests_total action=none protocol=ec2 status=401": 1,
    }
    histogram = "ebbstone_request_seconds_{} action=DescribeSnapshots{} protocol=ec2"
    assert figures[histogram.format("count", "")] == 4
    assert figures[histogram.format("bucket", " le=+Inf")] == 4
    assert figures[histogram.format("sum", "")] > 0
    buckets = histogram.format("bucket", " le=").removesuffix(" protocol=ec2")
    counts = [value for key, value in figures.items() if key.startswith(buckets)]
    assert len(counts) > 5 and counts == sorted(counts), "a histogram is cumulative"
    assert figures[f"ebbstone_blocks_written_total region={HOME}"] == 1


def test_a_refused_request_is_in_the_log_under_the_id_that_the_client_was_given(watched):
    server = watched
    secret = server.secret_access_key
    answers = {
        "of EC2": signed_requests.query(server, "DescribeSnapshots", {"SnapshotId.1": NO_SUCH}),
        "of EBS": signed_requests.rest(server, "GET", f"/snapshots/{NO_SUCH}/blocks"),
        "of nobody": signed_requests.query(server, "DescribeSnapshots", access_key_id="AKIANOBODY"),
        "with the wrong secret": signed_requests.query(server, "DescribeSnapshots", secret_access_key="wrong"),
        "with keys that changed places": signed_requests.query(
            server, "DescribeSnapshots", access_key_id=secret, secret_access_key=server.access_key_id
        ),
        "unsigned": signed_requests.send(server, "POST", "/", {}),
    }
    found = {}
    for what, answer in answers.items():
        assert 400 <= answer.status < 500, (what, answer.text)
        (line,) = logged(server, "refused", request_id=answer.headers["x-amzn-requestid"])
        assert (line["status"], line["code"], line["level"]) == (answer.status, answer.code, "INFO"), what
        found[what] = (line["protocol"], line.get("action"), line.get("access_key_id"))
    own = server.access_key_id
    assert found == {
        "of EC2": ("ec2", "DescribeSnapshots", own),
        "of EBS": ("ebs", "ListSnapshotBlocks", own),
        "of nobody": ("ec2", None, "AKIANOBODY"),
        "with the wrong secret": ("ec2", None, own),
        "with keys that changed places": ("ec2", None, None),
        "unsigned": ("ec2", None, None),
    }
    assert len(logged(server, "refused")) == len(answers), "what was not refused is not logged"
    assert secret not in server.log.read_text()


def test_a_flood_of_refusals_is_logged_in_part_and_counted_in_full(watched):
    server = watched
    connection = signed_requests.connect(server)
    sent = 0
    # However fast this machine is, there comes a moment at which the log has no room.
    while scrape(server)["ebbstone_refusals_unlogged_total"] == 0:
        for _ in range(200):
            connection.request("POST", "/")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 403
            sent += 1
        assert sent < 100_000
    connection.close()
    unlogged = scrape(server)["ebbstone_refusals_unlogged_total"]
    assert len(logged(server, "refused")) + unlogged == sent
    wait_for(
        lambda: signed_requests.send(server, "POST", "/", {}).status == 403
        and logged(server, "refused requests were left out of the log"),
        what="a word about what was left out",
    )


def test_metrics_are_answered_while_the_catalog_is_not_and_lack_what_it_would_say(tmp_path):
    postgres = postgres_server.start_or_skip()
    server = ServerProcess(tmp_path / "data", options=["--log-json", "--catalog", postgres.new_database()])
    open_uploads = f"ebbstone_uploads_open region={HOME}"
    try:
        server.start()
        client(server, "ebs").start_snapshot(VolumeSize=1)
        settles(server, {open_uploads: 1})
        postgres.stop()
        figures = wait_for(lambda: without(scrape(server), open_uploads), what="metrics without the catalog's")
        assert figures["ebbstone_requests_total action=StartSnapshot protocol=ebs status=201"] == 1
        assert not [key for key in figures if key.startswith(("ebbstone_jobs ", "ebbstone_snapshots ", "ebbstone_sessions "))]
        assert [line["level"] for line in log(server) if line["message"].startswith("metrics lack")][:1] == ["WARN"]
    finally:
        if server.process:
            server.kill()
        postgres.stop()


def without(figures, key):
    """The figures, if this one is not among them."""
    return None if key in figures else figures
