//! `ebbstone`: the server, its quickstart, and clients of the API.

mod cli;
mod client;
mod config;
mod counted_objects;
mod http;
mod log_room;
mod metrics;
mod private_file;
mod process;
mod quickstart;
mod region_key_file;
mod root_credentials;
mod serve;
mod system;

use std::io::Write;
use std::process::ExitCode;

use clap::builder::BoolishValueParser;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use tikv_jemallocator::Jemalloc;
use tokio::runtime::Runtime;

use cli::CliError;
use config::{Config, Effective, ServeArgs};
use quickstart::QuickstartArgs;

/// What C libraries allocate comes from it too. Its settings are in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

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
        #[arg(long, env = "EBBSTONE_LOG_JSON", value_parser = BoolishValueParser::new())]
        log_json: bool,
    },
    /// See it work: import, copy, change, copy again, export and compare
    Quickstart(QuickstartArgs),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a script that completes commands and options in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    #[command(flatten)]
    Client(Box<cli::Command>),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say what is set, as a configuration file without secrets, or what is wrong with it; start nothing
    Check {
        #[command(flatten)]
        serve: Box<ServeArgs>,
        /// Print it as a JSON document
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    if let Err(error) = runtime.block_on(process::outlive_file_size_limit()) {
        return failed(&error.into());
    }
    let done = match cli.command {
        Command::Client(command) => return runtime.block_on(command.execute()),
        Command::Serve { serve, log_json } => run_server(&runtime, &serve, log_json),
        Command::Quickstart(args) => return run_quickstart(&runtime, &args),
        Command::Config(ConfigCommand::Check { serve, json }) => check_config(&serve, json),
        Command::Completions { shell } => print_completions(shell),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn run_server(runtime: &Runtime, args: &ServeArgs, log_json: bool) -> anyhow::Result<()> {
    process::log_to_stderr(process::Verbosity::Server, log_json)?;
    process::harden();
    let config = Config::load(args)?;
    runtime.block_on(serve::run(&config))
}

fn run_quickstart(runtime: &Runtime, args: &QuickstartArgs) -> ExitCode {
    let logging = process::log_to_stderr(process::Verbosity::Tour, false);
    let done = logging.map_err(|error| CliError::Tour(error.into()));
    cli::conclude(done.and_then(|()| runtime.block_on(quickstart::run(args))), args.output())
}

fn check_config(args: &ServeArgs, json: bool) -> anyhow::Result<()> {
    let effective = Effective::of(&Config::load(args)?);
    let text = if json { effective.to_json()? } else { effective.to_toml()? };
    Ok(writeln!(std::io::stdout(), "{}", text.trim_end())?)
}

fn print_completions(shell: Shell) -> anyhow::Result<()> {
    // Into memory first: what writes the script takes no error for an answer.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ebbstone", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("ebbstone: {error:#}");
    ExitCode::FAILURE
}
