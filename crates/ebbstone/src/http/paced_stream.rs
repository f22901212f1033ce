//! A connection whose client must take what is written, and may read the last answer before it closes.
//!
//! hyper waits for ever for a client to take an answer, and closes a socket with unread bytes at once, which makes
//! the system reset the connection and the client lose the answer.

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::Sleep;

use super::head_room::ConnectionRoom;
use super::pace::Pace;

/// Longest time that what a client still sends after the last answer is read and thrown away.
const LINGER_TIME_MAX: Duration = Duration::from_secs(10);
/// Memory for what is thrown away.
const DISCARD_BYTES: usize = 4 * 1024;

/// A stream that fails with [`ErrorKind::TimedOut`] when the other side takes what is written too slowly, and that
/// closes in two steps: it says that nothing more follows, then waits for the other side to close, for a bounded time.
pub(super) struct PacedStream<S> {
    stream: S,
    /// What is written and not taken yet, if the other side lets us wait.
    waiting: Option<Waiting>,
    closed_for_writing: bool,
    linger: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    stop: watch::Receiver<bool>,
    room: ConnectionRoom,
}

struct Waiting {
    pace: Pace,
    timer: Pin<Box<Sleep>>,
}

impl<S> PacedStream<S> {
    /// Paces `stream`, and reads as `room` allows. Once `stop` holds, closing does not wait for the other side.
    pub(super) fn new(stream: S, stop: watch::Receiver<bool>, room: ConnectionRoom) -> Self {
        Self { stream, waiting: None, closed_for_writing: false, linger: None, stop, room }
    }

    fn paced<T>(&mut self, context: &mut Context<'_>, moved: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if moved.is_ready() {
            return moved;
        }
        let waiting = self.waiting.get_or_insert_with(Waiting::begin);
        waiting.timer.as_mut().reset(waiting.pace.deadline());
        ready!(waiting.timer.as_mut().poll(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }

    fn written(
        &mut self,
        context: &mut Context<'_>,
        moved: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let (Poll::Ready(Ok(bytes)), Some(waiting)) = (&moved, &mut self.waiting) {
            waiting.pace.moved(*bytes);
        }
        self.paced(context, moved)
    }
}

impl Waiting {
    fn begin() -> Self {
        let pace = Pace::begin();
        Self { timer: Box::pin(tokio::time::sleep_until(pace.deadline())), pace }
    }
}

impl<S: AsyncRead + Unpin> PacedStream<S> {
    /// Reads and throws away until the other side closes, or the time is over.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let stop = &self.stop;
        let linger = self.linger.get_or_insert_with(|| Box::pin(end_of_linger(stop.clone())));
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut discarded = [0; DISCARD_BYTES];
        loop {
            let mut buffer = ReadBuf::new(&mut discarded);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }
}

async fn end_of_linger(mut stop: watch::Receiver<bool>) {
    // Either way it is over: the time, the call to stop, or whoever could call.
    let _ = tokio::time::timeout(LINGER_TIME_MAX, stop.wait_for(|stop| *stop)).await;
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = ready!(self.room.poll_room(context)).min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        self.room.have_read(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.waiting = None;
        }
        self.paced(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.closed_for_writing {
            let closed = Pin::new(&mut self.stream).poll_shutdown(context);
            ready!(self.paced(context, closed))?;
            self.closed_for_writing = true;
        }
        self.poll_linger(context).map(Ok)
    }
}
