//! Import: a raw image becomes a snapshot.

mod candidates;
mod image;
mod parent_file;

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, SnapshotId, Tag, VolumeSize};
use futures_util::stream::{self, StreamExt};
use serde::Serialize;

use self::candidates::{Candidate, Candidates, ParentBlock, ParentBlocks};
use self::image::Image;
use super::block_buffer::{BlockBuffers, ZERO_BLOCK, is_zero};
use super::block_checksum;
use super::block_listing::BlockListing;
use super::ebs_direct::{Listing, PageStart, StartOrder};
use super::error::ClientError;
use super::linear_checksum::LinearChecksum;
use super::pending_upload::PendingUpload;
use super::progress::Progress;
use super::upload_log::{Resumed, UploadIdentity, UploadLog};
use super::{CONCURRENCY_MAX, Client, off_the_loop};

/// What to import, and how.
#[derive(Clone, Debug)]
pub(crate) struct ImportPlan {
    /// The raw image: a file or a block device.
    pub(crate) image: PathBuf,
    /// Size of the volume; the smallest that holds the image and the parent if none is given.
    pub(crate) volume_size: Option<VolumeSize>,
    /// The snapshot that this one is to differ from.
    pub(crate) parent: Option<ImportParent>,
    /// Description of the snapshot.
    pub(crate) description: Option<String>,
    /// Tags of the snapshot.
    pub(crate) tags: Vec<Tag>,
    /// Blocks in flight at once, 1 to [`CONCURRENCY_MAX`].
    pub(crate) concurrency: usize,
    /// Minutes without a write after which the service gives the upload up.
    pub(crate) timeout_minutes: u32,
    /// The state file, by which an import that was cut off goes on; none for an import that starts over.
    pub(crate) state_file: Option<PathBuf>,
}

/// The parent of an import.
#[derive(Clone, Debug)]
pub(crate) struct ImportParent {
    /// The snapshot.
    pub(crate) snapshot: SnapshotId,
    /// The image that it was imported from, to compare with; that it is the parent's is checked in part only. Without
    /// it the parent's blocks are read from the service.
    pub(crate) image: Option<PathBuf>,
}

/// What an import has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ImportReport {
    /// The snapshot.
    #[serde(serialize_with = "super::as_text")]
    pub(crate) snapshot_id: SnapshotId,
    /// Size of its volume in GiB.
    pub(crate) volume_size: u32,
    /// Blocks that were looked at: those that have data here or in the parent.
    pub(crate) blocks_compared: u64,
    /// Blocks that the snapshot has of its own.
    pub(crate) blocks_written: u64,
    /// Their bytes.
    pub(crate) bytes_written: u64,
    /// How many of them an import that was cut off had written.
    pub(crate) blocks_resumed: u64,
}

