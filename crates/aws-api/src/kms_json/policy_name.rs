//! Names of key policies in requests.

use ebs::KeyRefusal;

use super::member::{Bounds, WORD, check_pattern, length, optional_text};

const POLICY_NAME: Bounds = length!(1, 128);

/// The name that `text` is, if it is there. Whether there is such a policy is not judged.
pub(super) fn decode(text: Option<String>) -> Result<Option<String>, KeyRefusal> {
    let name = optional_text("policyName", text, POLICY_NAME)?;
    name.iter().try_for_each(|name| check_pattern("policyName", name, WORD))?;
    Ok(name)
}
