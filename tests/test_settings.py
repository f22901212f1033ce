"""What the binary takes from its environment and its configuration file, and how it shows that."""

import json
import os
import subprocess
import tomllib

import pytest

from server_process import BINARY, ServerProcess

USAGE = 2


def check(*options, status=0, **variables):
    """Runs `config check`, which must end with this exit code, with nothing but these variables; its process."""
    done = subprocess.run(
        [str(BINARY), "config", "check", *map(str, options)],
        env={"PATH": os.environ["PATH"], **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.parametrize(
    "word, meant", [("1", True), ("yes", True), ("on", True), ("true", True), ("0", False), ("off", False), ("no", False)]
)
def test_booleans_of_the_environment_may_be_said_in_many_ways(word, meant):
    shown = check("--data-dir", "/d", EBBSTONE_ALLOW_PLAINTEXT=word).stdout
    assert tomllib.loads(shown)["allow_plaintext"] is meant
    refused = check("--data-dir", "/d", status=USAGE, EBBSTONE_ALLOW_PLAINTEXT="maybe")
    assert "maybe" in refused.stderr


def test_the_log_is_json_if_the_environment_says_so_with_a_one(tmp_path):
    server = ServerProcess(tmp_path / "data", environment={"EBBSTONE_LOG_JSON": "1", "EBBSTONE_LOG": "info"}).start()
    server.stop()
    lines = server.log.read_text().splitlines()
    assert lines and all(json.loads(line)["level"] for line in lines)


def test_a_log_filter_that_is_none_is_refused(tmp_path):
    server = ServerProcess(tmp_path / "data", environment={"EBBSTONE_LOG": "service=loud=er"})
    assert "EBBSTONE_LOG is `service=loud=er`, which is no filter" in server.refuses_to_start()


def test_the_configuration_is_shown_as_a_file_that_means_the_same(tmp_path):
    file = tmp_path / "ebbstone.toml"
    file.write_text('data_dir = "/d"\nregions = ["eu-west-1"]\ncompat = "2019-11-15"\n[limits]\nmemory_mib = 64\n')
    options = ["--config", file, "--listen", "127.0.0.1:9000"]
    shown = check(*options).stdout
    meant = tomllib.loads(shown)
    assert (meant["data_dir"], meant["listen"], meant["regions"]) == ("/d", "127.0.0.1:9000", ["eu-west-1"])
    assert (meant["compat"]["presigned_url"], meant["limits"]["memory_mib"]) == ("require", 64)
    assert (meant["store"], meant["catalog"]) == ("/d/store", "/d/catalog")
    assert json.loads(check(*options, "--json").stdout) == meant
    again = tmp_path / "again.toml"
    again.write_text(shown)
    assert check("--config", again).stdout == shown


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["toml", "json"])
def test_secrets_are_not_shown(tmp_path, form):
    secrets = {
        "EBBSTONE_CATALOG": "postgres://user:hunter2@db.local:5432/ebbstone?sslpassword=hunter2",
        "EBBSTONE_ROOT_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "EBBSTONE_ROOT_SECRET_ACCESS_KEY": "hunter2-root",
        "EBBSTONE_STORE": "s3://bucket/prefix",
        "EBBSTONE_S3_ENDPOINT": "http://user:hunter2@s3.local:9000",
        "AWS_SECRET_ACCESS_KEY": "hunter2-s3",
    }
    shown = check("--data-dir", "/d", *form, **secrets)
    assert "hunter2" not in shown.stdout + shown.stderr
    assert "postgres://db.local:5432/ebbstone" in shown.stdout and "s3.local:9000" in shown.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "elvish", "powershell"])
def test_every_shell_gets_a_script_that_knows_the_commands(shell):
    done = subprocess.run([str(BINARY), "completions", shell], capture_output=True, text=True, timeout=60, check=True)
    assert all(word in done.stdout for word in ["whoami", "export", "trust-parent"])


def test_bash_completes_a_command():
    script = f"""source <({BINARY} completions bash)
COMP_WORDS=(ebbstone exp) COMP_CWORD=1
_ebbstone ebbstone exp ebbstone
echo "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["export"]
