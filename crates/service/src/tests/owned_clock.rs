//! A clock that stands still until the test moves it.

use std::time::Duration;

use ebs::{Clock, Sleep, Timestamp};
use tokio::sync::watch;

pub(crate) struct OwnedClock {
    now: watch::Sender<Timestamp>,
}

impl OwnedClock {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Lets time pass; whoever slept for no longer wakes.
    pub(crate) fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = now.plus_ms(by.as_millis() as i64));
    }
}

impl Clock for OwnedClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.now().plus_ms(duration.as_millis() as i64);
        let mut now = self.now.subscribe();
        Box::pin(async move {
            if now.wait_for(|now| *now >= until).await.is_err() {
                // The clock is gone: nothing passes any more.
                std::future::pending::<()>().await;
            }
        })
    }
}
