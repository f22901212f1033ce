//! ListChangedBlocks.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListChangedBlocks.html>.

use ebs::operation::list_changed_blocks::{ChangedBlock, ListChangedBlocksReply, ListChangedBlocksRequest};
use ebs::{BLOCK_BYTES, Refusal, SnapshotId};
use serde::{Serialize, Serializer};

use super::{epoch_seconds, list_answer, page};
use crate::HttpAnswer;
use crate::form::Fields;
use crate::token::page::Listing;
use crate::token::{TokenContext, block};

/// The request that `fields` make for this second snapshot. A page token beats a starting index.
///
/// # Errors
/// Refuses a missing first snapshot, one that has not the form of an id, numbers that are none, and a page token
/// that was not given for this listing.
pub fn decode(
    second: SnapshotId,
    fields: &Fields<'_>,
    context: &TokenContext<'_>,
) -> Result<ListChangedBlocksRequest, Refusal> {
    let first = fields.text("firstSnapshotId").filter(|id| !id.is_empty());
    let first = first.ok_or(Refusal::MissingParameter(FIRST_SNAPSHOT_ID))?;
    let first = first.parse().map_err(|_| Refusal::SnapshotIdMalformed(first.to_owned()))?;
    Ok(ListChangedBlocksRequest {
        first,
        second,
        from: page::from(fields, context, Listing::of_changed_blocks(context, first, second))?,
        max_results: page::max_results(fields)?,
    })
}

/// The answer that says `reply` about these two snapshots.
pub fn encode(
    first: SnapshotId,
    second: SnapshotId,
    reply: &ListChangedBlocksReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let listing = Listing::of_changed_blocks(context, first, second);
    let answer = Answer {
        changed_blocks: ChangedBlocks { context, first, second, blocks: &reply.blocks },
        expiry_time: epoch_seconds(block::expiry(context)),
        volume_size: reply.volume_size.gib(),
        block_size: BLOCK_BYTES,
        next_token: reply.next.map(|from| listing.seal(context, &from)),
    };
    list_answer(200, request_id, &answer, reply.blocks.len() * BLOCK_JSON_BYTES)
}

/// Most bytes of a block in the answer.
const BLOCK_JSON_BYTES: usize = 224;

/// The name of the parameter that names the first snapshot.
pub(crate) const FIRST_SNAPSHOT_ID: &str = "FirstSnapshotId";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    changed_blocks: ChangedBlocks<'a>,
    expiry_time: f64,
    volume_size: u32,
    block_size: usize,
    next_token: Option<String>,
}

/// Blocks whose tokens are sealed one by one as they are written.
struct ChangedBlocks<'a> {
    context: &'a TokenContext<'a>,
    first: SnapshotId,
    second: SnapshotId,
    blocks: &'a [ChangedBlock],
}

impl Serialize for ChangedBlocks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut first = tokens(self.context, self.first, self.blocks, |block| block.in_first);
        let mut second = tokens(self.context, self.second, self.blocks, |block| block.in_second);
        serializer.collect_seq(self.blocks.iter().map(|block| Block {
            block_index: block.index.0,
            first_block_token: if block.in_first { first.next() } else { None },
            second_block_token: if block.in_second { second.next() } else { None },
        }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Block {
    block_index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_block_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_block_token: Option<String>,
}

/// Tokens for those of `blocks` that the snapshot has, in their order.
fn tokens(
    context: &TokenContext<'_>,
    snapshot: SnapshotId,
    blocks: &[ChangedBlock],
    has: impl Fn(&ChangedBlock) -> bool,
) -> impl Iterator<Item = String> {
    let present: Vec<_> = blocks.iter().filter(|block| has(block)).map(|block| block.index).collect();
    block::seal(context, snapshot, present.into_iter())
}
