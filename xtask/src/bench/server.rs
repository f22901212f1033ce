//! The server and its client as processes, and what they use.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
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
    metrics: SocketAddr,
}

/// Nanoseconds of CPU that each thread of a server has used, by thread.
pub(super) struct ThreadTimes(BTreeMap<String, u64>);

impl ThreadTimes {
    /// What the threads that are there now have used. The kernel accounts for it by the nanosecond.
    pub(super) fn of(server: &Server) -> Self {
        let tasks = fs::read_dir(format!("/proc/{}/task", server.child.id()));
        let threads = tasks.into_iter().flatten().flatten();
        let times = threads.filter_map(|thread| {
            let used = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            let nanoseconds = used.split(' ').next()?.parse().ok()?;
            Some((thread.file_name().to_string_lossy().into_owned(), nanoseconds))
        });
        Self(times.collect())
    }

    /// Milliseconds that were used since `before`. A thread that ends is idle for seconds before it does.
    pub(super) fn milliseconds_since(&self, before: &Self) -> f64 {
        let of_thread = |(thread, now): (&String, &u64)| {
            now.saturating_sub(before.0.get(thread).copied().unwrap_or_default())
        };
        self.0.iter().map(of_thread).sum::<u64>() as f64 / 1e6
    }
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
        let metrics = free_address().map_err(start)?;
        let mut child = Command::new(&program)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--metrics-listen",
                &metrics.to_string(),
                "--data-dir",
            ])
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
        let server = Self { child, program: program.clone(), data: data.to_owned(), endpoint, metrics };
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
        Self::snapshot_id(&self.run(region, arguments)?)
    }

    /// The id of the snapshot that an answer tells of.
    pub(super) fn snapshot_id(answer: &str) -> Result<String, Failure> {
        let of_snapshot = answer.split("\"SnapshotId\"").nth(1).and_then(|rest| rest.split('"').nth(1));
        of_snapshot
            .map(str::to_owned)
            .ok_or(Failure::Missing { what: "a SnapshotId in the answer", remedy: "read it above" })
    }

    /// Where it answers.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Calls to the object stores of all regions so far, by kind.
    pub(super) fn object_requests(&self) -> Result<BTreeMap<String, u64>, Failure> {
        let ask = || -> std::io::Result<String> {
            let mut connection = TcpStream::connect(self.metrics)?;
            connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = ask().map_err(|source| Failure::Start { program: "the metrics".to_owned(), source })?;
        let counters = answer.lines().filter(|line| line.starts_with("ebbstone_object_requests_total{"));
        let mut requests = BTreeMap::new();
        for (labels, count) in counters.filter_map(|line| line.rsplit_once(' ')) {
            let kind = labels.split("operation=\"").nth(1).and_then(|rest| rest.split('"').next());
            *requests.entry(kind.unwrap_or_default().to_owned()).or_default() += count.parse().unwrap_or(0);
        }
        Ok(requests)
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

/// An address of this machine at which nobody listens.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
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
