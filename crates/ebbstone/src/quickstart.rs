//! `ebbstone quickstart`: the main job on an empty machine, checked byte for byte.

mod folder;
mod image;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_api::sigv4::Credentials;
use clap::Args;
use ebs::{RegionName, SnapshotId, Tag};
use iam::Principal;

use crate::cli::CliError;
use crate::client::endpoint::{Endpoint, Endpoints};
use crate::client::export::{ExportPlan, export_snapshot};
use crate::client::import::{ImportParent, ImportPlan, import_file};
use crate::client::pending_upload::PendingUpload;
use crate::client::progress::Unseen;
use crate::client::settings::Settings;
use crate::client::{CONCURRENCY_DEFAULT, Client, ec2::CopyOrder};
use crate::config::{Config, ServeArgs};
use crate::root_credentials::RootCredentials;
use crate::serve::{self, Running, Termination};
use crate::system::{SystemClock, SystemRandomness};

use folder::Folder;
use table::Table;

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
}

/// No step takes longer.
const STEP_TIME_MAX: Duration = Duration::from_secs(3_600);
const HOME: &str = "us-east-1";
const AWAY: &str = "us-west-2";

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
        shown = Box::pin(show(args, &config, &running, &folder)) => shown.map_err(CliError::Tour),
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
) -> anyhow::Result<()> {
    println!("Serving http://{} (data in {})", running.address, folder.path().display());
    let tour = Tour::begin(config, running, folder)?;
    let copied = tour.run(args.image.as_deref()).await?;
    if args.keep {
        say_how_to_go_on(running, config, copied)?;
        println!("\nServing until interrupted.");
    } else {
        println!(
            "\nNothing is kept. To keep it: `cargo run --release -- quickstart --keep`, then for example"
        );
        say_commands("http://ADDR:PORT", copied);
    }
    Ok(())
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

/// What the steps of the tour share.
struct Tour<'a> {
    running: &'a Running,
    account: ebs::AccountId,
    home: Client,
    away: Client,
    folder: Arc<Folder>,
}

/// A snapshot of the tour, and the image that it must equal.
struct Made<'a> {
    name: &'static str,
    client: &'a Client,
    region: &'static str,
    snapshot: SnapshotId,
    image: &'a Path,
}

impl<'a> Tour<'a> {
    fn begin(config: &Config, running: &'a Running, folder: &Arc<Folder>) -> anyhow::Result<Self> {
        let client = |region: &str| client(config, running, region);
        let (home, away) = (client(HOME)?, client(AWAY)?);
        Ok(Self { running, account: config.account, home, away, folder: Arc::clone(folder) })
    }

    async fn run(&self, image: Option<&Path>) -> anyhow::Result<SnapshotId> {
        let mut table = Table::default();
        let day_one = match image {
            Some(image) => image.to_owned(),
            None => {
                let made = self.folder.path().join("day-1.raw");
                let path = made.clone();
                let making = self.folder.work(move |watch| image::make(&path, watch));
                making.await.context("cannot make an image")?;
                made
            }
        };
        let day_two = self.folder.path().join("day-2.raw");
        let (from, to) = (day_one.clone(), day_two.clone());
        let changing = self.folder.work(move |watch| image::change_some_blocks(&from, &to, watch));
        changing.await.context("cannot make the changed image")?;

        let first = self.import(&mut table, "import day 1", &day_one, None).await?;
        let same = self.copy(&mut table, "copy in us-east-1", &self.home, HOME, first).await?;
        let other = self.copy(&mut table, "copy to us-west-2", &self.away, AWAY, first).await?;
        let parent = ImportParent { snapshot: first, image: Some(day_one.clone()) };
        let second = self.import(&mut table, "import day 2", &day_two, Some(parent)).await?;
        let third = self.copy(&mut table, "copy day 2 to us-west-2", &self.away, AWAY, second).await?;
        table.print();

        println!();
        let (home, away) = (&self.home, &self.away);
        for made in [
            Made { name: "day 1", client: home, region: HOME, snapshot: first, image: &day_one },
            Made { name: "its copy", client: home, region: HOME, snapshot: same, image: &day_one },
            Made { name: "its copy", client: away, region: AWAY, snapshot: other, image: &day_one },
            Made { name: "day 2", client: home, region: HOME, snapshot: second, image: &day_two },
            Made { name: "its copy", client: away, region: AWAY, snapshot: third, image: &day_two },
        ] {
            self.export_and_compare(&made).await?;
        }
        Ok(third)
    }

