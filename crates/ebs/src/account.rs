//! Account numbers.

use std::fmt;
use std::str::FromStr;

/// A 12-digit account number, as it stands in ARNs and in `OwnerId`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// The text is not twelve decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account id is twelve decimal digits")]
pub struct NotAnAccountId;

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAnAccountId);
        }
        text.parse().map(Self).map_err(|_| NotAnAccountId)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn keeps_leading_zeros_and_refuses_other_lengths() {
        let account: AccountId = "000000000042".parse().expect("twelve digits");
        assert_eq!(account.to_string(), "000000000042");
        for bad in ["", "42", "12345678901", "1234567890123", "12345678901x", "+23456789012", "１23456789012"]
        {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?} was accepted");
        }
    }
}
