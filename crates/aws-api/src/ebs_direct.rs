//! The EBS direct APIs: paths, headers and JSON in, JSON and headers out.
//!
//! Source: EBS direct APIs reference, version 2019-11-02.

mod checksum;
pub mod complete_snapshot;
pub mod get_snapshot_block;
mod headers;
pub mod list_changed_blocks;
pub mod list_snapshot_blocks;
mod page;
pub mod put_snapshot_block;
mod route;
pub mod start_snapshot;
#[cfg(test)]
mod tests;

use ebs::operation::complete_snapshot::CompleteSnapshotRequest;
use ebs::operation::get_snapshot_block::GetSnapshotBlockRequest;
use ebs::operation::list_changed_blocks::ListChangedBlocksRequest;
use ebs::operation::list_snapshot_blocks::ListSnapshotBlocksRequest;
use ebs::operation::put_snapshot_block::PutSnapshotBlockRequest;
use ebs::operation::start_snapshot::StartSnapshotRequest;
use ebs::{BLOCK_BYTES, Timestamp};
use serde::Serialize;

use crate::form::Form;
use crate::limits::JSON_BYTES_MAX;
use crate::token::TokenContext;
use crate::{ApiError, HttpAnswer};

pub use headers::Headers;
pub use route::{EbsRoute, route};

/// Bytes that are set aside for an answer beside its list.
const JSON_BYTES: usize = 512;

/// Content type of answers that carry JSON, errors included.
pub(crate) const CONTENT_TYPE: &str = "application/json";

/// An action of the EBS direct APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are the names of Amazon's actions")]
pub enum EbsAction {
    CompleteSnapshot,
    GetSnapshotBlock,
    ListChangedBlocks,
    ListSnapshotBlocks,
    PutSnapshotBlock,
    StartSnapshot,
}

/// A decoded request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are the names of Amazon's actions")]
pub enum EbsRequest {
    CompleteSnapshot(CompleteSnapshotRequest),
    GetSnapshotBlock(GetSnapshotBlockRequest),
    ListChangedBlocks(ListChangedBlocksRequest),
    ListSnapshotBlocks(ListSnapshotBlocksRequest),
    PutSnapshotBlock(PutSnapshotBlockRequest),
    StartSnapshot(StartSnapshotRequest),
}

impl EbsAction {
    /// The action's name, as it stands after `ebs:` in policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::CompleteSnapshot => "CompleteSnapshot",
            Self::GetSnapshotBlock => "GetSnapshotBlock",
            Self::ListChangedBlocks => "ListChangedBlocks",
            Self::ListSnapshotBlocks => "ListSnapshotBlocks",
            Self::PutSnapshotBlock => "PutSnapshotBlock",
            Self::StartSnapshot => "StartSnapshot",
        }
    }

    /// Most bytes that a request's body may have.
    pub fn body_bytes_max(self) -> usize {
        match self {
            Self::PutSnapshotBlock => BLOCK_BYTES,
            Self::StartSnapshot | Self::CompleteSnapshot => JSON_BYTES_MAX,
            Self::GetSnapshotBlock | Self::ListChangedBlocks | Self::ListSnapshotBlocks => 0,
        }
    }
}

impl EbsRequest {
    /// The action that is asked for.
    pub fn action(&self) -> EbsAction {
        match self {
            Self::CompleteSnapshot(_) => EbsAction::CompleteSnapshot,
            Self::GetSnapshotBlock(_) => EbsAction::GetSnapshotBlock,
            Self::ListChangedBlocks(_) => EbsAction::ListChangedBlocks,
            Self::ListSnapshotBlocks(_) => EbsAction::ListSnapshotBlocks,
            Self::PutSnapshotBlock(_) => EbsAction::PutSnapshotBlock,
            Self::StartSnapshot(_) => EbsAction::StartSnapshot,
        }
    }
}

/// The request that was made at `route`. `body` counts for StartSnapshot only; a block's bytes are for the caller to
/// read after the headers have been judged here.
///
/// # Errors
/// [`ApiError::Wire`] if query, headers or body are no request of these APIs, [`ApiError::Refused`] if a parameter
/// is missing or has not the form of its type, or a token cannot be used here.
pub fn decode(
    route: &EbsRoute,
    query: &str,
    headers: &Headers<'_>,
    body: &[u8],
    context: &TokenContext<'_>,
) -> Result<EbsRequest, ApiError> {
    let form = Form::parse(query.as_bytes())?;
    let fields = form.fields();
    Ok(match *route {
        EbsRoute::StartSnapshot => EbsRequest::StartSnapshot(start_snapshot::decode(body)?),
        EbsRoute::PutSnapshotBlock { snapshot, index } => {
            EbsRequest::PutSnapshotBlock(put_snapshot_block::decode(snapshot, index, headers)?)
        }
        EbsRoute::CompleteSnapshot { snapshot } => {
            EbsRequest::CompleteSnapshot(complete_snapshot::decode(snapshot, headers)?)
        }
        EbsRoute::GetSnapshotBlock { snapshot, index } => {
            EbsRequest::GetSnapshotBlock(get_snapshot_block::decode(snapshot, index, &fields, context)?)
        }
        EbsRoute::ListSnapshotBlocks { snapshot } => {
            EbsRequest::ListSnapshotBlocks(list_snapshot_blocks::decode(snapshot, &fields, context)?)
        }
        EbsRoute::ListChangedBlocks { second } => {
            EbsRequest::ListChangedBlocks(list_changed_blocks::decode(second, &fields, context)?)
        }
    })
}

/// An answer whose body is `body` as JSON.
fn json_answer(status: u16, request_id: &str, body: &impl Serialize) -> HttpAnswer {
    list_answer(status, request_id, body, 0)
}

/// An answer whose body is `body` as JSON, which has a list of at most `list_bytes` bytes in it.
fn list_answer(status: u16, request_id: &str, body: &impl Serialize, list_bytes: usize) -> HttpAnswer {
    let mut json = Vec::with_capacity(list_bytes + JSON_BYTES);
    serde_json::to_writer(&mut json, body).expect("plain structures with text keys always serialize");
    HttpAnswer::new(status, request_id, CONTENT_TYPE, json)
}

/// `moment` as JSON carries it: seconds since the epoch.
pub(crate) fn epoch_seconds(moment: Timestamp) -> f64 {
    moment.0 as f64 / 1000.0
}
