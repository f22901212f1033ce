//! Page tokens: where a listing goes on. Each is bound to the region, the account, the action, and everything in the
//! request that decides what is listed, so that a token cannot carry a place over into another listing.

use ebs::operation::SnapshotCursor;
use ebs::operation::describe_snapshots::DescribeSnapshotsRequest;
use ebs::operation::describe_tags::{DescribeTagsRequest, TagCursor};
use ebs::{BlockIndex, Filter, Refusal, SnapshotId, Timestamp};

use super::{Purpose, TokenContext};
use crate::limits::{
    EBS_PAGE_TOKEN_VALID_MS, EBS_TOKEN_CHARS_MAX, EC2_PAGE_TOKEN_VALID_MS, EC2_TOKEN_CHARS_MAX,
    KMS_MARKER_CHARS_MAX, KMS_MARKER_VALID_MS,
};

/// A listing that is paged by tokens: what a token must have been sealed for. Whatever bounds the page itself is
/// no part of it, so that a client may go on with pages of another size.
pub struct Listing {
    purpose: Purpose,
    valid_ms: i64,
    chars_max: usize,
}

/// A place at which a listing goes on, as bytes.
pub trait Cursor: Sized {
    /// The bytes that stand for this place.
    fn to_bytes(&self) -> Vec<u8>;

    /// The place that [`Cursor::to_bytes`] wrote, or nothing if no place has this form.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Listing {
    /// The listing that this DescribeSnapshots asks for.
    pub fn of_snapshots(context: &TokenContext<'_>, request: &DescribeSnapshotsRequest) -> Self {
        let purpose = context
            .account_purpose("DescribeSnapshots")
            .with_list(request.snapshot_ids.iter())
            .with_list(request.owners.iter())
            .with_list(request.restorable_by.iter());
        Self::of_ec2(with_filters(purpose, &request.filters))
    }

    /// The listing that this DescribeTags asks for.
    pub fn of_tags(context: &TokenContext<'_>, request: &DescribeTagsRequest) -> Self {
        Self::of_ec2(with_filters(context.account_purpose("DescribeTags"), &request.filters))
    }

    /// The listing that this action of KMS makes of what `by` selects: members of the request that may be absent.
    pub fn of_kms(context: &TokenContext<'_>, action: &str, by: &[Option<&str>]) -> Self {
        let purpose = by.iter().fold(context.account_purpose(action), |purpose, member| match member {
            Some(text) => purpose.with(b"1").with(text.as_bytes()),
            None => purpose.with(b"0"),
        });
        Self { purpose, valid_ms: KMS_MARKER_VALID_MS, chars_max: KMS_MARKER_CHARS_MAX }
    }

    /// The listing of a snapshot's blocks.
    pub fn of_blocks(context: &TokenContext<'_>, snapshot: SnapshotId) -> Self {
        Self::of_ebs(context.account_purpose("ListSnapshotBlocks").with(&snapshot.to_bytes()))
    }

    /// The listing of the blocks that differ between two snapshots.
    pub fn of_changed_blocks(context: &TokenContext<'_>, first: SnapshotId, second: SnapshotId) -> Self {
        let purpose = context.account_purpose("ListChangedBlocks");
        Self::of_ebs(purpose.with(&first.to_bytes()).with(&second.to_bytes()))
    }

    /// A token for `cursor` in this listing.
    pub fn seal(self, context: &TokenContext<'_>, cursor: &impl Cursor) -> String {
        let mut content = context.now.plus_ms(self.valid_ms).0.to_le_bytes().to_vec();
        content.extend(cursor.to_bytes());
        context.keys.seal(context.nonce(), self.purpose, &content)
    }

    /// The place that `token` was sealed for in this listing, if it has not expired.
    ///
    /// # Errors
    /// [`Refusal::PageTokenInvalid`], whatever is wrong.
    pub fn open<C: Cursor>(self, context: &TokenContext<'_>, token: &str) -> Result<C, Refusal> {
        context
            .keys
            .open(token, self.purpose, self.chars_max)
            .and_then(|content| {
                let (expiry, cursor) = content.split_first_chunk()?;
                (context.now.0 < i64::from_le_bytes(*expiry)).then(|| C::from_bytes(cursor))?
            })
            .ok_or(Refusal::PageTokenInvalid)
    }

    fn of_ec2(purpose: Purpose) -> Self {
        Self { purpose, valid_ms: EC2_PAGE_TOKEN_VALID_MS, chars_max: EC2_TOKEN_CHARS_MAX }
    }

    fn of_ebs(purpose: Purpose) -> Self {
        Self { purpose, valid_ms: EBS_PAGE_TOKEN_VALID_MS, chars_max: EBS_TOKEN_CHARS_MAX }
    }
}

impl TokenContext<'_> {
    /// The start of the purpose of a page token of `action` in this region for this account.
    fn account_purpose(&self, action: &str) -> Purpose {
        self.purpose("page").with(self.account.to_string().as_bytes()).with(action.as_bytes())
    }
}

impl Cursor for BlockIndex {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_le_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(u32::from_le_bytes(bytes.try_into().ok()?)))
    }
}

impl Cursor for SnapshotCursor {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.start_time.0.to_le_bytes().to_vec();
        bytes.extend(self.id.to_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (start_time, id) = bytes.split_first_chunk()?;
        let id = SnapshotId::from_bytes(id.try_into().ok()?)?;
        Some(Self { start_time: Timestamp(i64::from_le_bytes(*start_time)), id })
    }
}

impl Cursor for TagCursor {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.resource.to_bytes().to_vec();
        bytes.extend(self.key.as_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (resource, key) = bytes.split_first_chunk()?;
        let resource = SnapshotId::from_bytes(*resource)?;
        Some(Self { resource, key: String::from_utf8(key.to_vec()).ok()? })
    }
}

fn with_filters(purpose: Purpose, filters: &[Filter]) -> Purpose {
    let counted = purpose.with(&(filters.len() as u64).to_le_bytes());
    filters
        .iter()
        .fold(counted, |purpose, filter| purpose.with(filter.name.as_bytes()).with_list(filter.values.iter()))
}
