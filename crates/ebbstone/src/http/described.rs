//! Answers of Describe calls: told in parts, so that one that lists everything fills no more memory than a page.

use std::sync::Arc;

use aws_api::HttpAnswer;
use aws_api::ec2_query::{describe_snapshots, describe_tags};
use aws_api::token::{TokenContext, TokenKeys};
use bytes::Bytes;
use ebs::{AccountId, Randomness, RegionName, Timestamp};
use futures_util::stream;
use service::{SnapshotListing, TagListing};

use super::block_memory::BlockMemory;
use super::body::{AnswerBody, CutOff};
use super::failure::Failure;
use super::{Context, Signed};

/// Parts are gathered until they are this long, so that short answers are whole and long ones are not crumbs.
const PART_BYTES_MIN: usize = 64 * 1024;
/// Memory that a part fills while it is made: rows as they are read, what is made of them, and their text. A few hundred
/// snapshots or so, with the longest tags and descriptions, and each character written as a reference.
const PART_MEMORY_BYTES: u64 = 3 << 20;

/// A listing as the wire tells it.
pub(super) trait Listing: Send + 'static {
    /// The next members; nothing once all have been told.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Failure>> + Send;

    /// What follows the last member.
    fn end(&self, context: &TokenContext<'_>) -> Vec<u8>;
}

impl Listing for SnapshotListing {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.next_part().await?.map(|snapshots| describe_snapshots::members(&snapshots)))
    }

    fn end(&self, context: &TokenContext<'_>) -> Vec<u8> {
        describe_snapshots::end(self.request(), self.next_page(), context)
    }
}

impl Listing for TagListing {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.next_part().await?.map(|tags| describe_tags::members(&tags)))
    }

    fn end(&self, context: &TokenContext<'_>) -> Vec<u8> {
        describe_tags::end(self.request(), self.next_page(), context)
    }
}

/// An answer under way.
struct Telling<L> {
    listing: L,
    memory: BlockMemory,
    tokens: Tokens,
    request_id: String,
    is_over: bool,
}

/// What sealing the token of the next page takes, for as long as the answer lasts.
struct Tokens {
    keys: Arc<TokenKeys>,
    randomness: Arc<dyn Randomness>,
    region: RegionName,
    account: AccountId,
    now: Timestamp,
}

/// The answer that begins with `begun` and tells `listing`. What goes wrong before its first part is there is a
/// failure; after that the answer is cut off.
pub(super) async fn answer(
    context: &Context<'_>,
    signed: &Signed,
    begun: HttpAnswer,
    listing: impl Listing,
) -> Result<HttpAnswer<AnswerBody>, Failure> {
    let memory = context.api.blocks.clone();
    let share = memory.listing(PART_MEMORY_BYTES).await?;
    let (tokens, request_id) = (Tokens::of(context, signed)?, context.request_id.to_owned());
    let mut telling = Telling { listing, memory, tokens, request_id, is_over: false };
    let first = share.hold_exactly(telling.part(begun.body).await?);
    let body = if telling.is_over { first.into() } else { telling.rest_after(first) };
    Ok(HttpAnswer { status: begun.status, headers: begun.headers, body })
}

impl<L: Listing> Telling<L> {
    /// `text` and the members that follow it, gathered to a part, and the end if they are the last.
    async fn part(&mut self, mut text: Vec<u8>) -> Result<Vec<u8>, Failure> {
        while text.len() < PART_BYTES_MIN {
            let Some(members) = self.listing.next().await? else {
                self.is_over = true;
                text.extend(self.listing.end(&self.tokens.context()));
                break;
            };
            text.extend(members);
        }
        Ok(text)
    }

    fn rest_after(self, first: Bytes) -> AnswerBody {
        let parts = stream::unfold((Some(first), self), |(first, mut telling)| async move {
            if let Some(first) = first {
                return Some((Ok(first), (None, telling)));
            }
            if telling.is_over {
                return None;
            }
            let part = telling.next_part().await;
            // After an error nothing more is asked for.
            telling.is_over |= part.is_err();
            Some((part, (None, telling)))
        });
        AnswerBody::of_parts(parts)
    }

    async fn next_part(&mut self) -> Result<Bytes, CutOff> {
        let Some(share) = self.memory.next_part(PART_MEMORY_BYTES).await else {
            tracing::warn!(
                request_id = self.request_id,
                "an answer is cut off: there is no memory for the rest"
            );
            return Err(CutOff);
        };
        match self.part(Vec::new()).await {
            Ok(part) => Ok(share.hold_exactly(part)),
            Err(failure) => {
                tracing::error!(request_id = self.request_id, ?failure, "an answer is cut off");
                Err(CutOff)
            }
        }
    }
}

impl Tokens {
    fn of(context: &Context<'_>, signed: &Signed) -> Result<Self, Failure> {
        let tokens = context.tokens(&signed.principal)?;
        Ok(Self {
            keys: Arc::clone(context.token_keys()?),
            randomness: Arc::clone(&context.api.randomness),
            region: context.region.clone(),
            account: tokens.account,
            now: tokens.now,
        })
    }

    fn context(&self) -> TokenContext<'_> {
        TokenContext {
            keys: &self.keys,
            randomness: &*self.randomness,
            region: &self.region,
            account: self.account,
            now: self.now,
        }
    }
}