/// Imports an image as `plan` says, and returns once the service has accepted it as complete. The snapshot is then
/// still pending: [`Client::wait_completed`] sees it through.
///
/// Blocks of zeros are left out, except where the parent has data. Memory in use is at most three blocks for each of
/// those in flight. If it fails or is dropped, a state file lets the next import go on, and `pending` tells which
/// upload is left.
///
/// # Errors
///
/// [`ClientError`]: of the image or the state file, or whatever keeps a call from its answer.
pub(crate) async fn import_file(
    client: &Client,
    plan: &ImportPlan,
    pending: &PendingUpload,
    progress: &dyn Progress,
) -> Result<ImportReport, ClientError> {
    let image = Arc::new(Image::open(&plan.image)?);
    let parent = ParentImage::open(client, plan.parent.as_ref()).await?;
    let volume_size = volume_size(plan, &image, parent.as_ref())?;
    let identity = identity(client, plan, &image, volume_size);
    let (mut log, resumed) = match &plan.state_file {
        Some(path) => {
            let (log, resumed) = UploadLog::open(path, &identity, &client.draw_token())?;
            (Some(log), resumed)
        }
        None => (None, Resumed::default()),
    };
    let snapshot = match resumed.snapshot {
        Some(snapshot) => {
            pending.begin(snapshot);
            snapshot
        }
        None => start(client, plan, volume_size, log.as_mut(), pending).await?,
    };
    progress.expect(image.data_blocks()?.saturating_mul(BLOCK_BYTES as u64));
    let upload = Upload { client, snapshot, image, parent, buffers: BlockBuffers::default() };
    let (linear, compared) = upload.run(plan, &resumed, log.as_mut(), progress).await?;
    upload.image.check_unchanged()?;
    let (blocks_written, checksum) = linear.finish();
    client.complete_snapshot(snapshot, blocks_written, &checksum).await?;
    pending.end();
    log.map(UploadLog::remove).transpose()?;
    Ok(ImportReport {
        snapshot_id: snapshot,
        volume_size: volume_size.gib(),
        blocks_compared: compared,
        blocks_written,
        bytes_written: blocks_written * BLOCK_BYTES as u64,
        blocks_resumed: resumed.indexes().count() as u64,
    })
}

/// The parent, with the size of its volume.
struct ParentImage {
    snapshot: SnapshotId,
    volume_size: VolumeSize,
    image: Option<Arc<Image>>,
}

impl ParentImage {
    async fn open(client: &Client, parent: Option<&ImportParent>) -> Result<Option<Self>, ClientError> {
        let Some(parent) = parent else {
            return Ok(None);
        };
        let image = parent.image.as_deref().map(Image::open).transpose()?.map(Arc::new);
        let listing = Listing::Present(parent.snapshot);
        let page = client.list_blocks(listing, &PageStart::Index(0), ebs::limits::LIST_BLOCKS_PAGE.0).await?;
        if let Some(image) = &image {
            if image.length() > page.volume_size.bytes() {
                return Err(ClientError::VolumeTooSmall {
                    image_bytes: image.length(),
                    volume_gib: page.volume_size.gib(),
                });
            }
            parent_file::check(client, parent.snapshot, image).await?;
        }
        Ok(Some(Self { snapshot: parent.snapshot, volume_size: page.volume_size, image }))
    }
}

fn volume_size(
    plan: &ImportPlan,
    image: &Image,
    parent: Option<&ParentImage>,
) -> Result<VolumeSize, ClientError> {
    let too_small = |volume_gib| ClientError::VolumeTooSmall { image_bytes: image.length(), volume_gib };
    let least =
        VolumeSize::holding(image.length()).ok_or_else(|| too_small(ebs::limits::VOLUME_SIZE_GIB_MAX))?;
    match plan.volume_size {
        Some(size) if size.gib() < least.gib() => Err(too_small(size.gib())),
        Some(size) => Ok(size),
        None => {
            let inherited = parent.map(|parent| parent.volume_size).filter(|size| size.gib() > least.gib());
            Ok(inherited.unwrap_or(least))
        }
    }
}

fn identity(client: &Client, plan: &ImportPlan, image: &Image, volume_size: VolumeSize) -> UploadIdentity {
    UploadIdentity {
        image_bytes: image.length(),
        image_modified: image.modified(),
        volume_gib: volume_size.gib(),
        parent: plan.parent.as_ref().map(|parent| parent.snapshot.to_string()),
        description: plan.description.clone(),
        tags: plan.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        region: client.region().to_string(),
        endpoint: client.ebs_address().to_owned(),
    }
}

async fn start(
    client: &Client,
    plan: &ImportPlan,
    volume_size: VolumeSize,
    log: Option<&mut UploadLog>,
    pending: &PendingUpload,
) -> Result<SnapshotId, ClientError> {
    let order = StartOrder {
        volume_size,
        parent: plan.parent.as_ref().map(|parent| parent.snapshot),
        description: plan.description.clone(),
        tags: plan.tags.clone(),
        client_token: log.as_ref().map_or_else(|| client.draw_token(), |log| log.client_token().to_owned()),
        timeout_minutes: plan.timeout_minutes,
    };
    let snapshot = client.start_snapshot(&order).await?;
    pending.begin(snapshot);
    if let Some(log) = log {
        log.record_snapshot(snapshot).await?;
    }
    Ok(snapshot)
}

