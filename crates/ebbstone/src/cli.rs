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
mod interruption;
mod ls;
mod output;
mod progress_bar;
mod pull;
mod quantity;
mod rm;
mod wait;
mod whoami;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use connection::ConnectionArgs;
pub(crate) use error::CliError;
use interruption::interruptible;
pub(crate) use output::Output;
pub(crate) use progress_bar::{bar, per_cent_bar};

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
        let output = self.connection().output();
        conclude(Box::pin(self.run()).await, output)
    }

    fn connection(&self) -> &ConnectionArgs {
        match self {
            Self::Import(Called { connection, .. })
            | Self::Export(Called { connection, .. })
            | Self::Pull(Called { connection, .. })
            | Self::Copy(Called { connection, .. })
            | Self::Ls(Called { connection, .. })
            | Self::Describe(Called { connection, .. })
            | Self::Diff(Called { connection, .. })
            | Self::Wait(Called { connection, .. })
            | Self::Rm(Called { connection, .. })
            | Self::Whoami(Called { connection, .. }) => connection,
        }
    }

    async fn run(self) -> Result<(), CliError> {
        match self {
            // What these make is named, or cleared up, also when they are interrupted: they see to that themselves.
            Self::Import(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Pull(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Copy(Called { connection, arguments }) => arguments.run(&connection).await,
            Self::Export(Called { connection, arguments }) => interruptible(arguments.run(&connection)).await,
            Self::Ls(Called { connection, arguments }) => interruptible(arguments.run(&connection)).await,
            Self::Describe(Called { connection, arguments }) => {
                interruptible(arguments.run(&connection)).await
            }
            Self::Diff(Called { connection, arguments }) => interruptible(arguments.run(&connection)).await,
            Self::Wait(Called { connection, arguments }) => interruptible(arguments.run(&connection)).await,
            Self::Rm(Called { connection, arguments }) => interruptible(arguments.run(&connection)).await,
            Self::Whoami(Called { connection, arguments }) => interruptible(arguments.run(&connection)).await,
        }
    }
}

/// Says on standard error why a command failed if it did, and gives its exit code.
pub(crate) fn conclude(done: Result<(), CliError>, output: Output) -> ExitCode {
    match done {
        Ok(()) => ExitCode::from(exit_code::SUCCESS),
        Err(error) => {
            error.report(output);
            ExitCode::from(error.exit_code())
        }
    }
}
