"""`ebbstone config check`: says what `serve` would do, starts nothing, and tells no secret."""

import os
import subprocess

import pytest

from server_process import BINARY


def check(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EBBSTONE_")}
    return subprocess.run(
        [str(BINARY), "config", "check", *map(str, arguments)],
        env={**kept, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_outcome_of_all_sources_is_shown_and_nothing_is_started(tmp_path):
    config = tmp_path / "ebbstone.toml"
    config.write_text("account_id = '000000000007'\nmetrics_listen = '127.0.0.1:1'\nregions = ['eu-north-1']\n")
    data = tmp_path / "data"
    environment = {"EBBSTONE_DATA_DIR": str(data), "EBBSTONE_REGIONS": "eu-west-2"}
    done = check("--config", config, "--listen", "127.0.0.1:3", **environment)
    assert done.returncode == 0, done.stderr
    for part in (str(data), "127.0.0.1:3", "127.0.0.1:1", "000000000007", "eu-west-2", str(data / "store")):
        assert part in done.stdout, part
    assert "eu-north-1" not in done.stdout, "the environment beats the file"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ebbstone.toml"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "data_dir"),
        ("data_dir = '/d'\nlisten = '0.0.0.0:80'", "give a TLS certificate, or allow plaintext"),
        ("data_dir = '/d'\nregions = ['a', 'b', 'a']", "named twice"),
        ("data_dir = '/d'\nmisspelt = 1", "misspelt"),
        ("data_dir = '/d'\n[limits]\ncopies_in_flight = -1", "copies_in_flight"),
        ("data_dir = '/d'\n[limits]\nmisspelt = 1", "misspelt"),
        ("data_dir = '/d'\nstore = 'gs://bucket'", "is not a place for the store"),
        ("data_dir = '/d'\naccount_id = '12'", "account_id"),
        ("data_dir = '/d'\ntls_key = 'x'", "go together"),
        ("data_dir = '/d", "is not valid"),
    ],
)
def test_what_is_wrong_is_said_by_name(tmp_path, text, told):
    config = tmp_path / "ebbstone.toml"
    config.write_text(text)
    done = check("--config", config)
    assert done.returncode != 0
    assert told in done.stderr, done.stderr
    assert done.stdout == "" and "panicked" not in done.stderr


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = check("--config", tmp_path / "absent.toml", "--data-dir", tmp_path / "data")
    assert done.returncode != 0 and "absent.toml" in done.stderr


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_the_password_of_a_catalog_is_not_shown(tmp_path, way):
    url = "postgres://someone:hush-hush@127.0.0.1:9/none"
    config = tmp_path / "ebbstone.toml"
    config.write_text(f"catalog = '{url}'\n" if way == "file" else "")
    arguments = ["--config", config, "--data-dir", tmp_path / "data"]
    arguments += ["--catalog", url] if way == "flag" else []
    done = check(*arguments, **({"EBBSTONE_CATALOG": url} if way == "environment" else {}))
    assert done.returncode == 0, done.stderr
    assert "hush-hush" not in done.stdout + done.stderr
    told = check("--help", EBBSTONE_CATALOG=url)
    assert told.returncode == 0 and "hush-hush" not in told.stdout
