"""The command: fills a catalog of each engine, starts a server on it, walks all pages, prints figures and judges."""

import argparse
import contextlib
import pathlib
import re
import shutil
import statistics
import time
import urllib.parse

import postgres_server
import signed_requests
import snapshots
from describe_bench import cpu
from describe_bench.rows import PAGE, RARE_EVERY, PostgresRows, SqliteRows
from server_process import HOME, ServerProcess

# Rows that a paged call looks at before it answers with what it has.
SCANNED_MAX = 10_000
# Pages of which the median is taken, at each depth.
PAGES_AT_A_DEPTH = 9
# Bounds of CPU time, each in proportion to something of the same run.
DEEPEST_TO_FIRST_MAX = 1.5
DATABASE_TO_RAW_MAX = 3.0
# With SQLite the database is in the server, and so are the request and the encoding of the answer.
SERVER_TO_RAW_MAX = 5.0
SCAN_TO_PAGES_MAX = 1.5
START_TO_EMPTY_MAX = 2.0


def main():
    parser = argparse.ArgumentParser(prog="describe_bench", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="emptied first and removed at the end")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), required=True)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, arguments.folder)
        over = measure(stack, arguments)
    for line in over:
        print(f"OVER ITS BOUND: {line}")
    return 1 if over else 0


def measure(stack, arguments):
    count, options = arguments.count, []
    if arguments.engine == "postgres":
        postgres = postgres_server.start_or_skip()
        stack.callback(postgres.stop)
        url = postgres.new_database()
        options = ["--catalog", url]
    server = ServerProcess(arguments.folder / "data", options=options)
    stack.callback(lambda: server.process.poll() is None and server.kill())
    server.start()
    model = snapshots.upload(server, {0: snapshots.block(1)})
    server.stop()
    empty_ms, empty_cpu = started(server)
    server.stop()
    if arguments.engine == "postgres":
        rows = PostgresRows(postgres, url, HOME)
        stack.callback(rows.close)
    else:
        rows = SqliteRows(server.data_dir, HOME)
    rows.fill(count - 1, model)
    full_ms, full_cpu = started(server)
    print(f"\n{arguments.engine}: {count} snapshots")
    print(f"{'start until ready':<34} {full_ms:>8.0f} ms {full_cpu:>8.1f} ms CPU")
    print(f"{'... with one snapshot':<34} {empty_ms:>8.0f} ms {empty_cpu:>8.1f} ms CPU")
    judge = Judge()
    judge.at_most("CPU of the start, to that of one snapshot", full_cpu / empty_cpu, START_TO_EMPTY_MAX)
    pages = walk(server, rows)
    pages_of_listing(pages, count, judge)
    raw = raw_pages(rows, count)
    print(f"{'the same page in plain SQL':<34} {raw.ms:>8.1f} ms {raw.cpu:>8.2f} ms CPU")
    some = pages[:PAGES_AT_A_DEPTH]
    if rows.processes:
        database = statistics.median(page.database_cpu for page in some)
        judge.at_most("CPU of the database for a page, to plain SQL", database / raw.cpu, DATABASE_TO_RAW_MAX)
    else:
        whole = statistics.median(page.server_cpu for page in some)
        judge.at_most("CPU of the server for a page, to plain SQL", whole / raw.cpu, SERVER_TO_RAW_MAX)
    found_rarely(server, rows, count, pages, judge)
    server.stop()
    return judge.over


class Judge:
    """Prints what is judged, and keeps what is over its bound."""

    def __init__(self):
        self.over = []

    def at_most(self, what, value, most):
        print(f"{what}: {value:.2f} (bound {most})")
        if value > most:
            self.over.append(f"{what}: {value:.2f}, and not {most}")

    def equal(self, what, value, expected):
        print(f"{what}: {value} (expected {expected})")
        if value != expected:
            self.over.append(f"{what}: {value}, and not {expected}")


class Page:
    """What one call gave, and took."""

    def __init__(self, text, ms, server_cpu, database_cpu):
        self.ids = re.findall(r"<snapshotId>([^<]*)</snapshotId>", text)
        token = re.search(r"<nextToken>([^<]*)</nextToken>", text)
        self.token = token.group(1) if token else None
        self.ms, self.server_cpu, self.database_cpu = ms, server_cpu, database_cpu
        self.cpu = server_cpu + database_cpu


