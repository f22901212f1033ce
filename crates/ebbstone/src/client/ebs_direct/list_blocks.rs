//! ListSnapshotBlocks and ListChangedBlocks.
//!
//! Source: <https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html> and
//! <https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListChangedBlocks.html>.

use ebs::{BLOCK_BYTES, BlockIndex, SnapshotId, VolumeSize};
use http::Method;
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;

use super::{call, json};
use crate::client::Client;
use crate::client::ec2::RESERVED;
use crate::client::error::ClientError;

/// Blocks of which snapshots are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// All that the snapshot has.
    Present(SnapshotId),
    /// Those that differ between two snapshots of one lineage.
    Changed {
        /// The earlier one.
        first: SnapshotId,
        /// The later one.
        second: SnapshotId,
    },
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageStart {
    /// At this block or the next one after it.
    Index(u32),
    /// Where a page said that the next one begins.
    Token(String),
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockPage {
    /// Blocks in ascending order, each once, all inside the volume; perhaps none.
    pub(crate) blocks: Vec<ListedBlock>,
    /// Size of the volume; of the later snapshot's, of two.
    pub(crate) volume_size: VolumeSize,
    /// Where the next page begins, if there is one.
    pub(crate) next_token: Option<String>,
}

/// A block in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedBlock {
    /// Its index.
    pub(crate) index: BlockIndex,
    /// What reads it from the earlier snapshot, if two are compared and that has it.
    pub(crate) first_token: Option<String>,
    /// What reads it from the snapshot, or from the later one of two; none if that does not have it.
    pub(crate) token: Option<String>,
}

impl Listing {
    fn operation(self) -> &'static str {
        match self {
            Self::Present(_) => "ListSnapshotBlocks",
            Self::Changed { .. } => "ListChangedBlocks",
        }
    }
}

impl Client {
    /// A page of a listing, of at most `max_results` (100 to 10,000) blocks.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] with the service's reason; [`ClientError::Answer`] if the page is not in order.
    pub(crate) async fn list_blocks(
        &self,
        listing: Listing,
        from: &PageStart,
        max_results: u32,
    ) -> Result<BlockPage, ClientError> {
        let path = match listing {
            Listing::Present(snapshot) => format!("/snapshots/{snapshot}/blocks"),
            Listing::Changed { second, .. } => format!("/snapshots/{second}/changedblocks"),
        };
        let mut call = call(listing.operation(), Method::GET, path);
        call.query = query(listing, from, max_results);
        let answer = self.send(&call).await?;
        page(listing.operation(), &answer)
    }
}

fn query(listing: Listing, from: &PageStart, max_results: u32) -> String {
    let mut query = format!("maxResults={max_results}");
    if let Listing::Changed { first, .. } = listing {
        query.push_str(&format!("&firstSnapshotId={first}"));
    }
    match from {
        PageStart::Index(0) => {}
        PageStart::Index(index) => query.push_str(&format!("&startingBlockIndex={index}")),
        PageStart::Token(token) => {
            query.push_str(&format!("&pageToken={}", utf8_percent_encode(token, RESERVED)))
        }
    }
    query
}

