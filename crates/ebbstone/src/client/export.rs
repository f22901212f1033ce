//! Export: a snapshot becomes a raw image.

mod new_file;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use ebs::{BLOCK_BYTES, BlockIndex, SnapshotId};
use futures_util::stream::{self, StreamExt};
use serde::Serialize;

use self::new_file::NewFile;
use super::block_buffer::{BlockBuffers, is_zero};
use super::block_listing::BlockListing;
use super::ebs_direct::{ListedBlock, Listing};
use super::error::ClientError;
use super::progress::Progress;
use super::{CONCURRENCY_MAX, Client, off_the_loop};

/// What to export, and where to.
#[derive(Clone, Debug)]
pub(crate) struct ExportPlan {
    /// The snapshot.
    pub(crate) snapshot: SnapshotId,
    /// The file to make.
    pub(crate) image: PathBuf,
    /// Whether a file that is there already is replaced.
    pub(crate) replace: bool,
    /// Blocks in flight at once, 1 to [`CONCURRENCY_MAX`].
    pub(crate) concurrency: usize,
}

/// What an export has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ExportReport {
    /// The snapshot.
    #[serde(serialize_with = "super::as_text")]
    pub(crate) snapshot_id: SnapshotId,
    /// Size of its volume in GiB.
    pub(crate) volume_size: u32,
    /// Blocks that were read.
    pub(crate) blocks_read: u64,
    /// Blocks that were written: those that are not zeros.
    pub(crate) blocks_written: u64,
    /// Their bytes.
    pub(crate) bytes_written: u64,
}

/// Exports a snapshot as `plan` says: a file as long as the volume, with holes where the snapshot has no data.
///
/// Every block is compared with its checksum. The file appears under its name when it is whole and durable, and not
/// before; an export that fails or is dropped leaves nothing behind. Memory in use is at most a block for each of those
/// in flight.
///
/// # Errors
///
/// [`ClientError`]: of the file, of a block that is damaged, or whatever keeps a call from its answer.
pub(crate) async fn export_snapshot(
    client: &Client,
    plan: &ExportPlan,
    progress: &dyn Progress,
) -> Result<ExportReport, ClientError> {
    check_place(&plan.image, plan.replace)?;
    let listing = BlockListing::open(client, Listing::Present(plan.snapshot)).await?;
    let volume_size = listing.volume_size();
    let file = Arc::new(NewFile::create(&plan.image, volume_size.bytes(), &client.draw_token())?);
    let buffers = BlockBuffers::default();
    let blocks = stream::try_unfold(listing, |mut listing| async move {
        progress.expect(listing.bytes_estimate());
        Ok::<_, ClientError>(listing.next().await?.map(|block| (block, listing)))
    });
    let mut written = pin!(
        blocks
            .map(|block| async { transfer(client, plan.snapshot, block?, &file, &buffers).await })
            .buffer_unordered(plan.concurrency.clamp(1, CONCURRENCY_MAX))
    );
    let (mut blocks_read, mut blocks_written) = (0, 0);
    while let Some(written) = written.next().await {
        blocks_read += 1;
        blocks_written += u64::from(written?);
        progress.advance(BLOCK_BYTES as u64);
    }
    let replace = plan.replace;
    let finished = Arc::clone(&file);
    off_the_loop(move || finished.finish(replace)).await?;
    Ok(ExportReport {
        snapshot_id: plan.snapshot,
        volume_size: volume_size.gib(),
        blocks_read,
        blocks_written,
        bytes_written: blocks_written * BLOCK_BYTES as u64,
    })
}

/// Checks that a file may be made at `path`: nothing is there, or a file that may be replaced.
///
/// # Errors
///
/// [`ClientError::NotAFile`] if a device, a folder or a pipe is there: renaming a file over it would take its node away
/// and write nothing to it. [`ClientError::FileExists`] if a file is there and must not be replaced.
/// [`ClientError::NoFolder`] if its folder is not there.
fn check_place(path: &Path, replace: bool) -> Result<(), ClientError> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return Err(ClientError::NotAFile(path.to_owned()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        return Err(ClientError::NoFolder(folder.to_owned()));
    }
    if !replace && path.symlink_metadata().is_ok() {
        return Err(ClientError::FileExists(path.to_owned()));
    }
    Ok(())
}

/// Reads a block and writes it, unless it is zeros; whether it was written.
async fn transfer(
    client: &Client,
    snapshot: SnapshotId,
    block: ListedBlock,
    file: &Arc<NewFile>,
    buffers: &BlockBuffers,
) -> Result<bool, ClientError> {
    let index: BlockIndex = block.index;
    let token = block.token.unwrap_or_default();
    let (buffer, _) = client.get_checked_block(snapshot, index, &token, buffers).await?;
    let file = Arc::clone(file);
    off_the_loop(move || {
        if is_zero(buffer.as_ref()) {
            return Ok(false);
        }
        file.write(index, buffer.as_ref()).map(|()| true)
    })
    .await
}
