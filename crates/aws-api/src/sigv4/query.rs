//! The query as the list of parameters it means.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::error::{AuthError, AuthPart};

pub(super) const X_AMZ_ALGORITHM: &str = "X-Amz-Algorithm";
pub(super) const X_AMZ_CONTENT_SHA256: &str = "X-Amz-Content-Sha256";
pub(super) const X_AMZ_CREDENTIAL: &str = "X-Amz-Credential";
pub(super) const X_AMZ_DATE: &str = "X-Amz-Date";
pub(super) const X_AMZ_EXPIRES: &str = "X-Amz-Expires";
pub(super) const X_AMZ_SECURITY_TOKEN: &str = "X-Amz-Security-Token";
pub(super) const X_AMZ_SIGNATURE: &str = "X-Amz-Signature";
pub(super) const X_AMZ_SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";

/// Parameters a query can have.
const PARAMETERS_MAX: usize = 1_000;

/// All but RFC 3986's unreserved characters.
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A parameter, decoded.
pub(super) struct Parameter<'a> {
    name: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
}

/// The parameters of a raw query, in order.
///
/// A `+` is a space, as in the form that reads the same query for its meaning, and a percent sign that begins
/// no escape stands for itself: what is signed is what the parameters mean, not how they are spelled.
pub(super) fn parameters(query: &str) -> Result<Vec<Parameter<'_>>, AuthError> {
    let pairs: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty()).take(PARAMETERS_MAX + 1).collect();
    if pairs.len() > PARAMETERS_MAX {
        return Err(AuthError::Malformed(AuthPart::Query));
    }
    Ok(pairs.into_iter().map(parameter).collect())
}

/// The value of the parameter `name`, or `None` if there is none.
///
/// # Errors
///
/// [`AuthError::Malformed`] naming `part` if it is there twice or is not visible ASCII.
pub(super) fn single<'a>(
    parameters: &'a [Parameter<'_>],
    name: &str,
    part: AuthPart,
) -> Result<Option<&'a str>, AuthError> {
    let mut values = parameters.iter().filter(|parameter| *parameter.name == *name.as_bytes());
    let Some(parameter) = values.next() else {
        return Ok(None);
    };
    let text = str::from_utf8(&parameter.value).map_err(|_| AuthError::Malformed(part))?;
    if values.next().is_none() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Some(text))
    } else {
        Err(AuthError::Malformed(part))
    }
}

/// Whether the query claims to be signed.
pub(super) fn is_signed(parameters: &[Parameter<'_>]) -> bool {
    let claims = [X_AMZ_ALGORITHM, X_AMZ_CREDENTIAL, X_AMZ_SIGNATURE];
    parameters.iter().any(|parameter| claims.iter().any(|claim| *parameter.name == *claim.as_bytes()))
}

/// The canonical query: every parameter but the signature, encoded anew, sorted by name and then by value.
pub(super) fn canonical(parameters: &[Parameter<'_>]) -> String {
    let mut pairs: Vec<(String, String)> = parameters
        .iter()
        .filter(|parameter| *parameter.name != *X_AMZ_SIGNATURE.as_bytes())
        .map(|parameter| (encode(&parameter.name), encode(&parameter.value)))
        .collect();
    // Sorted as pairs: as text, `a-b=` would come before `a=`.
    pairs.sort_unstable();
    let mut query = String::new();
    for (name, value) in &pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.push_str(value);
    }
    query
}

/// `bytes` with everything but RFC 3986's unreserved characters escaped.
pub(super) fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

fn parameter(pair: &str) -> Parameter<'_> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    Parameter { name: decode(name), value: decode(value) }
}

fn decode(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        // An escaped plus sign is still `%2B` here.
        Cow::Owned(percent_decode(text.replace('+', " ").as_bytes()).collect())
    } else {
        percent_decode(text.as_bytes()).into()
    }
}
