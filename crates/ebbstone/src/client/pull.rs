//! Pull: a snapshot at one endpoint becomes a snapshot at another.

use std::pin::pin;

use bytes::Bytes;
use ebs::{BLOCK_BYTES, BlockDigest, BlockIndex, SnapshotId, Tag};
use futures_util::stream::{self, StreamExt};
use serde::Serialize;

use super::block_buffer::{BlockBuffers, ZERO_BLOCK};
use super::block_listing::BlockListing;
use super::ebs_direct::{ListedBlock, Listing, StartOrder};
use super::equal_snapshots::{self, EqualSnapshots};
use super::error::ClientError;
use super::linear_checksum::LinearChecksum;
use super::pending_upload::PendingUpload;
use super::progress::Progress;
use super::{CONCURRENCY_MAX, Client};

/// What to pull, and what to make of it.
#[derive(Clone, Debug)]
pub(crate) struct PullPlan {
    /// The snapshot at the source.
    pub(crate) snapshot: SnapshotId,
    /// An earlier snapshot of the same lineage at the source and its equal at the destination, if only what changed
    /// since then is to be transferred.
    pub(crate) parents: Option<EqualSnapshots>,
    /// Description of the new snapshot.
    pub(crate) description: Option<String>,
    /// Tags of the new snapshot.
    pub(crate) tags: Vec<Tag>,
    /// Blocks in flight at once, 1 to [`CONCURRENCY_MAX`].
    pub(crate) concurrency: usize,
    /// Minutes without a write after which the destination gives the upload up.
    pub(crate) timeout_minutes: u32,
}

/// What a pull has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PullReport {
    /// The new snapshot at the destination.
    #[serde(serialize_with = "super::as_text")]
    pub(crate) snapshot_id: SnapshotId,
    /// The snapshot at the source.
    #[serde(serialize_with = "super::as_text")]
    pub(crate) source_snapshot_id: SnapshotId,
    /// Size of the volume in GiB.
    pub(crate) volume_size: u32,
    /// Blocks that were read from the source.
    pub(crate) blocks_read: u64,
    /// Blocks that the new snapshot has of its own.
    pub(crate) blocks_written: u64,
    /// Their bytes.
    pub(crate) bytes_written: u64,
}

/// Pulls a snapshot from `source` into `destination` as `plan` says, and returns once the destination has accepted it
/// as complete; it is then still pending.
///
/// Every block is compared with the source's checksum, and sent on with it. Blocks of zeros are left out, except where
/// the parent may have data. The new snapshot is recorded to equal the source's, unless it rests on the user's word that
/// the parents do. Memory in use is at most a block for each of those in flight. If it fails or is dropped,
/// `pending` tells which upload is left.
///
/// # Errors
///
/// [`ClientError`]: of a block that is damaged, or whatever keeps a call from its answer.
pub(crate) async fn pull_snapshot(
    source: &Client,
    destination: &Client,
    plan: &PullPlan,
    pending: &PendingUpload,
    progress: &dyn Progress,
) -> Result<PullReport, ClientError> {
    let listing = match plan.parents {
        None => Listing::Present(plan.snapshot),
        Some(parents) => Listing::Changed { first: parents.there(), second: plan.snapshot },
    };
    let listing = BlockListing::open(source, listing).await?;
    let volume_size = listing.volume_size();
    let order = StartOrder {
        volume_size,
        parent: plan.parents.map(|parents| parents.here()),
        description: plan.description.clone(),
        tags: plan.tags.clone(),
        client_token: destination.draw_token(),
        timeout_minutes: plan.timeout_minutes,
    };
    let snapshot = destination.start_snapshot(&order).await?;
    pending.begin(snapshot);
    if plan.parents.is_none_or(|parents| parents.is_proven()) {
        equal_snapshots::record(destination, plan.snapshot, snapshot).await?;
    }
    let pull = Pull { source, destination, plan, snapshot, buffers: BlockBuffers::default() };
    let blocks = stream::try_unfold(listing, |mut listing| async move {
        progress.expect(listing.bytes_estimate());
        Ok::<_, ClientError>(listing.next().await?.map(|block| (block, listing)))
    });
    let mut transferred = pin!(
        blocks
            .map(|block| async { pull.transfer(block?).await })
            .buffered(plan.concurrency.clamp(1, CONCURRENCY_MAX))
    );
    let mut linear = LinearChecksum::new();
    let mut blocks_read = 0;
    while let Some(transferred) = transferred.next().await {
        let Transferred { read, written } = transferred?;
        blocks_read += u64::from(read);
        if let Some(digest) = written {
            linear.add(digest);
        }
        progress.advance(BLOCK_BYTES as u64);
    }
    let (blocks_written, checksum) = linear.finish();
    destination.complete_snapshot(snapshot, blocks_written, &checksum).await?;
    pending.end();
    Ok(PullReport {
        snapshot_id: snapshot,
        source_snapshot_id: plan.snapshot,
        volume_size: volume_size.gib(),
        blocks_read,
        blocks_written,
        bytes_written: blocks_written * BLOCK_BYTES as u64,
    })
}

struct Pull<'a> {
    source: &'a Client,
    destination: &'a Client,
    plan: &'a PullPlan,
    snapshot: SnapshotId,
    buffers: BlockBuffers,
}

/// What became of a block.
struct Transferred {
    /// Whether it was read from the source.
    read: bool,
    /// Its digest, if it was written.
    written: Option<BlockDigest>,
}

impl Pull<'_> {
    async fn transfer(&self, block: ListedBlock) -> Result<Transferred, ClientError> {
        let index: BlockIndex = block.index;
        let Some(token) = block.token else {
            // The source no longer has it, the parent here does: zeros hide that.
            let zeros = Bytes::from_static(&ZERO_BLOCK);
            self.destination.put_snapshot_block(self.snapshot, index, zeros, BlockDigest::ZERO_BLOCK).await?;
            return Ok(Transferred { read: false, written: Some(BlockDigest::ZERO_BLOCK) });
        };
        let (buffer, digest) =
            self.source.get_checked_block(self.plan.snapshot, index, &token, &self.buffers).await?;
        if digest == BlockDigest::ZERO_BLOCK && self.plan.parents.is_none() {
            return Ok(Transferred { read: true, written: None });
        }
        self.destination.put_snapshot_block(self.snapshot, index, Bytes::from_owner(buffer), digest).await?;
        Ok(Transferred { read: true, written: Some(digest) })
    }
}
