//! Progress on a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::client::progress::{Progress, Unseen};

const TEMPLATE: &str =
    "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left";

/// A bar on standard error with rate and remaining time.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn expect(&self, bytes: u64) {
        self.0.set_length(bytes.max(self.0.position()));
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
        if self.0.length().is_some_and(|length| length < self.0.position()) {
            self.0.set_length(self.0.position());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar that says `what`, if standard error is a terminal; else nothing is shown.
pub(super) fn bar(what: &'static str) -> Box<dyn Progress> {
    if !io::stderr().is_terminal() {
        return Box::new(Unseen);
    }
    let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar.set_message(what);
    Box::new(Bar(bar))
}

#[cfg(test)]
mod tests {
    use super::TEMPLATE;
    use indicatif::ProgressStyle;

    #[test]
    fn the_template_is_one() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
