//! Block tokens: licences to read one block of one snapshot, handed out by listings.
//!
//! A block token names no account: whoever may read the snapshot at that moment may use it, as on Amazon's service.

use ebs::{BlockIndex, Refusal, SnapshotId, Timestamp};

use super::{Purpose, TokenContext};
use crate::limits::{BLOCK_TOKEN_VALID_MS, EBS_TOKEN_CHARS_MAX};

/// The moment at which block tokens that are sealed now expire.
pub fn expiry(context: &TokenContext<'_>) -> Timestamp {
    context.now.plus_ms(BLOCK_TOKEN_VALID_MS)
}

/// A token for each of `blocks`, in their order, good until [`expiry`]; each is sealed when it is asked for, so that
/// a long listing need not hold them all.
pub fn seal(
    context: &TokenContext<'_>,
    snapshot: SnapshotId,
    blocks: impl ExactSizeIterator<Item = BlockIndex>,
) -> impl Iterator<Item = String> {
    let content = expiry(context).0.to_le_bytes();
    let nonces = context.nonces(blocks.len());
    blocks
        .zip(nonces)
        .map(move |(block, nonce)| context.keys.seal(nonce, purpose(context, snapshot, block), &content))
}

/// Checks that `token` was sealed for this block of this snapshot, and has not expired.
///
/// # Errors
/// [`Refusal::BlockTokenInvalid`], whatever is wrong.
pub fn check(
    context: &TokenContext<'_>,
    token: &str,
    snapshot: SnapshotId,
    block: BlockIndex,
) -> Result<(), Refusal> {
    context
        .keys
        .open(token, purpose(context, snapshot, block), EBS_TOKEN_CHARS_MAX)
        .and_then(|content| content.try_into().ok())
        .filter(|expiry| context.now.0 < i64::from_le_bytes(*expiry))
        .map(|_| ())
        .ok_or(Refusal::BlockTokenInvalid)
}

fn purpose(context: &TokenContext<'_>, snapshot: SnapshotId, block: BlockIndex) -> Purpose {
    context.purpose("block").with(&snapshot.to_bytes()).with(&block.0.to_le_bytes())
}
