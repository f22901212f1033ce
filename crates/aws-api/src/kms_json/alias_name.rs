//! Names of aliases in requests.

use ebs::{AliasName, KeyRefusal};

use super::member::{Bounds, NAME, check_pattern, length, required_text};

const ALIAS_NAME: Bounds = length!(1, 256);

/// The name that `text` is, which must be there. It may be one that is reserved.
///
/// # Errors
/// [`KeyRefusal::AliasNameInvalid`] for what does not begin with `alias/`, or is nothing more.
pub(super) fn decode(text: Option<String>) -> Result<AliasName, KeyRefusal> {
    let text = required_text("aliasName", text, ALIAS_NAME)?;
    check_pattern("aliasName", &text, NAME)?;
    text.parse().map_err(|_| KeyRefusal::AliasNameInvalid)
}