fn page(operation: &'static str, body: &[u8]) -> Result<BlockPage, ClientError> {
    let answer: Answer = json(operation, body)?;
    let refused = |problem| ClientError::Answer { operation, problem };
    if answer.block_size != BLOCK_BYTES as u64 {
        return Err(refused("blocks are not of 524288 bytes"));
    }
    let volume_size =
        VolumeSize::from_gib(answer.volume_size).ok_or(refused("no volume has the size that it states"))?;
    let present = answer.blocks.unwrap_or_default().into_iter().map(|block| ListedBlock {
        index: BlockIndex(block.block_index),
        first_token: None,
        token: Some(block.block_token),
    });
    let changed = answer.changed_blocks.unwrap_or_default().into_iter().map(|block| ListedBlock {
        index: BlockIndex(block.block_index),
        first_token: block.first_block_token,
        token: block.second_block_token,
    });
    let blocks: Vec<_> = present.chain(changed).collect();
    if !blocks.is_sorted_by(|one, other| one.index < other.index) {
        return Err(refused("blocks are not in ascending order"));
    }
    // A block that only the earlier of two snapshots has may lie beyond the end of a smaller later one.
    if blocks.iter().any(|block| block.token.is_some() && !volume_size.contains(block.index)) {
        return Err(refused("a block is outside the volume"));
    }
    Ok(BlockPage { blocks, volume_size, next_token: answer.next_token.filter(|token| !token.is_empty()) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    blocks: Option<Vec<PresentBlock>>,
    changed_blocks: Option<Vec<ChangedBlock>>,
    volume_size: u64,
    block_size: u64,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PresentBlock {
    block_index: u32,
    block_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangedBlock {
    block_index: u32,
    first_block_token: Option<String>,
    second_block_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{Listing, PageStart, page, query};
    use ebs::BlockIndex;

    fn parsed(body: &str) -> Option<super::BlockPage> {
        page("ListSnapshotBlocks", body.as_bytes()).ok()
    }

    #[test]
    fn queries_say_where_to_begin() {
        let [first, second] = ["snap-00000001", "snap-00000002"].map(|id| id.parse().expect("an id"));
        assert_eq!(query(Listing::Present(first), &PageStart::Index(0), 100), "maxResults=100");
        assert_eq!(
            query(Listing::Changed { first, second }, &PageStart::Index(7), 100),
            "maxResults=100&firstSnapshotId=snap-00000001&startingBlockIndex=7"
        );
        assert_eq!(
            query(Listing::Present(first), &PageStart::Token("a+/=".to_owned()), 100),
            "maxResults=100&pageToken=a%2B%2F%3D"
        );
    }

    #[test]
    fn pages_of_both_kinds_are_read() {
        let present = parsed(
            r#"{"Blocks":[{"BlockIndex":0,"BlockToken":"a"},{"BlockIndex":2047,"BlockToken":"b"}],"ExpiryTime":1.7E9,
            "VolumeSize":1,"BlockSize":524288,"NextToken":null}"#,
        )
        .expect("a page");
        assert_eq!(present.blocks.len(), 2);
        assert_eq!(
            (present.blocks[1].index, present.blocks[1].token.as_deref()),
            (BlockIndex(2047), Some("b"))
        );
        assert_eq!((present.volume_size.gib(), present.next_token), (1, None));
        let changed = parsed(
            r#"{"ChangedBlocks":[{"BlockIndex":1,"FirstBlockToken":"a"},{"BlockIndex":3,"SecondBlockToken":"b"}],
            "VolumeSize":1,"BlockSize":524288,"NextToken":"n"}"#,
        )
        .expect("a page");
        assert_eq!(
            (changed.blocks[0].first_token.as_deref(), changed.blocks[0].token.as_deref()),
            (Some("a"), None)
        );
        assert_eq!(changed.blocks[1].token.as_deref(), Some("b"));
        assert_eq!(changed.next_token.as_deref(), Some("n"));
    }

    #[test]
    fn pages_out_of_order_are_refused() {
        for body in [
            "{}",
            "[]",
            r#"{"Blocks":[{"BlockIndex":2,"BlockToken":"a"},{"BlockIndex":1,"BlockToken":"b"}],"VolumeSize":1,"BlockSize":524288}"#,
            r#"{"Blocks":[{"BlockIndex":1,"BlockToken":"a"},{"BlockIndex":1,"BlockToken":"b"}],"VolumeSize":1,"BlockSize":524288}"#,
            r#"{"Blocks":[{"BlockIndex":2048,"BlockToken":"a"}],"VolumeSize":1,"BlockSize":524288}"#,
            r#"{"Blocks":[{"BlockIndex":-1,"BlockToken":"a"}],"VolumeSize":1,"BlockSize":524288}"#,
            r#"{"Blocks":[],"VolumeSize":0,"BlockSize":524288}"#,
            r#"{"Blocks":[],"VolumeSize":1,"BlockSize":4096}"#,
        ] {
            assert_eq!(parsed(body), None, "{body}");
        }
    }
}