    async fn import(
        &self,
        table: &mut Table,
        step: &'static str,
        image: &Path,
        parent: Option<ImportParent>,
    ) -> anyhow::Result<SnapshotId> {
        let began = Instant::now();
        let plan = ImportPlan {
            image: image.to_owned(),
            volume_size: None,
            parent,
            description: Some("ebbstone quickstart".to_owned()),
            tags: vec![tag("Name", step)],
            concurrency: CONCURRENCY_DEFAULT,
            timeout_minutes: 60,
            state_file: None,
        };
        let report = import_file(&self.home, &plan, &PendingUpload::default(), &Unseen).await?;
        self.home.wait_completed(report.snapshot_id, Some(STEP_TIME_MAX), &Unseen).await?;
        self.add_row(table, step, HOME, report.snapshot_id, began.elapsed()).await?;
        Ok(report.snapshot_id)
    }

    async fn copy(
        &self,
        table: &mut Table,
        step: &'static str,
        to: &Client,
        region: &'static str,
        source: SnapshotId,
    ) -> anyhow::Result<SnapshotId> {
        let began = Instant::now();
        let order = CopyOrder {
            source_region: HOME.parse()?,
            source,
            description: Some(step.to_owned()),
            encrypted: false,
            kms_key_id: None,
            tags: vec![tag("Name", step), tag("Source", &source.to_string())],
        };
        let snapshot = to.copy_snapshot(&order).await?;
        let completed = to.wait_completed(snapshot, Some(STEP_TIME_MAX), &Unseen).await?;
        if completed.tags.len() != order.tags.len() {
            bail!("the copy {snapshot} does not have the tags that it was created with");
        }
        self.add_row(table, step, region, snapshot, began.elapsed()).await?;
        Ok(snapshot)
    }

    async fn add_row(
        &self,
        table: &mut Table,
        step: &'static str,
        region: &str,
        snapshot: SnapshotId,
        took: Duration,
    ) -> anyhow::Result<()> {
        let call = self.running.service.call(Principal::root(self.account), region);
        let call = call.context("the region is served")?;
        table.add(
            step,
            snapshot,
            call.transferred(snapshot).await?,
            call.full_size_bytes(snapshot).await?,
            took,
        );
        Ok(())
    }

    async fn export_and_compare(&self, made: &Made<'_>) -> anyhow::Result<()> {
        let exported = self.folder.path().join(format!("{}.raw", made.snapshot));
        let plan = ExportPlan {
            snapshot: made.snapshot,
            image: exported.clone(),
            replace: false,
            concurrency: CONCURRENCY_DEFAULT,
        };
        export_snapshot(made.client, &plan, &Unseen).await?;
        let (one, other) = (made.image.to_owned(), exported.clone());
        if !self.folder.work(move |watch| image::same_content(&one, &other, watch)).await? {
            bail!("{} ({}) is not byte for byte what was imported", made.snapshot, made.name);
        }
        println!("exported {} from {} ({}): identical", made.snapshot, made.region, made.name);
        std::fs::remove_file(&exported)?;
        Ok(())
    }
}

fn client(config: &Config, running: &Running, region: &str) -> anyhow::Result<Client> {
    let root = RootCredentials::load(&config.data_dir, &SystemRandomness)?;
    let credentials = Credentials {
        access_key_id: root.access_key_id.clone(),
        secret: root.signing_secret(),
        session_token: None,
    };
    let endpoint = Endpoint::parse(&format!("http://{}", running.address))?;
    let region: RegionName = region.parse()?;
    let settings = Settings { credentials, region, endpoints: Endpoints::single(endpoint), ca_bundle: None };
    Ok(Client::new(settings, Arc::new(SystemClock), Arc::new(SystemRandomness))?)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}

fn say_how_to_go_on(running: &Running, config: &Config, copied: SnapshotId) -> anyhow::Result<()> {
    println!(
        "\nGo on with (credentials of root are in {}):",
        RootCredentials::file(&config.data_dir).display()
    );
    let root = RootCredentials::load(&config.data_dir, &SystemRandomness)?;
    println!("  export AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=<from that file>", root.access_key_id);
    say_commands(&format!("http://{}", running.address), copied);
    Ok(())
}

fn say_commands(endpoint: &str, copied: SnapshotId) {
    println!("  aws --endpoint-url {endpoint} --region {AWAY} ec2 describe-snapshots --owner-ids self");
    println!(
        "  aws --endpoint-url {endpoint} --region {HOME} ec2 copy-snapshot --source-region {AWAY} \
         --source-snapshot-id {copied} --tag-specifications 'ResourceType=snapshot,Tags=[{{Key=Name,Value=back}}]'"
    );
    println!("  ebbstone export {copied} disk.raw --endpoint-url {endpoint} --region {AWAY}");
}