/// An upload under way.
struct Upload<'a> {
    client: &'a Client,
    snapshot: SnapshotId,
    image: Arc<Image>,
    parent: Option<ParentImage>,
    buffers: BlockBuffers,
}

/// What became of a block.
struct Decided {
    index: BlockIndex,
    /// Its digest, if it was written.
    written: Option<BlockDigest>,
}

impl Upload<'_> {
    /// Decides on every block, in order and many at once; the checksum, and how many were looked at.
    async fn run(
        &self,
        plan: &ImportPlan,
        resumed: &Resumed,
        mut log: Option<&mut UploadLog>,
        progress: &dyn Progress,
    ) -> Result<(LinearChecksum, u64), ClientError> {
        let concurrency = plan.concurrency.clamp(1, CONCURRENCY_MAX);
        let mut linear = LinearChecksum::new();
        let mut compared = 0;
        let mut before =
            pin!(stream::iter(resumed.indexes()).map(|index| self.read_again(index)).buffered(concurrency));
        while let Some(digest) = before.next().await {
            linear.add(digest?);
            compared += 1;
            progress.advance(BLOCK_BYTES as u64);
        }
        let candidates = self.candidates(resumed.below).await?;
        let candidates = stream::try_unfold(candidates, |mut candidates| async move {
            Ok::<_, ClientError>(candidates.next().await?.map(|candidate| (candidate, candidates)))
        });
        let mut decided =
            pin!(candidates.map(|candidate| async { self.decide(candidate?).await }).buffered(concurrency));
        while let Some(decided) = decided.next().await {
            let Decided { index, written } = decided?;
            if let Some(digest) = written {
                linear.add(digest);
            }
            if let Some(log) = &mut log {
                log.record(index, written.is_some()).await?;
            }
            compared += 1;
            progress.advance(BLOCK_BYTES as u64);
        }
        if let Some(log) = log {
            log.flush().await?;
        }
        Ok((linear, compared))
    }

    async fn candidates(&self, first: u32) -> Result<Candidates, ClientError> {
        let parent = match &self.parent {
            None => ParentBlocks::None,
            Some(ParentImage { image: Some(image), .. }) => ParentBlocks::image(Arc::clone(image), first),
            Some(parent) => {
                let listing = Listing::Present(parent.snapshot);
                let listing = BlockListing::open_at(self.client, listing, first).await?;
                ParentBlocks::Snapshot(Box::new(listing))
            }
        };
        Ok(Candidates::new(Arc::clone(&self.image), first, parent))
    }

    /// The digest of a block that was written before.
    async fn read_again(&self, index: BlockIndex) -> Result<BlockDigest, ClientError> {
        let image = Arc::clone(&self.image);
        let mut buffer = self.buffers.take();
        off_the_loop(move || {
            image.read(index, buffer.block_mut())?;
            Ok(block_checksum::digest(buffer.as_ref()))
        })
        .await
    }

    /// Writes the block, if it is not what the snapshot has there without it.
    async fn decide(&self, candidate: Candidate) -> Result<Decided, ClientError> {
        let index = candidate.index;
        let unchanged = Decided { index, written: None };
        let image = Arc::clone(&self.image);
        let parent_image = self.parent.as_ref().and_then(|parent| parent.image.clone());
        let buffers = self.buffers.clone();
        let (candidate, difference) = off_the_loop(move || {
            let difference = difference(&candidate, &image, parent_image.as_deref(), &buffers);
            (candidate, difference)
        })
        .await;
        let Some((block, digest)) = difference? else {
            return Ok(unchanged);
        };
        if let (ParentBlock::InSnapshot(token), Some(parent)) = (&candidate.parent, &self.parent) {
            let (_, parents) =
                self.client.get_snapshot_block(parent.snapshot, index, token, &self.buffers).await?;
            if parents == digest {
                return Ok(unchanged);
            }
        }
        self.client.put_snapshot_block(self.snapshot, index, block, digest).await?;
        Ok(Decided { index, written: Some(digest) })
    }
}

