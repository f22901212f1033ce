"""Starts that are refused: with one sentence and exit status 1, and with everything left as it was.

What is mended afterwards serves again, and everything is there.
"""

import os
import shutil
import socket
import sqlite3

import pytest

import snapshots
from server_process import AWAY, HOME, ServerProcess
from snapshots import block
from stored_objects import contents, store_folder

BLOCKS = {0: block("startup"), 700: block("startup too")}


class Deployment:
    """A server that has a snapshot in each region and was stopped in good order."""

    def __init__(self, folder):
        self.server = ServerProcess(folder / "data").start()
        self.folder = self.server.data_dir
        home = snapshots.upload(self.server, BLOCKS)
        away = snapshots.copy(self.server, home, destination=AWAY)
        snapshots.completed(self.server, away, AWAY)
        self.snapshots = {HOME: home, AWAY: away}
        self.server.stop()

    def catalog(self, region=HOME):
        return self.folder / "catalog" / f"{region}.db"

    def key(self, region=HOME):
        return self.folder / "regions" / region / "region.key"

    def is_whole(self):
        """Serves, and every snapshot reads as it was written."""
        self.server.start()
        for region, snapshot_id in self.snapshots.items():
            assert snapshots.read(self.server, snapshot_id, region) == BLOCKS
        self.server.stop()


@pytest.fixture
def deployment(tmp_path):
    return Deployment(tmp_path)


def refuses(server, *parts, makes=()):
    """Starting is refused with one sentence, which has these parts; what lay on disk is as it was, and nothing is new
    but what `makes` names by the beginnings of paths. Gives the sentence."""
    before = kept(server)
    before_log = server.log.read_text() if server.log.exists() else ""
    log = server.refuses_to_start().removeprefix(before_log)
    sentences = [line for line in log.splitlines() if line.startswith("ebbstone: ")]
    assert len(sentences) == 1 and log.endswith(sentences[0] + "\n"), log
    for part in parts:
        assert part in sentences[0]
    after = kept(server)
    assert {path: after.get(path) for path in before} == before, "something was changed"
    made = {str(path) for path in after.keys() - before.keys()}
    assert not {path for path in made if not path.startswith(tuple(makes))}, made
    return sentences[0]


def kept(server):
    """{path: bytes} of all that is in the data folder but the local index, which any start may make anew."""
    return {path: data for path, data in contents(server.data_dir).items() if not path.name.startswith("block-index.")}


def test_a_lost_catalog_is_not_begun_anew_beside_its_store(deployment, tmp_path):
    aside = tmp_path / "aside.db"
    for region in (HOME, AWAY):
        shutil.move(deployment.catalog(region), aside)
        made = f"catalog/{region}.db"
        refuses(deployment.server, region, "has snapshots that its catalog does not know", makes=[made])
        # Nor by the next start, which finds the catalog that the first one made.
        refuses(deployment.server, region, "has snapshots that its catalog does not know")
        # A log of the catalog that was made would be taken for that of the one that is put back.
        assert not deployment.catalog(region).with_suffix(".db-wal").exists()
        shutil.move(aside, deployment.catalog(region))
    deployment.is_whole()


def test_a_store_whose_catalog_key_and_check_are_lost_gets_no_new_key(deployment, tmp_path):
    lost = [deployment.catalog(), deployment.key(), store_folder(deployment.server) / "key" / "check"]
    for number, path in enumerate(lost):
        shutil.move(path, tmp_path / str(number))
    refuses(deployment.server, HOME, "has snapshots that its catalog does not know", makes=[f"catalog/{HOME}.db"])
    assert not deployment.key().exists()
    for number, path in enumerate(lost):
        shutil.move(tmp_path / str(number), path)
    deployment.is_whole()


def test_a_lost_key_is_not_replaced(deployment, tmp_path):
    shutil.move(deployment.key(), tmp_path / "aside")
    refuses(deployment.server, HOME, "needs its region key, and there is none here")
    shutil.move(tmp_path / "aside", deployment.key())
    deployment.is_whole()


@pytest.mark.parametrize("text", ["", "not a key", "00" * 31, "zz" * 32])
def test_a_key_file_that_holds_no_key_is_refused(deployment, text):
    right = deployment.key().read_text()
    deployment.key().write_text(text)
    sentence = refuses(deployment.server, f"the key of region {HOME} cannot be read")
    assert not text.strip() or text not in sentence, "what is in a key file is not shown"
    deployment.key().write_text(right)
    deployment.is_whole()


def test_a_key_that_others_can_read_is_refused(deployment):
    deployment.key().chmod(0o644)
    refuses(deployment.server, HOME, "chmod 600")
    deployment.key().chmod(0o600)
    deployment.is_whole()


def test_a_lost_store_is_not_begun_anew_beside_its_catalog(deployment, tmp_path):
    for region in (HOME, AWAY):
        folder = store_folder(deployment.server, region)
        shutil.move(folder, tmp_path / "aside")
        made = [f"store/{region}/lock"]
        refuses(deployment.server, region, "is not the one that its catalog describes", makes=made)
        refuses(deployment.server, region, "is not the one that its catalog describes")
        shutil.rmtree(folder)
        shutil.move(tmp_path / "aside", folder)
    deployment.is_whole()


def test_a_store_that_has_lost_all_snapshots_and_kept_its_check_value_is_refused(deployment, tmp_path):
    folder = store_folder(deployment.server) / "snap"
    shutil.move(folder, tmp_path / "aside")
    refuses(deployment.server, HOME, "is not the one that its catalog describes")
    shutil.move(tmp_path / "aside", folder)
    deployment.is_whole()


