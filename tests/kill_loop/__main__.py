"""The command: its arguments, the places where rows and bytes are kept, the figures at the end."""

import argparse
import contextlib
import pathlib
import random
import secrets
import shutil
import socket
import sys
import time
import traceback

import postgres_server
import seaweedfs_server
from kill_loop.figures import Figures
from kill_loop.rounds import Rounds
from server_process import ServerProcess

BACKENDS = ("sqlite-folder", "sqlite-s3", "postgres-folder", "postgres-s3")
# Below the ports that systems give to outgoing connections, so that nobody takes ours between a kill and a restart.
PORTS = (12_000, 30_000)
PORTS_TRIED_MAX = 100


def main():
    parser = argparse.ArgumentParser(prog="kill_loop", description=__doc__)
    parser.add_argument("rounds", type=int)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--backend", choices=BACKENDS, default=BACKENDS[0])
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="emptied first; kept if a promise is broken")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    print(f"{arguments.rounds} rounds on {arguments.backend}, seed {seed}", flush=True)
    figures = run(arguments, seed)
    if figures.violations:
        print(f"data, log and images are kept in {arguments.folder}")
        return 1
    shutil.rmtree(arguments.folder)
    return 0


def run(arguments, seed):
    """Runs the rounds and prints the figures, however it ends."""
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    figures, began = Figures(), time.monotonic()
    with place(arguments.backend, arguments.folder) as (options, environment):
        server = ServerProcess(
            arguments.folder / "data", options=options, environment=environment, listen=f"127.0.0.1:{free_port()}"
        )
        try:
            Rounds(server.start(), arguments.folder, figures, seed).run(arguments.rounds)
        except Exception as error:
            # Whatever the loop did not get from a live server it was promised.
            traceback.print_exc()
            figures.violated(f"the run ended early: {error!r}")
        finally:
            if server.process and server.process.poll() is None:
                server.kill()
    figures.print(arguments.backend, seed, time.monotonic() - began)
    return figures


@contextlib.contextmanager
def place(backend, folder):
    """The options and the environment of a server that keeps its rows and its bytes on `backend`."""
    catalog, store = backend.split("-")
    options, environment = [], {}
    with contextlib.ExitStack() as stack:
        if catalog == "postgres":
            postgres = postgres_server.start_or_skip()
            stack.callback(postgres.stop)
            options += ["--catalog", postgres.new_database()]
        if store == "s3":
            bucket = seaweedfs_server.start_or_skip(folder / "seaweedfs")
            stack.callback(bucket.stop)
            options += bucket.options(bucket.new_prefix())
            environment.update(bucket.environment())
        yield options, environment


def free_port():
    """A port that stays the server's over restarts: imports go on at the address at which they began."""
    for _ in range(PORTS_TRIED_MAX):
        port = random.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise SystemExit("no port is free")


if __name__ == "__main__":
    sys.exit(main())
