//! The server and its client as processes, and what they use.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;

pub(super) const HOME: &str = "us-east-1";
pub(super) const AWAY: &str = "us-west-2";
const KEY: &str = "AKIABENCH";
const SECRET: &str = "bench-secret";
/// Ticks of the kernel's CPU accounting in a second: 100 on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A server of two regions on an empty folder.
pub(super) struct Server {
    child: Child,
    program: PathBuf,
    data: PathBuf,
    endpoint: String,
}

/// What has been used so far.
pub(super) struct Usage {
    /// CPU seconds of the server.
    pub(super) server_cpu: f64,
    /// CPU seconds of all clients that have ended.
    pub(super) client_cpu: f64,
    /// Bytes of all objects of all regions.
    pub(super) stored_bytes: u64,
}

impl Server {
    pub(super) fn start(root: &Path, data: &Path) -> Result<Self, Failure> {
        let program = root.join("target/release/ebbstone");
        let start = |source| Failure::Start { program: program.display().to_string(), source };
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .env("EBBSTONE_ROOT_ACCESS_KEY_ID", KEY)
            .env("EBBSTONE_ROOT_SECRET_ACCESS_KEY", SECRET)
            .env("EBBSTONE_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(start)?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(start)?;
        }
        let endpoint = line.trim().strip_prefix("ready ").unwrap_or_default().to_owned();
        let server = Self { child, program: program.clone(), data: data.to_owned(), endpoint };
        match server.endpoint.is_empty() {
            true => Err(Failure::Missing { what: "the server's ready line", remedy: "read its log above" }),
            false => Ok(server),
        }
    }

    /// Runs a client command and gives its output.
    pub(super) fn run(&self, region: &str, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--json", "--endpoint-url", &self.endpoint, "--region", region]);
        command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET).stderr(Stdio::inherit());
        let start = |source| Failure::Start { program: self.program.display().to_string(), source };
        let output = command.output().map_err(start)?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Failure::Program { command: arguments.join(" "), status: output.status }),
        }
    }

    /// Runs a client command and gives the id of the snapshot that it made.
    pub(super) fn snapshot(&self, region: &str, arguments: &[&str]) -> Result<String, Failure> {
        let answer = self.run(region, arguments)?;
        let of_snapshot = answer.split("\"SnapshotId\"").nth(1).and_then(|rest| rest.split('"').nth(1));
        of_snapshot
            .map(str::to_owned)
            .ok_or(Failure::Missing { what: "a SnapshotId in the answer", remedy: "read it above" })
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            server_cpu: cpu_seconds(&format!("/proc/{}/stat", self.child.id()), [13, 14]),
            client_cpu: cpu_seconds("/proc/self/stat", [15, 16]),
            stored_bytes: bytes_below(&self.data.join("store")),
        }
    }

    /// The most memory that the server has had resident, in KiB.
    pub(super) fn resident_kib_max(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(u64::MAX)
    }

    pub(super) fn stop(&mut self) {
        // Its data is thrown away next, so it need not end in good order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sum of two fields of a `/proc/PID/stat`, counted from 0, in seconds. The second field may hold spaces.
fn cpu_seconds(path: &str, fields: [usize; 2]) -> f64 {
    let stat = fs::read_to_string(path).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let values = after_name.split(' ').collect::<Vec<_>>();
    let ticks =
        fields.map(|field| values.get(field - 2).and_then(|value| value.parse::<f64>().ok()).unwrap_or(0.0));
    (ticks[0] + ticks[1]) / TICKS_PER_SECOND
}

fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() && entry.file_name() != "staging" => bytes_below(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    });
    sizes.sum()
}