def test_a_store_of_another_region_is_refused(deployment, tmp_path):
    def exchange():
        home, away = store_folder(deployment.server), store_folder(deployment.server, AWAY)
        shutil.move(home, tmp_path / "aside")
        shutil.move(away, home)
        shutil.move(tmp_path / "aside", away)

    exchange()
    refuses(deployment.server, HOME, "was made with another region key")
    exchange()
    deployment.is_whole()


def test_a_catalog_of_another_incarnation_of_the_same_store_is_refused(tmp_path):
    server = ServerProcess(tmp_path / "data").start()
    server.stop()
    catalog = server.data_dir / "catalog" / f"{HOME}.db"
    # Nothing is lost with a catalog as long as there are no snapshots: the next start begins anew.
    shutil.move(catalog, tmp_path / "earlier.db")
    server.start()
    snapshot_id = snapshots.upload(server, BLOCKS)
    server.stop()
    shutil.copy(catalog, tmp_path / "later.db")
    shutil.copy(tmp_path / "earlier.db", catalog)
    refuses(server, HOME, "has snapshots that its catalog does not know")
    shutil.copy(tmp_path / "later.db", catalog)
    server.start()
    assert snapshots.read(server, snapshot_id) == BLOCKS
    server.stop()


@pytest.mark.parametrize("name", [HOME, AWAY, "deployment"])
def test_a_catalog_of_a_later_release_is_refused(deployment, name):
    def execute(sql):
        connection = sqlite3.connect(deployment.catalog(name))
        with connection:
            connection.execute(sql)
        connection.close()

    execute("INSERT INTO schema_version (version) VALUES (7)")
    known = 1 if name == "deployment" else 2
    refuses(deployment.server, f"the catalog has schema version 7; this release knows versions up to {known}")
    execute("DELETE FROM schema_version WHERE version = 7")
    deployment.is_whole()


@pytest.mark.parametrize("name", [HOME, "deployment"])
def test_a_file_that_is_no_catalog_is_refused(deployment, tmp_path, name):
    shutil.move(deployment.catalog(name), tmp_path / "aside.db")
    deployment.catalog(name).write_bytes(b"this is not a database\n" * 1_000)
    refuses(deployment.server, "catalog")
    shutil.move(tmp_path / "aside.db", deployment.catalog(name))
    deployment.is_whole()


@pytest.mark.parametrize("place", ["", "catalog", "store", "regions"])
def test_a_file_where_a_folder_should_be_is_refused(tmp_path, place):
    server = ServerProcess(tmp_path / "data")
    blocked = server.data_dir / place
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("in the way")
    log = server.refuses_to_start()
    assert log.splitlines()[-1].startswith("ebbstone: cannot "), log
    assert str(blocked) in log
    assert blocked.read_text() == "in the way"


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--catalog", "a folder for SQLite files, or a postgres:// URL"),
        ("--store", "a folder, or s3://BUCKET/PREFIX"),
        ("--data-dir", "a folder"),
    ],
)
def test_who_names_a_file_is_told_that_a_folder_is_expected(tmp_path, option, expected):
    file = tmp_path / "catalog.db"
    file.write_text("here already")
    data = file if option == "--data-dir" else tmp_path / "data"
    options = [] if option == "--data-dir" else [option, str(file)]
    log = ServerProcess(data, options=options).refuses_to_start()
    assert log.splitlines()[-1] == f"ebbstone: cannot use {file} ({option}): it is no folder; give {expected}"
    assert file.read_text() == "here already" and list(tmp_path.glob("data/*")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
@pytest.mark.parametrize("place", ["", "catalog", "store", f"store/{HOME}"])
def test_a_folder_that_may_not_be_entered_is_refused(deployment, place):
    folder = deployment.folder / place
    folder.chmod(0)
    try:
        assert deployment.server.refuses_to_start().splitlines()[-1].startswith("ebbstone: cannot ")
    finally:
        folder.chmod(0o700)
    deployment.is_whole()


def test_a_second_process_on_the_same_data_is_refused_and_the_first_goes_on(deployment):
    first = deployment.server.start()
    second = ServerProcess(deployment.folder)
    second.log = deployment.folder.parent / "second.log"
    log = second.refuses_to_start()
    assert f"another process uses the data folder {deployment.folder}" in log.splitlines()[-1]
    assert snapshots.read(first, deployment.snapshots[HOME]) == BLOCKS
    snapshots.upload(first, {0: block("after the second")})
    first.stop()
    deployment.is_whole()


def test_a_second_process_on_the_same_store_is_refused_and_the_first_goes_on(deployment, tmp_path):
    first = deployment.server.start()
    second = ServerProcess(tmp_path / "second", options=["--store", str(deployment.folder / "store")])
    log = second.refuses_to_start()
    assert f"cannot use the store folder {deployment.folder / 'store'}" in log.splitlines()[-1]
    assert snapshots.read(first, deployment.snapshots[HOME]) == BLOCKS
    first.stop()
    deployment.is_whole()


@pytest.mark.parametrize("which", ["listen", "metrics_listen"])
def test_an_address_that_is_taken_is_refused(deployment, which):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        setattr(deployment.server, which, address)
        refuses(deployment.server, f"cannot listen on {address}")
    setattr(deployment.server, which, "127.0.0.1:0")
    deployment.is_whole()


def test_a_start_that_fails_in_one_region_leaves_the_other_whole(deployment):
    key = deployment.key(AWAY)
    right = key.read_text()
    key.write_text("00" * 32)
    refuses(deployment.server, AWAY, "was made with another region key")
    key.write_text(right)
    deployment.is_whole()
