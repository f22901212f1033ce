//! `Recipient`: enclaves that alone can read an answer. There are none here.

use ebs::KeyRefusal;
use serde::Deserialize;

use super::body::Object;
use super::member::check_absent;

/// Who alone is to read the answer. What it says of itself is passed over.
#[derive(Deserialize)]
pub(super) struct Recipient {}

/// Refuses a request that names one: the answer would be for everybody who sees it.
pub(super) fn check(recipient: Option<&Object<Recipient>>) -> Result<(), KeyRefusal> {
    check_absent(recipient, "the parameter Recipient")
}
