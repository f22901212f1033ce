//! Time as data, and the port through which it comes in.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment and `milliseconds` more; the ends of time stay where they are.
    pub fn plus_ms(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this moment; negative if `earlier` is later.
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({} ms)", self.0)
    }
}

/// A wait that ends by itself. Dropping it ends it too.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The port through which everything below the binary learns the time and lets it pass.
///
/// Clocks jump. No promise about data rests on one: a clock decides only when something has expired.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Ends once `duration` has passed since this call. The machine's clock keeps to that also when [`Clock::now`]
    /// jumps.
    fn sleep(&self, duration: Duration) -> Sleep;
}
