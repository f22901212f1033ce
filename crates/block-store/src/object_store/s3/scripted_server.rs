//! An S3 server of a few lines for tests, which can be told to misbehave.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request that writes.
pub(super) enum Fault {
    /// Answers so, and does nothing.
    Answer(u16, &'static str),
    /// Does as asked and breaks the connection.
    LoseAnswer,
    /// Breaks the connection.
    LoseRequest,
    /// Never answers.
    Hang,
}

/// What the server makes of `If-None-Match`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Kept,
    Ignored,
    NotImplemented,
}

/// Everything the server has and does.
pub(super) struct Script {
    pub(super) objects: BTreeMap<String, Vec<u8>>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) condition: Condition,
    /// The answer to every listing.
    pub(super) listing: String,
    /// Methods of all requests, in order.
    pub(super) methods: Vec<String>,
}

pub(super) struct ScriptedServer {
    pub(super) endpoint: String,
    script: Arc<Mutex<Script>>,
}

struct Request {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl ScriptedServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let script = Arc::new(Mutex::new(Script {
            objects: BTreeMap::new(),
            faults: VecDeque::new(),
            condition: Condition::Kept,
            listing: "<ListBucketResult/>".into(),
            methods: Vec::new(),
        }));
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&shared)));
            }
        });
        Self { endpoint, script }
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no test panics with it")
    }

    /// The methods of the requests since this was last asked.
    pub(super) fn take_methods(&self) -> String {
        std::mem::take(&mut self.script().methods).join(" ")
    }
}

async fn serve(mut connection: TcpStream, script: Arc<Mutex<Script>>) {
    let Some(request) = read_request(&mut connection).await else { return };
    let answer = {
        let mut script = script.lock().expect("no test panics with it");
        script.methods.push(request.method.clone());
        let fault = if request.method == "PUT" { script.faults.pop_front() } else { None };
        match fault {
            None => script.answer(&request),
            Some(Fault::Answer(status, body)) => answer(status, "", body.as_bytes()),
            Some(Fault::LoseRequest) => return,
            Some(Fault::LoseAnswer) => {
                script.answer(&request);
                return;
            }
            Some(Fault::Hang) => Vec::new(),
        }
    };
    if answer.is_empty() {
        std::future::pending::<()>().await;
    }
    let _ = connection.write_all(&answer).await;
}

impl Script {
    fn answer(&mut self, request: &Request) -> Vec<u8> {
        if request.target.contains("list-type=2") {
            return answer(200, "", self.listing.as_bytes());
        }
        let present = self.objects.get(&request.target);
        match (request.method.as_str(), present) {
            ("PUT", present) => {
                if request.headers.contains_key("if-none-match") {
                    match self.condition {
                        Condition::NotImplemented => return answer(501, "", b"<Code>NotImplemented</Code>"),
                        Condition::Kept if present.is_some() => {
                            return answer(412, "", b"<Code>PreconditionFailed</Code>");
                        }
                        _ => {}
                    }
                }
                self.objects.insert(request.target.clone(), request.body.clone());
                answer(200, "etag: \"x\"\r\n", b"")
            }
            ("DELETE", _) => {
                self.objects.remove(&request.target);
                answer(204, "", b"")
            }
            ("HEAD", Some(object)) => {
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", object.len())
                    .into()
            }
            ("HEAD", None) => {
                b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec()
            }
            (_, Some(object)) => ranged(object, request.headers.get("range")),
            (_, None) => answer(404, "", b"<Code>NoSuchKey</Code>"),
        }
    }
}

fn ranged(object: &[u8], range: Option<&String>) -> Vec<u8> {
    let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((start, end)) = range else { return answer(200, "", object) };
    let start = start.parse::<usize>().expect("a number");
    let end = object.len().min(end.parse::<usize>().expect("a number") + 1);
    if start >= object.len() {
        return answer(416, "", b"<Code>InvalidRange</Code>");
    }
    let header = format!("content-range: bytes {start}-{}/{}\r\n", end - 1, object.len());
    answer(206, &header, &object[start..end])
}

fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let mut answer =
        format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n{length}{headers}\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

async fn read_request(connection: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect::<BTreeMap<_, _>>();
    let length = headers.get("content-length").map_or(0, |length| length.parse().expect("a number"));
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        if connection.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, target, headers, body })
}
