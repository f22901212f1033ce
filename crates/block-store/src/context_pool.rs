//! Contexts of compressors: half a megabyte each, slow to make, and of use to one thread at a time.
//!
//! Blocks are sealed and opened on whichever thread is free, of many. If each kept a context, contexts would be as many
//! as threads; here they are as many as threads that compress at the same time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Contexts that are lent, one to each piece of work. There are never more than were lent at the same time.
pub(crate) struct ContextPool<C>(Mutex<Vec<C>>);

impl<C> ContextPool<C> {
    /// A pool without contexts.
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// What `work` gives, lent a context that nobody else has; `make` makes it if none is free.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn with<T, E>(
        &self,
        make: impl FnOnce() -> Result<C, E>,
        work: impl FnOnce(&mut C) -> T,
    ) -> Result<T, E> {
        let free = self.free().pop();
        let mut context = match free {
            Some(context) => context,
            None => make()?,
        };
        let done = work(&mut context);
        self.free().push(context);
        Ok(done)
    }

    fn free(&self) -> MutexGuard<'_, Vec<C>> {
        // A list is whole between any two calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::ContextPool;

    #[test]
    fn there_are_as_many_contexts_as_are_used_at_once_however_many_threads_there_are() {
        const AT_ONCE: usize = 3;
        let (pool, made) = (ContextPool::new(), AtomicUsize::new(0));
        let make = || Ok::<_, Infallible>(made.fetch_add(1, Ordering::Relaxed));
        for _ in 0..10 {
            let all_have_one = Barrier::new(AT_ONCE);
            std::thread::scope(|threads| {
                for _ in 0..AT_ONCE {
                    threads.spawn(|| pool.with(make, |_| all_have_one.wait()).map(drop));
                }
            });
        }
        assert_eq!(made.load(Ordering::Relaxed), AT_ONCE);
    }
}
