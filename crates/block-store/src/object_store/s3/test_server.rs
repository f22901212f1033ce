//! A SeaweedFS server for tests, which checks signatures and knows conditional writes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStoreExt, PutPayload};

use super::{S3Addressing, S3Credentials, S3Settings};

/// A running server, which all tests of a process share.
struct TestServer {
    /// A shell that ends the server and removes what it left once this process is no more, however it ends: then
    /// the shell's standard input does.
    _watch: Child,
    port: u16,
    log: PathBuf,
}

pub(crate) const KEY_ID: &str = "AKIDOFTHETESTS";
pub(crate) const SECRET: &str = "secret-of-the-tests";
const BUCKET: &str = "snapshots";
const READY_WITHIN: Duration = Duration::from_secs(90);

/// What the shell does: `read` returns when nobody can write to its standard input any more.
const WATCH: &str = r#""$0" "$@" & read -r _; kill -9 $!; wait; rm -rf "$FOLDER" $SOCKETS"#;

static RUNNING: OnceLock<TestServer> = OnceLock::new();

/// Settings for a bucket under `prefix`, or nothing where there is no program to run; that is said loudly.
///
/// # Panics
/// If the server does not get ready, or if the program is missing and `EBBSTONE_REQUIRE_S3` is `1`.
pub(crate) async fn start(prefix: &str) -> Option<S3Settings> {
    let Some(program) = std::env::var_os("EBBSTONE_SEAWEEDFS") else {
        assert!(
            std::env::var_os("EBBSTONE_REQUIRE_S3").is_none_or(|value| value != "1"),
            "EBBSTONE_REQUIRE_S3 is 1, and EBBSTONE_SEAWEEDFS does not name the server's program"
        );
        // Not a print macro: those are kept from sight where a test passes.
        writeln!(std::io::stderr(), "SKIPPED: S3 test {prefix}: EBBSTONE_SEAWEEDFS is not set")
            .expect("writes");
        return None;
    };
    let server = RUNNING.get_or_init(|| TestServer::spawn(&program));
    server.make_bucket().await;
    Some(server.settings(prefix))
}

impl TestServer {
    fn spawn(program: &OsStr) -> Self {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let path = |name: &str| folder.join(name).into_os_string().into_string().expect("text");
        fs::create_dir(path("data")).expect("creates");
        let identities = format!(
            r#"{{"identities":[{{"name":"tests","credentials":[{{"accessKey":"{KEY_ID}","secretKey":"{SECRET}"}}],
            "actions":["Admin","Read","Write","List"]}}]}}"#
        );
        fs::write(path("identities"), identities).expect("writes");
        let ports = free_ports::<8>();
        let names =
            ["s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc"];
        let names = names.into_iter().chain(["volume.port", "volume.port.grpc"]);
        // The server puts these there whatever it is told, and leaves them.
        let sockets = ["s3", "filer", "master", "volume"].into_iter().zip(ports.iter().skip(1).step_by(2));
        let sockets = sockets.map(|(part, port)| format!("/tmp/seaweedfs-{part}-grpc-{port}.sock"));
        let log = File::create(path("log")).expect("creates");
        let watch = Command::new("sh")
            .args(["-c", WATCH])
            .arg(program)
            .args(["-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"])
            .args(names.zip(ports).map(|(name, port)| format!("-{name}={port}")))
            .args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", "-master.telemetry=false"])
            .args(["-volume.max=32", "-master.volumeSizeLimitMB=128", "-volume.preStopSeconds=0"])
            .arg(format!("-dir={}", path("data")))
            .arg(format!("-s3.config={}", path("identities")))
            .arg(format!("-s3.localSocket={}", path("s3.sock")))
            .arg(format!("-filer.localSocket={}", path("filer.sock")))
            .current_dir(&folder)
            .env("FOLDER", &folder)
            .env("SOCKETS", sockets.collect::<Vec<_>>().join(" "))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("a shell");
        Self { _watch: watch, port: ports[0], log: folder.join("log") }
    }

    fn settings(&self, prefix: &str) -> S3Settings {
        S3Settings {
            bucket: BUCKET.into(),
            region: "us-east-1".into(),
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            addressing: S3Addressing::Path,
            prefix: prefix.into(),
            credentials: S3Credentials::AccessKey {
                id: KEY_ID.into(),
                secret: SECRET.to_owned().into(),
                session_token: None,
            },
        }
    }

    /// Makes the bucket; trying it is how to know that the server is ready.
    async fn make_bucket(&self) {
        // With the bucket taken for a part of the host, an empty object of its name is the bucket itself.
        let client = AmazonS3Builder::new()
            .with_endpoint(format!("http://127.0.0.1:{}", self.port))
            .with_virtual_hosted_style_request(true)
            .with_allow_http(true)
            .with_bucket_name(BUCKET)
            .with_region("us-east-1")
            .with_access_key_id(KEY_ID)
            .with_secret_access_key(SECRET)
            .build()
            .expect("a client");
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            match client.put(&BUCKET.into(), PutPayload::new()).await {
                Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => return,
                Err(error) if Instant::now() > deadline => {
                    let log = fs::read_to_string(&self.log).unwrap_or_default();
                    panic!("the server does not get ready: {error}\n{log}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }
}

/// Ports of the loopback address that are free now, all different.
fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}
