//! Connections: accepted within a bound, served until told to drain.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::head_room::{ConnectionRoom, HeadRoom};
use super::paced_stream::PacedStream;

/// Most connections at a time. Who comes after waits to be accepted.
const CONNECTIONS_MAX: usize = 1_024;
/// Longest time that a request's head may take.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// Longest time that a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Longest time that requests under way may take after the call to drain.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
/// Most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 128 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 100;

/// An address that is listened on.
pub(crate) struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Listens on `address`.
    pub(crate) async fn bind(address: SocketAddr, tls: Option<TlsAcceptor>) -> Result<Self, std::io::Error> {
        Ok(Self { tcp: TcpListener::bind(address).await?, tls })
    }

    /// The address, with the port that was given where port 0 was asked for.
    pub(crate) fn address(&self) -> Result<SocketAddr, std::io::Error> {
        self.tcp.local_addr()
    }

    /// Answers requests with `answer` until `stop`, then lets requests under way end, for a bounded time.
    pub(crate) async fn serve<A, F, B>(self, answer: A, mut stop: watch::Receiver<bool>)
    where
        A: Fn(hyper::Request<hyper::body::Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = http::Response<B>> + Send + 'static,
        B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + 'static,
    {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let heads = HeadRoom::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.tcp, &places) => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let Some((stream, place)) = accepted else { continue };
            let (tls, watcher, answer) = (self.tls.clone(), graceful.watcher(), answer.clone());
            let (stopped, room) = (stop.clone(), heads.of_connection());
            tokio::spawn(async move {
                connection(stream, tls, watcher, (stopped, room), answer).await;
                drop(place);
            });
        }
        drop(self.tcp);
        if tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests under way were cut off: they took too long to end");
        }
    }
}

async fn accept(tcp: &TcpListener, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match tcp.accept().await {
        Ok((stream, _)) => {
            // Answers are written whole: waiting for more to send gains nothing.
            let _ = stream.set_nodelay(true);
            Some((stream, place))
        }
        Err(error) => {
            // Out of descriptors, most likely: what is open must close first.
            tracing::warn!(%error, "a connection cannot be accepted");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn connection<A, F, B>(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    watcher: Watcher,
    (stop, room): (watch::Receiver<bool>, ConnectionRoom),
    answer: A,
) where
    A: Fn(hyper::Request<hyper::body::Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = http::Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + 'static,
{
    match tls {
        None => serve_stream(PacedStream::new(stream, stop, room.clone()), watcher, (room, answer)).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_TIME_MAX, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                serve_stream(PacedStream::new(stream, stop, room.clone()), watcher, (room, answer)).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn serve_stream<S, A, F, B>(
    stream: PacedStream<S>,
    watcher: Watcher,
    (room, answer): (ConnectionRoom, A),
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Fn(hyper::Request<hyper::body::Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = http::Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: std::error::Error + Send + Sync> + Send + 'static,
{
    let service = service_fn(move |request| {
        room.request_begins();
        let (answer, room) = (answer(request), room.clone());
        async move {
            let answer = answer.await;
            room.answered();
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
