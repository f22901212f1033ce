//! Reading requests within bounds.

use std::time::Duration;

use aws_api::WireError;
use aws_api::sigv4::RequestHead;
use block_store::MemoryBudget;
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::uri::Authority;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::block_memory::take_soon;
use super::failure::Failure;
use super::pace::Pace;

/// Memory that is set aside for a body before its bytes arrive.
const FIRST_BYTES: usize = 16 * 1024;
/// Bodies up to this length are bounded by the number of connections.
const SMALL_BODY_BYTES: usize = 64 * 1024;
/// Longest time that a body may take which nobody wants.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// The head of a request, as it was signed.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// The host that the target names, if it is in absolute form.
    authority: Option<&'a str>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl<'a> Head<'a> {
    /// The head of a request, not judged yet.
    pub(crate) fn of(parts: &'a Parts) -> Self {
        let headers =
            parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
        Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or(""),
            authority: parts.uri.authority().map(Authority::as_str),
            headers: headers.collect(),
        }
    }

    /// Judges what the head says about the request as a whole.
    ///
    /// # Errors
    /// Refuses targets that name another host than the request, and bodies in an encoding.
    pub(crate) fn check(&self) -> Result<(), WireError> {
        if self.values("content-encoding").any(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
            return Err(WireError::ContentEncoding);
        }
        let names_host =
            |authority: &str| self.values("host").any(|host| host.eq_ignore_ascii_case(authority.as_bytes()));
        match self.authority {
            Some(authority) if !names_host(authority) => Err(WireError::UnknownOperation),
            _ => Ok(()),
        }
    }

    /// Whether the client waits to be told that it may send its body.
    pub(crate) fn expects_to_be_told(&self) -> bool {
        self.values("expect").next().is_some()
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

    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_slice())
    }
}

/// Where the memory of a body comes from.
pub(crate) enum BodyMemory<'a> {
    /// It was taken before.
    Held,
    /// From this budget, once the body is larger than a small one.
    From(&'a MemoryBudget),
}

/// A whole body of at most `bytes_max` bytes. One that says it is longer is refused unread.
///
/// # Errors
/// [`WireError::TooLarge`], [`WireError::BodyIncomplete`] if the client stops sending, [`WireError::BodyTooSlow`],
/// and [`aws_api::ApiError::Unavailable`] if there is no memory for it soon.
pub(crate) async fn read_body(
    incoming: &mut Incoming,
    bytes_max: usize,
    memory: BodyMemory<'_>,
) -> Result<Bytes, Failure> {
    let declared = incoming.size_hint().upper();
    if incoming.size_hint().lower() > bytes_max as u64 {
        return Err(WireError::TooLarge { bytes_max }.into());
    }
    let most = declared
        .and_then(|bytes| usize::try_from(bytes).ok())
        .map_or(bytes_max, |bytes| bytes.min(bytes_max));
    let mut body = BytesMut::with_capacity(match memory {
        BodyMemory::Held => most,
        BodyMemory::From(_) => most.min(FIRST_BYTES),
    });
    let (mut pace, mut share) = (Pace::begin(), None);
    loop {
        let next = tokio::time::timeout_at(pace.deadline(), incoming.frame()).await;
        let Some(frame) = next.map_err(|_| WireError::BodyTooSlow)? else { break };
        let Ok(data) = frame.map_err(|_| WireError::BodyIncomplete)?.into_data() else { continue };
        pace.moved(data.len());
        let length = body.len() + data.len();
        if length > bytes_max {
            return Err(WireError::TooLarge { bytes_max }.into());
        }
        if let BodyMemory::From(budget) = memory
            && length > SMALL_BODY_BYTES
            && share.is_none()
        {
            share = Some(take_soon(budget.take(most as u64)).await?);
            pace = Pace::begin();
        }
        body.extend_from_slice(&data);
    }
    Ok(match share {
        Some(share) => share.hold(body),
        None => body.freeze(),
    })
}

/// Reads what is left of a body and throws it away. Says whether all of it was read: if not, the connection cannot
/// carry another request. Who waits to be told to send is not told: the answer takes the place of the body.
pub(crate) async fn drain(head: &Head<'_>, mut incoming: Incoming, bytes_max: usize) -> bool {
    if incoming.is_end_stream() {
        return true;
    }
    if head.expects_to_be_told() || incoming.size_hint().lower() > bytes_max as u64 {
        return false;
    }
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
