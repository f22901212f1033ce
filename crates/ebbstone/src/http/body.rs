//! Bodies of answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use block_store::MemoryPermit;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

/// The body of an answer. One that carries a block holds its share of the memory budget until it is sent.
#[derive(Debug, Default)]
pub(crate) struct AnswerBody {
    bytes: Full<Bytes>,
    _memory: Option<MemoryPermit>,
}

impl AnswerBody {
    /// A body that holds `memory` until it is sent or given up.
    pub(crate) fn holding(bytes: Vec<u8>, memory: MemoryPermit) -> Self {
        Self { bytes: Full::new(bytes.into()), _memory: Some(memory) }
    }
}

impl From<Vec<u8>> for AnswerBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes: Full::new(bytes.into()), _memory: None }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.bytes).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.size_hint()
    }
}