def started(server):
    """Milliseconds until the server is ready, and of its CPU time until then."""
    began = time.monotonic()
    server.start()
    return (time.monotonic() - began) * 1e3, cpu.of_process(server.process.pid)


def walk(server, rows, **parameters):
    """Every page of a listing, in its order."""
    connection, pages, token = signed_requests.connect(server), [], {}
    while True:
        form = {"Action": "DescribeSnapshots", "Version": signed_requests.VERSION, "MaxResults": PAGE}
        body = urllib.parse.urlencode({**form, **parameters, **token}).encode()
        headers = signed_requests.sign(server, "POST", "/", body, {"Content-Type": signed_requests.FORM})
        before = (cpu.of_process(server.process.pid), cpu.of_all(rows.processes), time.monotonic())
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        ms = (time.monotonic() - before[2]) * 1e3
        page = Page(text, ms, cpu.of_process(server.process.pid) - before[0], cpu.of_all(rows.processes) - before[1])
        pages.append(page)
        if page.token is None:
            connection.close()
            return pages
        token = {"NextToken": page.token}


def pages_of_listing(pages, count, judge):
    ids = [id for page in pages for id in page.ids]
    middle = len(pages) // 2
    depths = {
        "first": pages[:PAGES_AT_A_DEPTH],
        "middle": pages[middle : middle + PAGES_AT_A_DEPTH],
        "last": [page for page in pages if len(page.ids) == PAGE][-PAGES_AT_A_DEPTH:],
    }
    of_depth = {}
    for depth, some in depths.items():
        of_depth[depth] = statistics.median(page.cpu for page in some)
        ms = statistics.median(page.ms for page in some)
        server_cpu = statistics.median(page.server_cpu for page in some)
        print(f"{f'page of {PAGE}, {depth}':<34} {ms:>8.1f} ms {of_depth[depth]:>8.2f} ms CPU, {server_cpu:.2f} of it the server's")
    judge.equal("snapshots in all pages, each once", len(set(ids)) if len(set(ids)) == len(ids) else -1, count)
    judge.equal("pages", len(pages), -(-count // PAGE))
    for depth in ("middle", "last"):
        judge.at_most(f"CPU of a {depth} page, to a first one", of_depth[depth] / of_depth["first"], DEEPEST_TO_FIRST_MAX)


def raw_pages(rows, count):
    """The median of pages by plain SQL."""
    account = rows.one("SELECT account FROM snapshots LIMIT 1")
    newest = int(rows.one("SELECT MAX(start_time) FROM snapshots"))
    taken = []
    for number in range(PAGES_AT_A_DEPTH + 1):
        processes = rows.processes
        before = (time.thread_time(), cpu.of_all(processes), time.monotonic())
        assert rows.read_page(account, newest - number * (count // 20) * 1000) > 0
        in_here, in_database = (time.thread_time() - before[0]) * 1e3, cpu.of_all(processes) - before[1]
        taken.append(Page("", (time.monotonic() - before[2]) * 1e3, 0 if processes else in_here, in_database))
    # The first reads the file.
    return sorted(taken[1:], key=lambda page: page.cpu)[PAGES_AT_A_DEPTH // 2]


def found_rarely(server, rows, count, pages, judge):
    found = walk(server, rows, **{"Filter.1.Name": "tag:rare", "Filter.1.Value.1": "yes"})
    ids = [id for page in found for id in page.ids]
    cpu_of_call = statistics.median(page.cpu for page in found)
    ms = statistics.median(page.ms for page in found)
    print(f"{'call with a filter, tag:rare=yes':<34} {ms:>8.1f} ms {cpu_of_call:>8.2f} ms CPU")
    judge.equal("found by the filter", len(ids), (count - 1) // RARE_EVERY)
    # A call ends after so many rows whether or not there are more, so that the last one may find none.
    judge.equal("calls", len(found), count // SCANNED_MAX + 1)
    of_pages = statistics.median(page.cpu for page in pages) * min(SCANNED_MAX, count) / PAGE
    judge.at_most("CPU of a call with a filter, to pages of as many rows", cpu_of_call / of_pages, SCAN_TO_PAGES_MAX)


if __name__ == "__main__":
    raise SystemExit(main())
