//! `ebbstone`: the server, its quickstart, and clients of the API.

mod cli;
mod client;
mod config;
mod counted_objects;
mod http;
mod metrics;
mod private_file;
mod process;
mod quickstart;
mod region_key_file;
mod root_credentials;
mod serve;
mod system;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use config::{Config, ServeArgs};
use quickstart::QuickstartArgs;

/// A self-hosted block-snapshot service that speaks Amazon's EC2 and EBS protocols
#[derive(Parser)]
#[command(name = "ebbstone", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API
    Serve {
        #[command(flatten)]
        serve: Box<ServeArgs>,
        /// One JSON object a line in the log, instead of text
        #[arg(long, env = "EBBSTONE_LOG_JSON")]
        log_json: bool,
    },
    /// See it work: import, copy, change, copy again, export and compare
    Quickstart(QuickstartArgs),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    #[command(flatten)]
    Client(Box<cli::Command>),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say what is set, or what is wrong with it; start nothing
    Check(Box<ServeArgs>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    if let Err(error) = runtime.block_on(process::outlive_file_size_limit()) {
        return failed(&error.into());
    }
    let done = match cli.command {
        Command::Client(command) => return runtime.block_on(command.execute()),
        Command::Serve { serve, log_json } => {
            process::log_to_stderr(process::Verbosity::Server, log_json);
            process::harden();
            Config::load(&serve).map_err(Into::into).and_then(|config| runtime.block_on(serve::run(&config)))
        }
        Command::Quickstart(args) => {
            process::log_to_stderr(process::Verbosity::Tour, false);
            runtime.block_on(quickstart::run(&args))
        }
        Command::Config(ConfigCommand::Check(serve)) => {
            Config::load(&serve).map_err(Into::into).map(|config| {
                println!("{config:#?}");
            })
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("ebbstone: {error:#}");
    ExitCode::FAILURE
}
