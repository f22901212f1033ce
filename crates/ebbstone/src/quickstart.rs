//! `ebbstone quickstart`: the main job on an empty machine, checked byte for byte.

mod folder;
mod image;
mod report;
mod tour;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use ebs::SnapshotId;

use crate::cli::{CliError, Output};
use crate::config::{Config, ServeArgs};
use crate::root_credentials::RootCredentials;
use crate::serve::{self, Running, Termination};
use crate::system::SystemRandomness;

use folder::Folder;
use report::Report;
use tour::Tour;

/// What `quickstart` is told.
#[derive(Args, Clone, Debug)]
pub(crate) struct QuickstartArgs {
    /// Raw disk image to use; without one, files of this machine are made into one
    image: Option<PathBuf>,
    /// Keep the data and go on serving until interrupted
    #[arg(long)]
    keep: bool,
    /// Folder to work in [default: a new one, deleted at the end unless --keep]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print one JSON document on standard output
    #[arg(long)]
    json: bool,
}

const HOME: &str = "us-east-1";
const AWAY: &str = "us-west-2";

impl QuickstartArgs {
    /// How the outcome is to be printed.
    pub(crate) fn output(&self) -> Output {
        Output::new(self.json)
    }
}

/// Runs the tour and prints what it saw. However it ends, a folder that was made for it is deleted, unless it is to be
/// kept.
///
/// # Errors
/// [`CliError::Interrupted`] if a signal came before the tour's end; [`CliError::Tour`].
pub(crate) async fn run(args: &QuickstartArgs) -> Result<(), CliError> {
    // Before there is anything to clear up: a signal must never meet the default, which leaves it all behind.
    let mut termination = Termination::listen().map_err(CliError::Signals)?;
    let folder = Arc::new(open_folder(args)?);
    let config = config(folder.path())?;
    let running = Box::pin(serve::start(&config)).await?;
    let mut shown = tokio::select! {
        shown = Box::pin(show(args, &config, &running, &folder)) => shown,
        signal = termination.called() => Err(CliError::Interrupted { signal }),
    };
    if args.keep && shown.is_ok() {
        termination.called().await;
    }
    tokio::select! {
        () = running.drain() => {}
        // A second signal ends even this.
        signal = termination.called() => shown = Err(CliError::Interrupted { signal }),
    }
    shown
}

/// The tour itself, and what to do after it.
async fn show(
    args: &QuickstartArgs,
    config: &Config,
    running: &Running,
    folder: &Arc<Folder>,
) -> Result<(), CliError> {
    let endpoint = format!("http://{}", running.address);
    let mut report = Report::begin(args.json, endpoint.clone(), folder.path().display().to_string())?;
    let tour = Tour::begin(config, running, folder)?;
    let copied = Box::pin(tour.run(args.image.as_deref(), &mut report)).await?;
    if !args.keep {
        let again = "cargo run --release -- quickstart --keep";
        report.line(&format!("\nNothing is kept. To keep it: `{again}`, then for example"))?;
        report.line(&commands("http://ADDR:PORT", copied))?;
        return report.end(None);
    }
    let file = RootCredentials::file(&config.data_dir).display().to_string();
    let root = RootCredentials::load(&config.data_dir, &SystemRandomness).context("there are credentials")?;
    report.line(&format!("\nGo on with (credentials of root are in {file}):"))?;
    let id = &root.access_key_id;
    report.line(&format!("  export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY=<from that file>"))?;
    report.line(&commands(&endpoint, copied))?;
    report.line("\nServing until interrupted.")?;
    report.end(Some(file))
}

fn open_folder(args: &QuickstartArgs) -> anyhow::Result<Folder> {
    if let Some(path) = &args.data_dir {
        return Folder::lasting(path).with_context(|| format!("cannot use {}", path.display()));
    }
    let above = std::env::temp_dir();
    let made = Folder::new_in(&above, &SystemRandomness, args.keep);
    made.with_context(|| format!("cannot make a folder in {}", above.display()))
}

fn config(folder: &Path) -> anyhow::Result<Config> {
    let any_port = |text: &str| text.parse().context("an address");
    Ok(Config::load(&ServeArgs {
        data_dir: Some(folder.join("data")),
        listen: Some(any_port("127.0.0.1:0")?),
        metrics_listen: Some(any_port("127.0.0.1:0")?),
        regions: vec![HOME.parse()?, AWAY.parse()?],
        ..ServeArgs::default()
    })?)
}

fn commands(endpoint: &str, copied: SnapshotId) -> String {
    format!(
        "  aws --endpoint-url {endpoint} --region {AWAY} ec2 describe-snapshots --owner-ids self\n  \
         aws --endpoint-url {endpoint} --region {HOME} ec2 copy-snapshot --source-region {AWAY} \
         --source-snapshot-id {copied} --tag-specifications 'ResourceType=snapshot,Tags=[{{Key=Name,Value=back}}]'\n  \
         ebbstone export {copied} disk.raw --endpoint-url {endpoint} --region {AWAY}"
    )
}
