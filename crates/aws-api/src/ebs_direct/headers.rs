//! Header fields of requests.

use ebs::Refusal;

use crate::{ApiError, WireError};

/// The header fields of a request, names in any case of letters. Those that are no visible ASCII may be left out.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(pub &'a [(&'a str, &'a str)]);

impl<'a> Headers<'a> {
    /// The value of the header `name`.
    ///
    /// # Errors
    /// [`WireError::DuplicateHeader`]: which of the two counts would be a guess.
    pub fn get(&self, name: &'static str) -> Result<Option<&'a str>, WireError> {
        let mut values = self.0.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.trim());
        match values.next() {
            None => Ok(value),
            Some(_) => Err(WireError::DuplicateHeader(name)),
        }
    }

    /// The value of the header `name` as a number without sign. `parameter` is the name it has in the API.
    pub(super) fn number(
        &self,
        name: &'static str,
        parameter: &'static str,
    ) -> Result<Option<u64>, ApiError> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value.parse().ok().filter(|_| digits);
        number.map(Some).ok_or_else(|| {
            ApiError::Refused(Refusal::InvalidParameterValue {
                parameter,
                value: value.to_owned(),
                expected: "a whole number, not negative",
            })
        })
    }
}
