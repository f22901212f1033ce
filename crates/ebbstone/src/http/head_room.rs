//! Room for the heads of requests: what all connections together hold of requests that are not understood yet.
//!
//! hyper reads as fast as bytes come, up to the longest head, and on each connection for itself. Here a connection
//! reads in small steps, and once a head turns out to be long it waits for one of few places, which it has until the
//! request is answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Longest head that needs no place. Requests of SDKs are shorter, also presigned ones.
const SHORT_HEAD_BYTES: usize = 16 * 1024;
/// Most bytes that are read at once. hyper's buffer is as long as what fills it, and doubles when a read does, so it
/// stays at the next power of two.
const READ_BYTES_MAX: usize = 16 * 1024 - 1;
/// Most long heads at a time.
const LONG_HEADS_MAX: usize = 64;

/// The room of a listener. Clones are the same room.
#[derive(Clone)]
pub(super) struct HeadRoom(Arc<Semaphore>);

/// The part that one connection has of the room. Clones are the same part.
#[derive(Clone)]
pub(super) struct ConnectionRoom {
    places: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Bytes that were read since the last request was answered; none are counted while one is under way.
    head_bytes: usize,
    request_is_under_way: bool,
    place: Option<OwnedSemaphorePermit>,
    waiting: Option<Waiting>,
}

type Waiting = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

impl HeadRoom {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LONG_HEADS_MAX)))
    }

    pub(super) fn of_connection(&self) -> ConnectionRoom {
        ConnectionRoom { places: Arc::clone(&self.0), state: Arc::default() }
    }
}

impl ConnectionRoom {
    /// How many bytes may be read now, at least one; waits for a place while the head is long and has none.
    pub(super) fn poll_room(&self, context: &mut Context<'_>) -> Poll<usize> {
        let mut state = self.state();
        if state.request_is_under_way || state.place.is_some() {
            return Poll::Ready(READ_BYTES_MAX);
        }
        let short = SHORT_HEAD_BYTES.saturating_sub(state.head_bytes);
        if short > 0 {
            return Poll::Ready(short.min(READ_BYTES_MAX));
        }
        let places = &self.places;
        let waiting = state.waiting.get_or_insert_with(|| Box::pin(Arc::clone(places).acquire_owned()));
        // The semaphore is never closed, so a place comes in the end, or the head is given up for its time.
        state.place = ready!(waiting.as_mut().poll(context)).ok();
        state.waiting = None;
        Poll::Ready(READ_BYTES_MAX)
    }

    /// Notes that so many bytes were read.
    pub(super) fn have_read(&self, bytes: usize) {
        let mut state = self.state();
        if !state.request_is_under_way {
            state.head_bytes = state.head_bytes.saturating_add(bytes);
        }
    }

    /// Notes that a head was understood, and is held until [`ConnectionRoom::answered`].
    pub(super) fn request_begins(&self) {
        self.state().request_is_under_way = true;
    }

    /// Notes that the request is answered and its head forgotten.
    pub(super) fn answered(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment, so a panic elsewhere cannot leave it half-made.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt;

    use super::{ConnectionRoom, HeadRoom, LONG_HEADS_MAX, READ_BYTES_MAX, SHORT_HEAD_BYTES};

    /// Reads a head of at most so many bytes; how many there was room for.
    fn read(connection: &ConnectionRoom, bytes: usize) -> usize {
        let mut read = 0;
        while read < bytes {
            let room = poll_fn(|context| connection.poll_room(context)).now_or_never();
            let Some(room) = room else { break };
            connection.have_read(room.min(bytes - read));
            read += room.min(bytes - read);
        }
        read
    }

    #[test]
    fn long_heads_wait_for_places_and_short_ones_do_not() {
        let room = HeadRoom::new();
        let long = || (0..LONG_HEADS_MAX).map(|_| room.of_connection()).collect::<Vec<_>>();
        let (first, second) = (long(), long());
        assert!(first.iter().all(|connection| read(connection, 100_000) == 100_000));
        assert!(second.iter().all(|connection| read(connection, 100_000) == SHORT_HEAD_BYTES));
        assert_eq!(read(&room.of_connection(), SHORT_HEAD_BYTES), SHORT_HEAD_BYTES);
        first.iter().for_each(ConnectionRoom::request_begins);
        assert_eq!(read(&second[0], 1), 0, "a head that was understood is held until it is answered");
        assert_eq!(read(&first[0], 10 * READ_BYTES_MAX), 10 * READ_BYTES_MAX, "bodies are not counted");
        first[0].answered();
        assert_eq!(read(&second[0], 100_000), 100_000);
        assert_eq!(read(&first[0], 100_000), SHORT_HEAD_BYTES, "the next head is a new one");
        drop(first);
        assert!(second[1..].iter().all(|connection| read(connection, 1) == 1));
    }
}
