//! The EBS direct APIs.

use aws_api::ebs_direct::{
    self, EbsAction, EbsRequest, Headers, complete_snapshot, get_snapshot_block, list_changed_blocks,
    list_snapshot_blocks, put_snapshot_block, start_snapshot,
};
use aws_api::sigv4::{AuthError, Payload};
use aws_api::{ApiError, HttpAnswer, WireError};
use ebs::BLOCK_BYTES;
use ebs::operation::put_snapshot_block::PutSnapshotBlockRequest;
use hyper::body::{Body, Incoming};

use super::block_memory::Leaving;
use super::body::AnswerBody;
use super::failure::Failure;
use super::request::{BodyMemory, Head, read_body};
use super::{Context, Signed};

/// Memory that a block of a listing fills while the answer is made: what it is known by, and its text with tokens.
const LISTED_BLOCK_BYTES: u64 = 384;
/// Memory that the nodes fill which a listing reads at the same time.
const NODES_BYTES: u64 = 2 << 20;

/// Answers a request of the EBS direct APIs.
pub(super) async fn answer(
    context: &Context<'_>,
    head: &Head<'_>,
    signed: &Signed,
    incoming: &mut Incoming,
) -> Result<HttpAnswer<AnswerBody>, Failure> {
    let route = ebs_direct::route(head.method, head.path)?;
    context.asks_for(route.action().name());
    let headers = head.text_headers();
    let tokens = context.tokens(&signed.principal)?;
    let body = match route.action() {
        EbsAction::PutSnapshotBlock => bytes::Bytes::new(),
        action => context.api.signed_body(head, signed, incoming, action.body_bytes_max()).await?,
    };
    let request = ebs_direct::decode(&route, head.query, &Headers(&headers), &body, &tokens)?;
    let (call, request_id) = (&context.call, context.request_id);
    let answer = match request {
        EbsRequest::PutSnapshotBlock(request) => {
            return Box::pin(put_block(context, head, signed, incoming, &request)).await;
        }
        EbsRequest::GetSnapshotBlock(request) => {
            let memory = context.api.blocks.leaving().await?;
            let call = call.clone();
            let reading = async move {
                let (block, digest) = call.get_snapshot_block(&request).await?;
                Ok::<_, Failure>((memory.hold(block), digest))
            };
            let (block, digest) = finished(reading).await??;
            context.api.metrics.block_read(&context.region);
            return Ok(get_snapshot_block::encode(&digest, block.into(), request_id));
        }
        EbsRequest::StartSnapshot(request) => {
            start_snapshot::encode(&call.start_snapshot(&request).await?, request_id)
        }
        EbsRequest::CompleteSnapshot(request) => {
            complete_snapshot::encode(&call.complete_snapshot(&request).await?, request_id)
        }
        EbsRequest::ListSnapshotBlocks(request) => {
            let memory = listing_memory(context, request.max_results).await?;
            let reply = call.list_snapshot_blocks(&request).await?;
            return Ok(held(
                list_snapshot_blocks::encode(request.snapshot, &reply, request_id, &tokens),
                memory,
            ));
        }
        EbsRequest::ListChangedBlocks(request) => {
            let memory = listing_memory(context, request.max_results).await?;
            let reply = call.list_changed_blocks(&request).await?;
            let (first, second) = (request.first, request.second);
            let answer = list_changed_blocks::encode(first, second, &reply, request_id, &tokens);
            return Ok(held(answer, memory));
        }
    };
    Ok(HttpAnswer { status: answer.status, headers: answer.headers, body: answer.body.into() })
}

/// Memory for a listing of at most so many blocks.
async fn listing_memory(context: &Context<'_>, blocks_max: u32) -> Result<Leaving, Failure> {
    let bytes = u64::from(blocks_max) * LISTED_BLOCK_BYTES + NODES_BYTES;
    context.api.blocks.listing(bytes).await
}

/// The same answer, whose bytes hold `memory` until the client has taken them.
fn held(answer: HttpAnswer, memory: Leaving) -> HttpAnswer<AnswerBody> {
    let body = memory.hold_exactly(answer.body).into();
    HttpAnswer { status: answer.status, headers: answer.headers, body }
}

/// Reads a block's bytes, for which there is memory first, and writes them. Their digest is compared with the
/// checksum header, so they need not be covered by the signature; if they are, that is judged too.
async fn put_block(
    context: &Context<'_>,
    head: &Head<'_>,
    signed: &Signed,
    incoming: &mut Incoming,
    request: &PutSnapshotBlockRequest,
) -> Result<HttpAnswer<AnswerBody>, Failure> {
    // Nobody who has not shown a key gets memory: the signature must be one that can be judged without the body.
    if signed.authorization.payload() == Payload::OfBody {
        return Err(AuthError::UnsignedHeader("x-amz-content-sha256").into());
    }
    match incoming.size_hint().exact() {
        Some(length) if length > BLOCK_BYTES as u64 => {
            return Err(WireError::TooLarge { bytes_max: BLOCK_BYTES }.into());
        }
        Some(length) if length < BLOCK_BYTES as u64 => return Err(WireError::BlockBody.into()),
        _ => {}
    }
    let memory = context.api.blocks.arriving().await?;
    let block = read_body(incoming, BLOCK_BYTES, BodyMemory::Held).await?;
    if block.len() != BLOCK_BYTES {
        return Err(WireError::BlockBody.into());
    }
    drop(memory.sending);
    if signed.authorization.payload() != Payload::Unsigned {
        context.api.verify_with_body(head, signed, &block)?;
    }
    let (call, request) = (context.call.clone(), request.clone());
    let writing = async move { call.put_snapshot_block(&request, block, memory.block).await };
    let reply = finished(writing).await??;
    context.api.metrics.block_written(&context.region);
    let answer = put_snapshot_block::encode(&reply, context.request_id);
    Ok(HttpAnswer { status: answer.status, headers: answer.headers, body: answer.body.into() })
}

/// What `work` gives. It runs to its end also if the client goes away, so that its memory is counted for as long as
/// it is filled.
async fn finished<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, Failure> {
    tokio::spawn(work).await.map_err(|_| ApiError::Internal.into())
}
