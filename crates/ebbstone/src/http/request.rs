//! Reading requests within bounds.

use std::time::Duration;

use aws_api::sigv4::RequestHead;
use aws_api::{ApiError, WireError};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::failure::Failure;

/// Longest time that a body may take.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);
/// Memory that is set aside for a body before its bytes arrive.
const FIRST_BYTES: usize = 16 * 1024;
/// Longest time that a body may take which nobody wants.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);
/// Longest path with query.
const TARGET_BYTES_MAX: usize = 64 * 1024;

/// The head of a request, as it was signed.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl<'a> Head<'a> {
    /// The head of a request that may be judged further.
    ///
    /// # Errors
    /// Refuses targets that are over-long or name another host, and bodies in an encoding of their own.
    pub(crate) fn of(parts: &'a Parts) -> Result<Self, Failure> {
        let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target > TARGET_BYTES_MAX {
            return Err(WireError::TooLarge { bytes_max: TARGET_BYTES_MAX }.into());
        }
        let encoded = parts.headers.get(http::header::CONTENT_ENCODING);
        if parts.uri.authority().is_some() || encoded.is_some_and(|encoding| encoding != "identity") {
            return Err(ApiError::from(WireError::UnknownOperation).into());
        }
        let headers =
            parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        Ok(Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or(""),
            headers: headers.collect(),
        })
    }

    /// The head as the verifier takes it.
    pub(crate) fn signed(&self) -> RequestHead<'_> {
        RequestHead { method: self.method, path: self.path, query: self.query, headers: &self.headers }
    }

    /// Headers that are text, as the decoders take them.
    pub(crate) fn text_headers(&self) -> Vec<(&str, &str)> {
        let headers = self.headers.iter();
        headers.filter_map(|(name, value)| Some((name.as_str(), std::str::from_utf8(value).ok()?))).collect()
    }

    /// The length that the body is said to have; the most it may have if none is said.
    pub(crate) fn body_bytes(&self, bytes_max: usize) -> usize {
        self.declared_length().unwrap_or(bytes_max).min(bytes_max)
    }

    fn declared_length(&self) -> Option<usize> {
        let (_, value) = self.headers.iter().find(|(name, _)| name == "content-length")?;
        std::str::from_utf8(value).ok()?.parse().ok()
    }
}

/// A whole body of at most `bytes_max` bytes. One that says it is longer is refused unread.
///
/// # Errors
/// [`WireError::TooLarge`], and [`WireError::BodyIncomplete`] if the client stops sending.
pub(crate) async fn read_body(
    head: &Head<'_>,
    incoming: &mut Incoming,
    bytes_max: usize,
) -> Result<Bytes, Failure> {
    let too_large = || Failure::from(WireError::TooLarge { bytes_max });
    let declared = head.declared_length().unwrap_or(0);
    if declared > bytes_max {
        return Err(too_large());
    }
    let reading = async {
        let mut body = BytesMut::with_capacity(declared.min(FIRST_BYTES));
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame.map_err(|_| WireError::BodyIncomplete)?.into_data() else { continue };
            if body.len() + data.len() > bytes_max {
                return Err(too_large());
            }
            body.extend_from_slice(&data);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(BODY_TIME_MAX, reading).await.unwrap_or(Err(WireError::BodyIncomplete.into()))
}

/// Reads what is left of a body and throws it away. Says whether all of it was read: if not, the connection cannot
/// carry another request.
pub(crate) async fn drain(mut incoming: Incoming, bytes_max: usize) -> bool {
    let reading = async {
        let mut bytes = 0;
        while let Some(frame) = incoming.frame().await {
            let Ok(frame) = frame else { return false };
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > bytes_max {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(DRAIN_TIME_MAX, reading).await.unwrap_or(false)
}
