//! What was done, how long it took, and what was left out.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Steps and skips of one run.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<(&'static str, Duration)>,
    skips: Vec<String>,
}

impl Report {
    /// Does `work` as the step `name`, with its beginning, end and time printed.
    ///
    /// # Errors
    /// What `work` returns.
    pub(crate) fn step<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        println!("== {name}");
        let start = Instant::now();
        let outcome = work(self);
        let took = start.elapsed();
        self.steps.push((name, took));
        let word = if outcome.is_ok() { "done" } else { "FAILED" };
        println!("-- {name}: {word} after {:.1} s", took.as_secs_f64());
        outcome
    }

    /// Says that something is left out, now and again at the end.
    pub(crate) fn skip(&mut self, what: String) {
        println!("SKIPPED: {what}");
        self.skips.push(what);
    }

    /// Prints the steps with their times, and every skip.
    pub(crate) fn print(&self, passed: bool) {
        println!("\n== summary");
        for (name, took) in &self.steps {
            println!("{:>8.1} s  {name}", took.as_secs_f64());
        }
        for skip in &self.skips {
            println!("SKIPPED: {skip}");
        }
        println!(
            "test: {}, {} parts of the environment skipped",
            if passed { "passed" } else { "FAILED" },
            self.skips.len()
        );
    }
}
