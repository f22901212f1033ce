//! Bodies of answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

/// The body of an answer: whole, or in parts that are made as the client takes them. Memory that its bytes hold is
/// given back when the last of them is on its way.
pub(crate) struct AnswerBody(Kind);

enum Kind {
    Whole(Full<Bytes>),
    Parts(Pin<Box<dyn Stream<Item = Result<Bytes, CutOff>> + Send>>),
}

/// The rest of an answer cannot be told, so the connection ends in the midst of it and the client knows.
#[derive(Debug, thiserror::Error)]
#[error("an answer is cut off")]
pub(crate) struct CutOff;

impl AnswerBody {
    /// A body of these parts.
    pub(super) fn of_parts(parts: impl Stream<Item = Result<Bytes, CutOff>> + Send + 'static) -> Self {
        Self(Kind::Parts(Box::pin(parts)))
    }
}

impl Default for AnswerBody {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl From<Bytes> for AnswerBody {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Whole(Full::new(bytes)))
    }
}

impl From<Vec<u8>> for AnswerBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match &mut self.0 {
            Kind::Whole(whole) => Pin::new(whole).poll_frame(context).map_err(|never| match never {}),
            Kind::Parts(parts) => {
                parts.as_mut().poll_next(context).map(|part| part.map(|part| part.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(whole) => whole.is_end_stream(),
            Kind::Parts(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(whole) => whole.size_hint(),
            Kind::Parts(_) => SizeHint::default(),
        }
    }
}