/// The block's bytes and digest, unless it is known here that it does not differ from the parent's.
fn difference(
    candidate: &Candidate,
    image: &Image,
    parent_image: Option<&Image>,
    buffers: &BlockBuffers,
) -> Result<Option<(Bytes, BlockDigest)>, ClientError> {
    let mut buffer = buffers.take();
    let mut zero = true;
    if candidate.in_image {
        image.read(candidate.index, buffer.block_mut())?;
        zero = is_zero(buffer.as_ref());
    }
    let same = match (&candidate.parent, parent_image) {
        (ParentBlock::Absent, _) => zero,
        (ParentBlock::InImage, Some(parent_image)) => {
            let mut parents = buffers.take();
            parent_image.read(candidate.index, parents.block_mut())?;
            let block = if zero { &ZERO_BLOCK[..] } else { buffer.as_ref() };
            parents.as_ref() == block
        }
        (ParentBlock::InImage | ParentBlock::InSnapshot(_), _) => false,
    };
    Ok(match (same, zero) {
        (true, _) => None,
        (false, true) => Some((Bytes::from_static(&ZERO_BLOCK), BlockDigest::ZERO_BLOCK)),
        (false, false) => {
            let digest = block_checksum::digest(buffer.as_ref());
            Some((Bytes::from_owner(buffer), digest))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::candidates::{Candidate, ParentBlock};
    use super::image::Image;
    use super::{BlockBuffers, difference};
    use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex};
    use std::os::unix::fs::FileExt;

    fn image(writes: &[(u64, u8)]) -> (tempfile::NamedTempFile, Image) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(4 * BLOCK_BYTES as u64).expect("a length");
        for (block, byte) in writes {
            file.as_file().write_all_at(&[*byte; 10], block * BLOCK_BYTES as u64).expect("a write");
        }
        let image = Image::open(file.path()).expect("an image");
        (file, image)
    }

    #[test]
    fn only_what_differs_is_written() {
        let (_here, here) = image(&[(0, 1), (1, 0), (2, 2)]);
        let (_there, there) = image(&[(0, 1), (1, 3), (2, 4), (3, 0)]);
        let digest = |block, in_image, parent| {
            let candidate = Candidate { index: BlockIndex(block), in_image, parent };
            difference(&candidate, &here, Some(&there), &BlockBuffers::default())
                .expect("read")
                .map(|found| found.1)
        };
        assert_eq!(digest(0, true, ParentBlock::InImage), None, "equal");
        assert_eq!(digest(1, true, ParentBlock::InImage), Some(BlockDigest::ZERO_BLOCK), "zeros hide data");
        assert_eq!(digest(1, true, ParentBlock::Absent), None, "zeros over nothing");
        assert!(
            digest(2, true, ParentBlock::InImage).is_some_and(|digest| digest != BlockDigest::ZERO_BLOCK)
        );
        assert_eq!(digest(3, false, ParentBlock::InImage), None, "zeros over zeros");
        assert_eq!(
            digest(1, false, ParentBlock::InImage),
            Some(BlockDigest::ZERO_BLOCK),
            "a hole hides data"
        );
        let token = ParentBlock::InSnapshot("t".to_owned());
        assert_eq!(
            digest(3, false, token),
            Some(BlockDigest::ZERO_BLOCK),
            "for the service's block to decide"
        );
    }
}
