//! What the server asks of the operating system for itself.

use rustix::process::{DumpableBehavior, Resource, Signal, getrlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Which log lines are shown, in the syntax of `tracing_subscriber::EnvFilter`.
const LOG_VARIABLE: &str = "EBBSTONE_LOG";

/// How much is logged when the environment does not say.
pub(crate) enum Verbosity {
    /// A server tells what it does.
    Server,
    /// A tour prints what it sees itself.
    Tour,
}

/// What is wrong with the environment's wish for a log.
#[derive(Debug, thiserror::Error)]
#[error("{LOG_VARIABLE} is `{value}`, which is no filter: give a level such as info, or service=debug,info")]
pub(crate) struct NotAFilter {
    value: String,
    source: ParseError,
}

/// Sends the log to standard error.
///
/// # Errors
/// [`NotAFilter`] if the environment says what is to be logged, and that cannot be understood.
pub(crate) fn log_to_stderr(verbosity: Verbosity, json: bool) -> Result<(), NotAFilter> {
    let usual = match verbosity {
        Verbosity::Server => "info",
        Verbosity::Tour => "error",
    };
    let wish = std::env::var_os(LOG_VARIABLE).map(|value| value.to_string_lossy().into_owned());
    let wish = wish.filter(|value| !value.is_empty()).unwrap_or_else(|| usual.to_owned());
    let filter =
        EnvFilter::builder().parse(&wish).map_err(|source| NotAFilter { value: wish.clone(), source })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    if json {
        log.json().init();
    } else {
        log.init();
    }
    Ok(())
}

/// Keeps keys out of core dumps, opens as many descriptors as are allowed, and ends the process when a thread panics:
/// starting again from what is durable is a path that is tested.
pub(crate) fn harden() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "core dumps of this process would hold keys");
    }
    let mut descriptors = getrlimit(Resource::Nofile);
    descriptors.current = descriptors.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, descriptors) {
        tracing::warn!(%error, "the limit of open descriptors stays as it is");
    }
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
}

/// From now on a write beyond the limit on the size of files fails, and is an error like that of a full disk. By default
/// the signal that comes with it ends the process.
///
/// # Errors
/// If the signal cannot be taken.
pub(crate) async fn outlive_file_size_limit() -> Result<(), std::io::Error> {
    // The handler stays when nobody listens to it any more.
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}
