//! Progress on a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::client::progress::{Progress, Unseen};

const BYTES: &str = "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left";
const PER_CENT: &str = "{msg} [{bar:30}] {percent}% after {elapsed}";

/// A bar on standard error.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn expect(&self, all: u64) {
        self.0.set_length(all.max(self.0.position()));
    }

    fn advance(&self, more: u64) {
        self.0.inc(more);
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

/// A bar that says `what`, and of bytes how many, their rate and the remaining time, if standard error is a terminal;
/// else nothing is shown.
pub(crate) fn bar(what: &'static str) -> Box<dyn Progress> {
    bar_of(BYTES, what)
}

/// A bar that says `what`, how many per cent are done, and for how long it has been shown, if standard error is a
/// terminal; else nothing is shown.
pub(crate) fn per_cent_bar(what: &'static str) -> Box<dyn Progress> {
    bar_of(PER_CENT, what)
}

fn bar_of(template: &str, what: &'static str) -> Box<dyn Progress> {
    if !io::stderr().is_terminal() {
        return Box::new(Unseen);
    }
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    // Nothing of an unknown length is done yet; of a length of nothing all would be.
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar.set_message(what);
    Box::new(Bar(bar))
}

#[cfg(test)]
mod tests {
    use super::{BYTES, PER_CENT};
    use indicatif::ProgressStyle;

    #[test]
    fn the_templates_are_some() {
        assert!([BYTES, PER_CENT].iter().all(|template| ProgressStyle::with_template(template).is_ok()));
    }
}
