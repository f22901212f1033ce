//! Bodies of answers.

use bytes::Bytes;
use http_body_util::Full;

/// The body of an answer. Memory that its bytes hold is given back when the last of them is on its way.
pub(crate) type AnswerBody = Full<Bytes>;
