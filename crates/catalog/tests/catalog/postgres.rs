//! The PostgreSQL server of this test process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// A private server. A shell holds it: when this process ends, however it ends, the shell's input ends, and it
/// stops the server and removes its directory.
struct Server {
    url: String,
    _shell: Option<Child>,
}

/// The server's URL, or nothing if there is none on this machine.
pub(crate) fn url() -> Option<&'static str> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var("EBBSTONE_TEST_POSTGRES") {
            return Some(Server { url, _shell: None });
        }
        let server = start();
        if server.is_none() {
            let required = std::env::var("EBBSTONE_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
            assert!(!required, "PostgreSQL is required and there is none");
            eprintln!("*** NO POSTGRESQL ON THIS MACHINE: EVERY TEST OF IT IS SKIPPED ***");
        }
        server
    });
    server.as_ref().map(|server| server.url.as_str())
}

const SHELL: &str = r#"
base=/tmp
test -d /dev/shm && test -w /dev/shm && base=/dev/shm
dir=$(mktemp -d "$base/ebbstone-catalog-test.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -A trust -U ebbstone -E UTF8 --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=en >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=400 \
    -c deadlock_timeout=100ms >>"$dir/log" 2>&1 &
pid=$!
until "$1/pg_isready" -q -h "$dir"; do
    kill -0 $pid || { cat "$dir/log" >&2; exit 1; }
    sleep 0.1
done
echo "$dir"
cat >/dev/null
kill -INT $pid
wait $pid
"#;

fn start() -> Option<Server> {
    let programs = programs()?;
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", SHELL, "sh"]).arg(programs).current_dir("/");
    let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut directory = String::new();
    BufReader::new(shell.stdout.take()?).read_line(&mut directory).ok()?;
    let directory = directory.trim();
    if directory.is_empty() {
        return None;
    }
    let url = format!("postgres://ebbstone@localhost/postgres?host={directory}");
    Some(Server { url, _shell: Some(shell) })
}

/// The directory of `initdb` and `postgres`.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        candidates.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    candidates.into_iter().find(|directory| {
        ["initdb", "postgres", "pg_isready"].iter().all(|program| Path::new(directory).join(program).exists())
    })
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
