//! ListSnapshotBlocks.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html>.

use ebs::operation::list_snapshot_blocks::{ListSnapshotBlocksReply, ListSnapshotBlocksRequest};
use ebs::{BLOCK_BYTES, BlockIndex, Refusal, SnapshotId};
use serde::{Serialize, Serializer};

use super::{epoch_seconds, list_answer, page};
use crate::HttpAnswer;
use crate::form::Fields;
use crate::token::page::Listing;
use crate::token::{TokenContext, block};

/// The request that `fields` make for this snapshot. A page token beats a starting index.
///
/// # Errors
/// Refuses numbers that are none, and a page token that was not given for this listing.
pub fn decode(
    snapshot: SnapshotId,
    fields: &Fields<'_>,
    context: &TokenContext<'_>,
) -> Result<ListSnapshotBlocksRequest, Refusal> {
    Ok(ListSnapshotBlocksRequest {
        snapshot,
        from: page::from(fields, context, Listing::of_blocks(context, snapshot))?,
        max_results: page::max_results(fields)?,
    })
}

/// The answer that says `reply` about `snapshot`.
pub fn encode(
    snapshot: SnapshotId,
    reply: &ListSnapshotBlocksReply,
    request_id: &str,
    context: &TokenContext<'_>,
) -> HttpAnswer {
    let answer = Answer {
        blocks: Blocks { context, snapshot, indexes: &reply.blocks },
        expiry_time: epoch_seconds(block::expiry(context)),
        volume_size: reply.volume_size.gib(),
        block_size: BLOCK_BYTES,
        next_token: reply.next.map(|from| Listing::of_blocks(context, snapshot).seal(context, &from)),
    };
    list_answer(200, request_id, &answer, reply.blocks.len() * BLOCK_JSON_BYTES)
}

/// Most bytes of a block in the answer.
const BLOCK_JSON_BYTES: usize = 128;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    blocks: Blocks<'a>,
    expiry_time: f64,
    volume_size: u32,
    block_size: usize,
    next_token: Option<String>,
}

/// Blocks whose tokens are sealed one by one as they are written.
struct Blocks<'a> {
    context: &'a TokenContext<'a>,
    snapshot: SnapshotId,
    indexes: &'a [BlockIndex],
}

impl Serialize for Blocks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tokens = block::seal(self.context, self.snapshot, self.indexes.iter().copied());
        let blocks = self.indexes.iter().zip(tokens);
        serializer.collect_seq(blocks.map(|(index, block_token)| Block { block_index: index.0, block_token }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Block {
    block_index: u32,
    block_token: String,
}
