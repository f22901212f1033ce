//! The EBS direct APIs: JSON and blocks.
//!
//! Source: Amazon EBS API Reference, version 2019-11-02.

mod complete_snapshot;
mod get_snapshot_block;
mod list_blocks;
mod put_snapshot_block;
mod start_snapshot;

pub(crate) use list_blocks::{BlockPage, ListedBlock, Listing, PageStart};
pub(crate) use start_snapshot::StartOrder;

use bytes::Bytes;
use http::Method;
use serde::de::DeserializeOwned;

use super::endpoint::Service;
use super::error::ClientError;
use super::transport::{Call, Payload, Repeat};

/// A call without a body. Every call of this API may be repeated.
fn call(operation: &'static str, method: Method, path: String) -> Call {
    Call {
        service: Service::Ebs,
        operation,
        method,
        path,
        query: String::new(),
        headers: Vec::new(),
        body: Bytes::new(),
        payload: Payload::Signed,
        repeat: Repeat::Always,
    }
}

/// The JSON of an answer's body.
fn json<T: DeserializeOwned>(operation: &'static str, body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body)
        .map_err(|_| ClientError::Answer { operation, problem: "it is not the JSON of this action" })
}
