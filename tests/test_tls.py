"""TLS: with a certificate every client speaks it, and without one nobody from outside is served."""

import os
import socket
import ssl
import subprocess
import urllib.parse

import boto3
import botocore.exceptions
import pytest

from certificates import Authority
from server_process import BINARY, HOME, ServerProcess
from test_awscli import AWS

EVERYWHERE = "0.0.0.0:0"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certified(authority, tmp_path_factory):
    """A server with a certificate for the loopback address."""
    files = authority.issue("server", "127.0.0.1")
    server = ServerProcess(tmp_path_factory.mktemp("tls") / "data", options=with_files(*files)).start()
    yield server
    server.stop()


def with_files(certificate, key):
    return ["--tls-certificate", str(certificate), "--tls-key", str(key)]


def caller(server, verify):
    sts = boto3.client(
        "sts",
        region_name=HOME,
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        verify=verify,
    )
    return sts.get_caller_identity()["Account"]


def run(server, *command, **environment):
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables |= {
        "AWS_ACCESS_KEY_ID": server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_REGION": HOME,
        "AWS_DEFAULT_REGION": HOME,
        "HOME": str(server.data_dir.parent),
        **environment,
    }
    return subprocess.run([str(part) for part in command], env=variables, capture_output=True, text=True, timeout=120)


def address(server):
    place = urllib.parse.urlsplit(server.endpoint)
    return "127.0.0.1", place.port


def test_every_client_speaks_tls(certified, authority, account, tmp_path):
    assert certified.endpoint.startswith("https://")
    assert caller(certified, str(authority.file)) == account
    trusting = {"AWS_CA_BUNDLE": str(authority.file)}
    told = run(certified, AWS, "sts", "get-caller-identity", "--query", "Account", "--output", "text", **trusting)
    assert (told.returncode, told.stdout.strip()) == (0, account), told.stderr
    image, restored = tmp_path / "image.raw", tmp_path / "restored.raw"
    image.write_bytes(os.urandom(3 << 20))
    imported = run(certified, BINARY, "import", image, **trusting)
    assert imported.returncode == 0, imported.stderr
    exported = run(certified, BINARY, "export", imported.stdout.split()[0], restored, **trusting)
    assert exported.returncode == 0, exported.stderr
    with open(restored, "rb") as file:
        assert file.read(3 << 20) == image.read_bytes()


def test_the_client_does_not_speak_to_a_server_it_does_not_trust(certified):
    with pytest.raises(botocore.exceptions.SSLError):
        caller(certified, True)
    refused = run(certified, BINARY, "whoami")
    assert refused.returncode == 1 and "certificate" in refused.stderr, refused.stderr


def test_nothing_is_answered_without_tls(certified):
    with socket.create_connection(address(certified), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"HTTP" not in connection.recv(65_536)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_the_versions_that_are_safe_are_spoken(certified, authority, version):
    context = ssl.create_default_context(cafile=str(authority.file))
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(address(certified), timeout=60) as connection:
        with context.wrap_socket(connection, server_hostname="127.0.0.1") as secure:
            assert secure.selected_alpn_protocol() == "http/1.1"


def test_one_that_never_shakes_hands_keeps_out_nobody(certified, authority, account):
    with socket.create_connection(address(certified), timeout=60):
        assert caller(certified, str(authority.file)) == account


@pytest.mark.parametrize(
    ("certificate", "key", "told"),
    [
        ("server.pem", "other.key", "does not belong to the certificate"),
        ("absent.pem", "server.key", "absent.pem"),
        ("server.pem", "absent.key", "absent.key"),
        ("server.key", "server.key", "certificate"),
        ("server.pem", "authority.pem", "authority.pem"),
    ],
)
def test_files_that_do_not_fit_are_refused_at_the_start(authority, tmp_path, certificate, key, told):
    for name in ("server", "other"):
        authority.issue(name, "127.0.0.1")
    options = with_files(authority.folder / certificate, authority.folder / key)
    assert told in ServerProcess(tmp_path / "data", options=options).refuses_to_start()


@pytest.mark.parametrize("half", ["tls_certificate", "tls_key"])
def test_half_of_the_files_is_refused_at_the_start(tmp_path, half):
    config = tmp_path / "ebbstone.toml"
    config.write_text(f"{half} = 'file.pem'\n")
    server = ServerProcess(tmp_path / "data", options=["--config", str(config)])
    assert "tls_certificate and tls_key go together" in server.refuses_to_start()


def test_other_machines_are_not_served_without_tls_unless_it_is_said(tmp_path):
    told = ServerProcess(tmp_path / "refused", listen=EVERYWHERE).refuses_to_start()
    assert "give a TLS certificate, or allow plaintext" in told
    allowed = ServerProcess(tmp_path / "allowed", listen=EVERYWHERE, options=["--allow-plaintext"]).start()
    assert allowed.endpoint.startswith("http://0.0.0.0:")
    assert caller(allowed, None)
    allowed.stop()


def test_other_machines_are_served_with_tls(authority, tmp_path):
    files = authority.issue("everywhere", "0.0.0.0")
    server = ServerProcess(tmp_path / "data", listen=EVERYWHERE, options=with_files(*files)).start()
    assert caller(server, str(authority.file))
    server.stop()
