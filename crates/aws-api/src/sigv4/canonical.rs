//! The canonical request: one text for all the ways to write one request.

use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::error::{AuthError, AuthPart};
use super::query;
use super::request_head::RequestHead;

/// What of a path is escaped: all that is escaped in a query, but for the slash.
const PATH_RESERVED: &AsciiSet = &query::RESERVED.remove(b'/');

/// How a path becomes canonical.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PathRule {
    /// Dot segments and doubled slashes are taken out.
    Normalized,
    /// The path stays as it is. Only S3 signs so; the official vectors cover it.
    #[cfg(test)]
    AsSent,
}

/// The canonical request of `head`, whose bounds must have been checked. `signed_headers` is sorted;
/// `payload` is the hash of the body, or what stands for it.
///
/// # Errors
///
/// [`AuthError::SignedHeaderAbsent`]; [`AuthError::Malformed`] if a signed header's value has a line break or
/// a NUL, or the query has too many parameters.
pub(super) fn canonical_request(
    head: &RequestHead<'_>,
    signed_headers: &[String],
    payload: &str,
    path_rule: PathRule,
) -> Result<Vec<u8>, AuthError> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(head.method.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(canonical_path(head.path, path_rule).as_bytes());
    text.push(b'\n');
    text.extend_from_slice(query::canonical(&query::parameters(head.query)?).as_bytes());
    text.push(b'\n');
    for name in signed_headers {
        push_header(&mut text, head, name)?;
    }
    text.push(b'\n');
    text.extend_from_slice(signed_headers.join(";").as_bytes());
    text.push(b'\n');
    text.extend_from_slice(payload.as_bytes());
    Ok(text)
}

/// The wire's path, normalised (RFC 3986 5.2.4, and no empty segments) and escaped once more.
fn canonical_path(path: &str, rule: PathRule) -> String {
    let path = match rule {
        PathRule::Normalized => normalized(path),
        #[cfg(test)]
        PathRule::AsSent => path.to_owned(),
    };
    utf8_percent_encode(&path, PATH_RESERVED).to_string()
}

fn normalized(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let mut normalized = String::with_capacity(path.len() + 1);
    for segment in &kept {
        normalized.push('/');
        normalized.push_str(segment);
    }
    // A path that ends in a dot segment names a directory, as one that ends in a slash does.
    if kept.is_empty() || matches!(path.rsplit('/').next(), Some("" | "." | "..")) {
        normalized.push('/');
    }
    normalized
}

/// Adds the line of the header `name`: its values joined by commas in the order they were sent, each trimmed
/// and with every run of spaces as one.
fn push_header(text: &mut Vec<u8>, head: &RequestHead<'_>, name: &str) -> Result<(), AuthError> {
    text.extend_from_slice(name.as_bytes());
    let mut separator = b':';
    for value in head.values(name) {
        text.push(separator);
        push_trimmed(text, value)?;
        separator = b',';
    }
    if separator == b':' {
        return Err(AuthError::SignedHeaderAbsent(name.to_owned()));
    }
    text.push(b'\n');
    Ok(())
}

fn push_trimmed(text: &mut Vec<u8>, value: &[u8]) -> Result<(), AuthError> {
    // A line break would let one header's value pass for two headers.
    if value.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        return Err(AuthError::Malformed(AuthPart::Headers));
    }
    let mut after_space = false;
    for &byte in value.trim_ascii() {
        if !(byte == b' ' && after_space) {
            text.push(byte);
        }
        after_space = byte == b' ';
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PathRule, canonical_path};

    #[test]
    fn paths_are_normalised_and_escaped_once_more() {
        for (path, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/..", "/"),
            ("/../a", "/a"),
            ("/a/.", "/a/"),
            ("/a/b/..", "/a/"),
            ("/a//b/", "/a/b/"),
            ("/a.b/...", "/a.b/..."),
            ("/snapshots/snap-1%2F2/blocks", "/snapshots/snap-1%252F2/blocks"),
            ("/a:b@c", "/a%3Ab%40c"),
            ("/a/%2e%2e/b", "/a/%252e%252e/b"),
        ] {
            assert_eq!(canonical_path(path, PathRule::Normalized), canonical, "{path}");
        }
    }
}
