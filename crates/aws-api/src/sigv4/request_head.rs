//! The head of an HTTP request, as bytes that were on the wire.

use super::error::{AuthError, AuthPart};

/// Bytes a path can have.
pub const PATH_BYTES_MAX: usize = 16 * 1024;
/// Bytes a query can have. A presigned copy carries every parameter of the copy, so this is more than a
/// listener takes in a request line.
pub const QUERY_BYTES_MAX: usize = 256 * 1024;
/// Header fields a request can have.
pub const HEADERS_MAX: usize = 128;
/// Bytes all header names and values of a request can have together.
pub const HEADER_BYTES_MAX: usize = 64 * 1024;

const METHOD_BYTES_MAX: usize = 32;

/// What of a request a signature covers, the body aside.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    /// The method, as on the wire.
    pub method: &'a str,
    /// The path, as on the wire: still percent-encoded, without the query.
    pub path: &'a str,
    /// The query, as on the wire: still percent-encoded, without the `?`; empty if there is none.
    pub query: &'a str,
    /// The header fields in the order they were received, a field that was sent twice twice. Names are in
    /// lower case; values are without the whitespace around them, or with it.
    pub headers: &'a [(String, Vec<u8>)],
}

impl<'a> RequestHead<'a> {
    /// Checks the bounds and the form of every part, so that what follows may rely on them.
    pub(super) fn check(&self) -> Result<(), AuthError> {
        let method_legal = (1..=METHOD_BYTES_MAX).contains(&self.method.len()) && is_token(self.method);
        if !method_legal {
            return Err(AuthError::Malformed(AuthPart::Method));
        }
        if self.path.len() > PATH_BYTES_MAX {
            return Err(AuthError::Malformed(AuthPart::Path));
        }
        if self.query.len() > QUERY_BYTES_MAX {
            return Err(AuthError::Malformed(AuthPart::Query));
        }
        let bytes: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let names_legal = self.headers.iter().all(|(name, _)| is_header_name(name));
        if self.headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX || !names_legal {
            return Err(AuthError::Malformed(AuthPart::Headers));
        }
        Ok(())
    }

    /// The values of the header `name`, in order.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_slice())
    }

    /// Whether the header `name` was sent.
    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(other, _)| other == name)
    }

    /// The value of the header `name` without the whitespace around it, or `None` if it was not sent.
    ///
    /// # Errors
    ///
    /// [`AuthError::Malformed`] naming `part` if it was sent twice or is not visible ASCII and spaces.
    pub(super) fn single(&self, name: &str, part: AuthPart) -> Result<Option<&'a str>, AuthError> {
        let mut values = self.values(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(AuthError::Malformed(part));
        }
        let text = str::from_utf8(value.trim_ascii()).map_err(|_| AuthError::Malformed(part))?;
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            Ok(Some(text))
        } else {
            Err(AuthError::Malformed(part))
        }
    }

    /// Checks that there is one `Host`, and that it names something.
    pub(super) fn require_host(&self) -> Result<(), AuthError> {
        match self.single("host", AuthPart::Host)? {
            None => Err(AuthError::MissingPart(AuthPart::Host)),
            Some("") => Err(AuthError::Malformed(AuthPart::Host)),
            Some(_) => Ok(()),
        }
    }
}

/// Whether `name` is a header's name in lower case.
pub(super) fn is_header_name(name: &str) -> bool {
    is_token(name) && !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// RFC 9110 5.6.2: what methods and header names are made of.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
