"""A private PostgreSQL server, with a database for whoever asks."""

import os
import pathlib
import shutil
import subprocess

import pytest

PROGRAMS = ("initdb", "postgres", "pg_isready", "createdb")
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30

# The shell holds the server and ends it when its standard input ends: then the tests have ended, in whatever way.
# Nothing that keeps committed rows is switched off: a catalog refuses such a server.
HOLD = r"""
dir=$(mktemp -d "$2/ebbstone-postgres.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -A trust -U ebbstone -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 ||
    { cat "$dir/log" >&2; exit 1; }
"$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=400 >>"$dir/log" 2>&1 &
pid=$!
until "$1/pg_isready" -q -h "$dir"; do
    kill -0 $pid || { cat "$dir/log" >&2; exit 1; }
    sleep 0.1
done
echo "$dir"
read -r _
kill -INT $pid
wait $pid
"""


def programs():
    """The folder of the server's programs, or None: named by `EBBSTONE_POSTGRES_BIN`, or that of `initdb` in PATH."""
    named = os.environ.get("EBBSTONE_POSTGRES_BIN")
    initdb = shutil.which("initdb")
    folder = pathlib.Path(named) if named else initdb and pathlib.Path(initdb).resolve().parent
    return folder if folder and all((folder / name).is_file() for name in PROGRAMS) else None


class PostgresServer:
    """The server as a process. It listens on a socket in a folder of its own and nowhere else."""

    def __init__(self, folder_of_programs):
        self.programs = folder_of_programs
        self.folder = None
        self._shell = None
        self._databases = 0

    def start(self):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"
        # The server does not run as root.
        identity = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        self._shell = subprocess.Popen(
            [*identity, "sh", "-c", HOLD, "sh", str(self.programs), base],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            text=True,
            start_new_session=True,
        )
        self.folder = self._shell.stdout.readline().strip()
        assert self.folder, "PostgreSQL did not start; what it said is above"
        return self

    def new_database(self):
        """The URL of a database with nothing in it."""
        self._databases += 1
        name = f"tests_{self._databases}"
        command = [str(self.programs / "createdb"), "-h", self.folder, "-U", "ebbstone", name]
        subprocess.run(command, check=True, timeout=READY_SECONDS_MAX)
        return f"postgres://ebbstone@localhost/{name}?host={self.folder}"

    def stop(self):
        self._shell.stdin.close()
        self._shell.wait(STOP_SECONDS_MAX)


def start_or_skip():
    """A running server. Without its programs the test is skipped; it fails if `EBBSTONE_REQUIRE_POSTGRES` is 1."""
    found = programs()
    if found is None:
        reason = "NO POSTGRESQL: EBBSTONE_POSTGRES_BIN names no folder with its programs, and PATH has none"
        if os.environ.get("EBBSTONE_REQUIRE_POSTGRES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return PostgresServer(found).start()
