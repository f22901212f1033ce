"""What scripts that start the server rely on: its flags, its one line of output, and the credentials it makes."""

import json
import signal
import stat
import subprocess

import pytest

import signed_requests
import snapshots
from aws_clients import client
from server_process import AWAY, BINARY, HOME, ServerProcess
from snapshots import block

SECONDS_MAX = 60


def without_credentials(server):
    """A server that is given no root credentials."""
    server.access_key_id = server.secret_access_key = None
    return server


def take_credentials(server):
    """Acts as whoever reads the file of root credentials does."""
    kept = json.loads((server.data_dir / "root-credentials.json").read_text())
    server.access_key_id, server.secret_access_key = kept["access_key_id"], kept["secret_access_key"]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def regions(server):
    found = client(server, "ec2", HOME).describe_regions()["Regions"]
    return {region["RegionName"] for region in found}


def caller(server, region=HOME):
    return client(server, "sts", region).get_caller_identity()["Account"]


def test_the_first_start_makes_credentials_that_only_their_owner_reads_and_says_where(tmp_path):
    server = without_credentials(ServerProcess(tmp_path / "data")).start()
    kept = tmp_path / "data" / "root-credentials.json"
    assert mode(kept) == 0o600
    assert f"root credentials were made path={kept}" in server.log.read_text()
    take_credentials(server)
    assert server.secret_access_key not in server.log.read_text()
    assert caller(server)
    server.stop()
    before = kept.read_bytes()
    server = without_credentials(server).start()
    assert kept.read_bytes() == before, "the next start makes no others"
    take_credentials(server)
    assert caller(server)
    server.stop()


def test_two_deployments_have_different_credentials(tmp_path):
    made = set()
    for name in ("one", "two"):
        server = without_credentials(ServerProcess(tmp_path / name)).start()
        server.stop()
        take_credentials(server)
        made |= {server.access_key_id, server.secret_access_key}
    assert len(made) == 4


def test_credentials_that_others_can_read_are_refused(tmp_path):
    server = without_credentials(ServerProcess(tmp_path / "data")).start()
    server.stop()
    kept = server.data_dir / "root-credentials.json"
    kept.chmod(0o640)
    assert "can be read by others" in server.refuses_to_start()
    kept.chmod(0o600)
    server.start()
    server.stop()


@pytest.mark.parametrize("half", ["access_key_id", "secret_access_key"])
def test_half_of_the_credentials_is_refused(tmp_path, half):
    server = ServerProcess(tmp_path / "data")
    setattr(server, half, None)
    assert "go together" in server.refuses_to_start()


def test_given_credentials_are_written_nowhere(tmp_path):
    server = ServerProcess(tmp_path / "data").start()
    assert caller(server)
    server.stop()
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or server.secret_access_key.encode() not in path.read_bytes(), path


def test_keys_are_made_for_their_owner_only_and_one_is_told_to_back_them_up(tmp_path):
    server = ServerProcess(tmp_path / "data").start()
    server.stop()
    for region in (HOME, AWAY):
        key = tmp_path / "data" / "regions" / region / "region.key"
        assert mode(key) == 0o600
        assert f"back this file up, nothing can be read without it path={key}" in server.log.read_text()


def test_standard_output_is_the_ready_line_and_nothing_else(tmp_path):
    command = [BINARY, "serve", "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0"]
    command += ["--metrics-listen", "127.0.0.1:0"]
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        )
    line = process.stdout.readline()
    assert line.startswith("ready http://127.0.0.1:") and line.endswith("\n"), (tmp_path / "log").read_text()
    server = ServerProcess(tmp_path / "data")
    server.endpoint = line.split()[1]
    take_credentials(server)
    assert caller(server) == "123456789012", "the account that is documented"
    assert regions(server) == {HOME, AWAY}, "the regions that are documented"
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=SECONDS_MAX)
    assert (rest, process.returncode) == ("", 0)


def test_the_account_and_the_regions_are_those_of_the_flags(tmp_path):
    options = ["--account-id", "000000000042"]
    server = ServerProcess(tmp_path / "data", regions=[HOME, "eu-west-1", "ap-south-1"], options=options).start()
    assert caller(server) == "000000000042"
    assert regions(server) == {HOME, "eu-west-1", "ap-south-1"}
    copy_id = snapshots.copy(server, snapshots.upload(server, {0: block(1)}), destination="ap-south-1")
    assert snapshots.completed(server, copy_id, "ap-south-1")["OwnerId"] == "000000000042"
    server.stop()


def test_a_flag_beats_the_environment_and_that_the_file(tmp_path):
    config = tmp_path / "ebbstone.toml"
    config.write_text("account_id = '000000000001'\nregions = ['eu-north-1']\nstore = 'unused'\n")
    environment = {
        "EBBSTONE_CONFIG": str(config),
        "EBBSTONE_ACCOUNT_ID": "000000000002",
        "EBBSTONE_REGIONS": f"{HOME},eu-west-3",
        "EBBSTONE_STORE": str(tmp_path / "of-environment"),
    }
    options = ["--account-id", "000000000003"]
    server = ServerProcess(tmp_path / "data", regions=[], options=options, environment=environment).start()
    assert caller(server) == "000000000003"
    assert regions(server) == {HOME, "eu-west-3"}
    assert sorted(path.name for path in (tmp_path / "of-environment").iterdir()) == ["eu-west-3", HOME]
    server.stop()


def test_rows_and_bytes_are_kept_where_the_flags_say(tmp_path):
    store, catalog = tmp_path / "bytes", tmp_path / "rows"
    options = ["--store", str(store), "--catalog", str(catalog)]
    server = ServerProcess(tmp_path / "data", options=options).start()
    snapshot_id = snapshots.upload(server, {0: block(2)})
    server.stop()
    assert list((store / HOME / "snap").rglob(f"{snapshot_id}-*"))
    assert (catalog / f"{HOME}.db").is_file()
    assert not (server.data_dir / "store").exists() and not (server.data_dir / "catalog").exists()
    server.start()
    assert snapshots.read(server, snapshot_id) == {0: block(2)}
    server.stop()


def test_who_calls_is_told_in_a_region_that_is_not_served(tmp_path):
    server = ServerProcess(tmp_path / "data", regions=["eu-west-1"]).start()
    assert caller(server, "us-east-1") == caller(server, "eu-west-1")
    answer = signed_requests.query(server, "DescribeSnapshots", region="us-east-1")
    assert answer.status == 403, answer.text
    server.stop()
