//! The client commands: what users type, what they read, and what their scripts find as exit code.

mod arguments;
mod connection;
mod copy;
mod describe;
mod diff;
mod error;
mod exit_code;
mod export;
mod import;
mod ls;
mod output;
mod progress_bar;
mod pull;
mod quantity;
mod rm;
mod wait;
mod whoami;

use std::future::Future;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use connection::ConnectionArgs;
use error::CliError;

/// The commands that call an endpoint.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a snapshot of a raw image
    Import(Called<import::ImportArgs>),
    /// Make a raw image of a snapshot
    Export(Called<export::ExportArgs>),
    /// Fetch a snapshot from another endpoint, such as Amazon's
    Pull(Called<pull::PullArgs>),
    /// Copy a snapshot into this region
    Copy(Called<copy::CopyArgs>),
    /// List snapshots
    Ls(Called<ls::LsArgs>),
    /// Show all there is to know about snapshots
    Describe(Called<describe::DescribeArgs>),
    /// Show which blocks changed between two snapshots
    Diff(Called<diff::DiffArgs>),
    /// Wait until snapshots are completed
    Wait(Called<wait::WaitArgs>),
    /// Delete snapshots
    Rm(Called<rm::RmArgs>),
    /// Show who the credentials belong to
    Whoami(Called<whoami::WhoamiArgs>),
}

/// A command's own arguments, and those of every command.
#[derive(Args, Debug)]
#[command(after_help = exit_code::HELP)]
pub(crate) struct Called<T: Args> {
    #[command(flatten)]
    arguments: T,
    #[command(flatten, next_help_heading = "Connection and output")]
    connection: ConnectionArgs,
}

impl Command {
    /// Carries the command out, says on standard error why it failed if it did, and gives its exit code.
    pub(crate) async fn execute(self) -> ExitCode {
        match interruptible(Box::pin(self.run())).await {
            Ok(()) => ExitCode::from(exit_code::SUCCESS),
            Err(error) => {
                error.report();
                ExitCode::from(error.exit_code())
            }
        }
    }

    async fn run(self) -> Result<(), CliError> {
        match self {
            Self::Import(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Export(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Pull(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Copy(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Ls(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Describe(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Diff(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Wait(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Rm(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Whoami(Called { connection, arguments }) => arguments.run(&connection).await,
        }
    }
}

/// The outcome of `work`, or [`CliError::Interrupted`] once the process is asked to end: what `work` holds is then
/// dropped, so that it leaves nothing half-made behind.
async fn interruptible(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Signals)?;
    tokio::select! {
        outcome = work => outcome,
        _ = terminate.recv() => Err(CliError::Interrupted { signal: 15 }),
        _ = interrupt.recv() => Err(CliError::Interrupted { signal: 2 }),
    }
}
