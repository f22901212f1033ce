"""The rows: put into a catalog past its server, and read by plain SQL for comparison."""

import pathlib
import sqlite3
import subprocess

# Every so many snapshots one has the tag that the filter looks for.
RARE_EVERY = 30_000
PAGE = 1_000
COLUMNS = (
    "account, origin, state, state_message, progress, completion_time, volume_gib, blocks, description, "
    "transfer_minutes, parent, lineage, source_region, source_snapshot, root, domain, bytes_moved, bytes_shared"
)
# Each is like the one snapshot that a server has made, under an id of its own and a second older than the last.
FILL = (
    "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count}) "
    "INSERT INTO snapshots (id, start_time, " + COLUMNS + ") "
    "SELECT 'snap-' || {hex}, start_time - n * 1000, " + COLUMNS + " FROM snapshots, series WHERE id = '{model}'",
    "INSERT INTO tags (account, snapshot, name, value) "
    "SELECT account, id, 'Name', 'machine of ' || id FROM snapshots WHERE id <> '{model}'",
    "INSERT INTO tags (account, snapshot, name, value) "
    "SELECT account, id, 'backup', 'daily' FROM snapshots WHERE id <> '{model}'",
    "INSERT INTO tags (account, snapshot, name, value) "
    "SELECT s.account, s.id, 'rare', 'yes' FROM snapshots s JOIN snapshots m ON m.id = '{model}' "
    "WHERE s.id <> m.id AND ((m.start_time - s.start_time) / 1000) % {rare} = 0",
    "UPDATE account_usage SET snapshots = snapshots + {count}",
)
# Ids do not follow the time: a page is not a range of the table.
MIXED = "(CAST(n AS BIGINT) * 2654435761) % 4294967296 + 1"
# A page by nothing but SQL: the rows that a listing needs, and their tags.
RAW_PAGE = (
    "SELECT * FROM snapshots WHERE deleted = 0 AND account = '{account}' AND start_time < {before} "
    "ORDER BY start_time DESC, id LIMIT " + str(PAGE),
    "SELECT t.* FROM tags t JOIN (SELECT id FROM snapshots WHERE deleted = 0 AND account = '{account}' "
    "AND start_time < {before} ORDER BY start_time DESC, id LIMIT " + str(PAGE) + ") s "
    "ON t.snapshot = s.id WHERE t.account = '{account}'",
)


class SqliteRows:
    """The catalog of a region in a file."""

    processes = ()

    def __init__(self, data_dir, region):
        self.file = pathlib.Path(data_dir, "catalog", f"{region}.db")
        self.connection = None

    def fill(self, count, model):
        with sqlite3.connect(self.file) as connection:
            for statement in FILL:
                text = statement.format(count=count, model=model, rare=RARE_EVERY, hex=f"printf('%017x', {MIXED})")
                connection.execute(text)
        connection.close()

    def one(self, statement):
        with sqlite3.connect(self.file) as connection:
            return connection.execute(statement).fetchone()[0]

    def read_page(self, account, before):
        """How many rows a page has, read by plain SQL in this process."""
        self.connection = self.connection or sqlite3.connect(self.file)
        for statement in RAW_PAGE:
            rows = self.connection.execute(statement.format(account=account, before=before)).fetchall()
        return len(rows)


class PostgresRows:
    """The catalog of a region in a schema, asked through a `psql` that stays connected."""

    def __init__(self, postgres, url, region):
        self.schema = "region_" + region.replace("-", "_")
        command = [str(postgres.programs / "psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", url]
        self.psql = subprocess.Popen(
            command + ["--set", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ask(f"SET search_path = {self.schema}")
        self.postmaster = int(pathlib.Path(postgres.folder, "data", "postmaster.pid").read_text().split()[0])

    def ask(self, statement):
        """The lines that a statement answers."""
        self.psql.stdin.write(f"{statement};\n\\echo END\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline().rstrip("\n")) != "END":
            assert line or self.psql.poll() is None, f"psql ended at {statement}"
            lines.append(line)
        return lines

    def fill(self, count, model):
        for statement in FILL:
            text = statement.format(count=count, model=model, rare=RARE_EVERY, hex=f"lpad(to_hex({MIXED}), 17, '0')")
            self.ask(text)

    def one(self, statement):
        (line,) = self.ask(statement)
        return line

    @property
    def processes(self):
        """Those of the server's processes that each serve a connection; others work when they like."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cmdline").read_text().startswith("postgres: ebbstone "):
                    if int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == self.postmaster:
                        found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def read_page(self, account, before):
        for statement in RAW_PAGE:
            lines = self.ask(statement.format(account=account, before=before))
        return len(lines)

    def close(self):
        self.psql.stdin.close()
        self.psql.wait(30)
