//! The steps of the tour.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use aws_api::sigv4::Credentials;
use ebs::{RegionName, SnapshotId, Tag};
use iam::Principal;

use super::folder::Folder;
use super::image;
use super::report::{Report, Step};
use super::{AWAY, HOME};
use crate::cli::{CliError, bar, per_cent_bar};
use crate::client::endpoint::{Endpoint, Endpoints};
use crate::client::export::{ExportPlan, export_snapshot};
use crate::client::import::{ImportParent, ImportPlan, import_file};
use crate::client::pending_upload::PendingUpload;
use crate::client::settings::Settings;
use crate::client::{CONCURRENCY_DEFAULT, Client, ClientError, ec2::CopyOrder};
use crate::config::Config;
use crate::root_credentials::RootCredentials;
use crate::serve::Running;
use crate::system::{SystemClock, SystemRandomness};

/// No step takes longer.
const STEP_TIME_MAX: Duration = Duration::from_secs(3_600);

/// What the steps of the tour share.
pub(super) struct Tour<'a> {
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
    /// With clients of `running`, and with images in `folder`.
    pub(super) fn begin(
        config: &Config,
        running: &'a Running,
        folder: &Arc<Folder>,
    ) -> Result<Self, CliError> {
        let client = |region: &str| client(config, running, region);
        let (home, away) = (client(HOME)?, client(AWAY)?);
        Ok(Self { running, account: config.account, home, away, folder: Arc::clone(folder) })
    }

    /// Imports, copies, changes, imports and copies again, and compares every export with its image; the last copy.
    ///
    /// # Errors
    /// [`CliError::Tour`] if an export is not what was imported; whatever keeps a step from its end.
    pub(super) async fn run(
        &self,
        image: Option<&Path>,
        report: &mut Report,
    ) -> Result<SnapshotId, CliError> {
        if let Some(image) = image {
            check_image(image)?;
        }
        let (day_one, day_two) = self.images(image).await?;
        let first = self.import(report, "import day 1", &day_one, None).await?;
        let same = self.copy(report, "copy in us-east-1", (&self.home, HOME), first).await?;
        let other = self.copy(report, "copy to us-west-2", (&self.away, AWAY), first).await?;
        let parent = ImportParent { snapshot: first, image: Some(day_one.clone()) };
        let second = self.import(report, "import day 2", &day_two, Some(parent)).await?;
        let third = self.copy(report, "copy day 2 to us-west-2", (&self.away, AWAY), second).await?;
        report.show_steps()?;
        let (home, away) = (&self.home, &self.away);
        for made in [
            Made { name: "day 1", client: home, region: HOME, snapshot: first, image: &day_one },
            Made { name: "its copy", client: home, region: HOME, snapshot: same, image: &day_one },
            Made { name: "its copy", client: away, region: AWAY, snapshot: other, image: &day_one },
            Made { name: "day 2", client: home, region: HOME, snapshot: second, image: &day_two },
            Made { name: "its copy", client: away, region: AWAY, snapshot: third, image: &day_two },
        ] {
            self.export_and_compare(&made).await?;
            report.add_identical(made.snapshot, made.region, made.name)?;
        }
        Ok(third)
    }

    /// The image of day 1, made if none is given, and that of day 2.
    async fn images(&self, image: Option<&Path>) -> anyhow::Result<(PathBuf, PathBuf)> {
        let day_one = match image {
            Some(image) => image.to_owned(),
            None => {
                let made = self.folder.path().join("day-1.raw");
                let path = made.clone();
                let making = self.folder.work(bar("make day 1"), move |watch| image::make(&path, watch));
                making.await.context("cannot make an image")?;
                made
            }
        };
        let day_two = self.folder.path().join("day-2.raw");
        let (from, to) = (day_one.clone(), day_two.clone());
        let changing = move |watch: &_| image::change_some_blocks(&from, &to, watch);
        let changing = self.folder.work(bar("make day 2"), changing);
        changing.await.context("cannot make the changed image")?;
        Ok((day_one, day_two))
    }

    async fn import(
        &self,
        report: &mut Report,
        step: &'static str,
        image: &Path,
        parent: Option<ImportParent>,
    ) -> Result<SnapshotId, CliError> {
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
        let made = import_file(&self.home, &plan, &PendingUpload::default(), &*bar(step)).await?;
        self.home.wait_completed(made.snapshot_id, Some(STEP_TIME_MAX), &*per_cent_bar(step)).await?;
        report.add_step(self.step((step, HOME), made.snapshot_id, began.elapsed()).await?);
        Ok(made.snapshot_id)
    }

    async fn copy(
        &self,
        report: &mut Report,
        step: &'static str,
        (to, region): (&Client, &'static str),
        source: SnapshotId,
    ) -> Result<SnapshotId, CliError> {
        let began = Instant::now();
        let order = CopyOrder {
            source_region: region_name(HOME)?,
            source,
            description: Some(step.to_owned()),
            encrypted: false,
            kms_key_id: None,
            tags: vec![tag("Name", step), tag("Source", &source.to_string())],
        };
        let snapshot = to.copy_snapshot(&order).await?;
        let completed = to.wait_completed(snapshot, Some(STEP_TIME_MAX), &*per_cent_bar(step)).await?;
        if completed.tags.len() != order.tags.len() {
            let lacking = anyhow!("the copy {snapshot} does not have the tags that it was created with");
            return Err(CliError::Tour(lacking));
        }
        report.add_step(self.step((step, region), snapshot, began.elapsed()).await?);
        Ok(snapshot)
    }

    /// What the service says of a snapshot that was made.
    async fn step(
        &self,
        (step, region): (&'static str, &'static str),
        snapshot: SnapshotId,
        took: Duration,
    ) -> anyhow::Result<Step> {
        let call = self.running.service.call(Principal::root(self.account), region);
        let call = call.context("the region is served")?;
        let transferred = call.transferred(snapshot).await?;
        let data_bytes = call.full_size_bytes(snapshot).await?;
        Ok(Step::new((step, region), snapshot, transferred, data_bytes, took))
    }

    async fn export_and_compare(&self, made: &Made<'_>) -> Result<(), CliError> {
        let exported = self.folder.path().join(format!("{}.raw", made.snapshot));
        let plan = ExportPlan {
            snapshot: made.snapshot,
            image: exported.clone(),
            replace: false,
            concurrency: CONCURRENCY_DEFAULT,
        };
        export_snapshot(made.client, &plan, &*bar("export")).await?;
        let (one, other) = (made.image.to_owned(), exported.clone());
        let comparing = move |watch: &_| image::same_content(&one, &other, watch);
        let same = self.folder.work(bar("compare"), comparing).await;
        if !same.context("cannot compare an export with its image")? {
            let (snapshot, name) = (made.snapshot, made.name);
            return Err(CliError::Tour(anyhow!(
                "{snapshot} ({name}) is not byte for byte what was imported"
            )));
        }
        Ok(std::fs::remove_file(&exported).context("cannot delete an export")?)
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
    let region = region_name(region)?;
    let settings = Settings { credentials, region, endpoints: Endpoints::single(endpoint), ca_bundle: None };
    Ok(Client::new(settings, Arc::new(SystemClock), Arc::new(SystemRandomness))?)
}

/// Refuses what is neither a file nor a block device: opening a pipe may wait for ever.
fn check_image(path: &Path) -> Result<(), CliError> {
    let kind = std::fs::metadata(path).map_err(ClientError::file("read", path))?.file_type();
    match kind.is_file() || kind.is_block_device() {
        true => Ok(()),
        false => Err(ClientError::NotAnImage(path.to_owned()).into()),
    }
}

fn region_name(name: &str) -> anyhow::Result<RegionName> {
    Ok(name.parse()?)
}

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: value.to_owned() }
}
