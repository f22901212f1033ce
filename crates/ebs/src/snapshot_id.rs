//! Snapshot identifiers.

use std::fmt;
use std::str::FromStr;

use crate::Randomness;

/// A snapshot identifier: `snap-` and 8 or 17 lower-case hexadecimal digits.
///
/// Identifiers that Ebbstone issues have 17 digits of which the first is 0, as Amazon's have, so that 64 random
/// bits fill the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId {
    digits: u8,
    value: u128,
}

/// The text does not have the form of a snapshot identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a snapshot id is `snap-` and 8 or 17 hexadecimal digits")]
pub struct NotASnapshotId;

const PREFIX: &str = "snap-";

impl SnapshotId {
    /// Whether all digits are 0. Amazon takes such an id for a malformed one where a copy is made.
    pub fn is_zeros(&self) -> bool {
        self.value == 0
    }

    /// A new identifier with 64 random bits.
    pub fn draw(randomness: &dyn Randomness) -> Self {
        Self { digits: 17, value: u128::from(randomness.next_u64()) }
    }

    /// Sixteen bytes that stand for this identifier in sealed records: the value, and the number of digits in
    /// the last byte.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = self.value.to_le_bytes();
        bytes[15] = self.digits;
        bytes
    }

    /// The identifier that [`SnapshotId::to_bytes`] wrote, or nothing if no identifier has this form.
    pub fn from_bytes(mut bytes: [u8; 16]) -> Option<Self> {
        let digits = std::mem::take(&mut bytes[15]);
        let value = u128::from_le_bytes(bytes);
        let legal = matches!(digits, 8 | 17) && value >> (4 * u32::from(digits)) == 0;
        legal.then_some(Self { digits, value })
    }
}

impl FromStr for SnapshotId {
    type Err = NotASnapshotId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.strip_prefix(PREFIX).ok_or(NotASnapshotId)?;
        let lower_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !lower_hex || !matches!(hex.len(), 8 | 17) {
            return Err(NotASnapshotId);
        }
        let value = u128::from_str_radix(hex, 16).map_err(|_| NotASnapshotId)?;
        Ok(Self { digits: hex.len() as u8, value })
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:0width$x}", self.value, width = usize::from(self.digits))
    }
}

impl fmt::Debug for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::SnapshotId;

    #[test]
    fn both_lengths_survive_text_and_bytes() {
        for text in ["snap-0123456789abcdef0", "snap-ffffffff", "snap-00000000", "snap-fffffffffffffffff"] {
            let id: SnapshotId = text.parse().expect("a legal id");
            assert_eq!(id.to_string(), text);
            assert_eq!(SnapshotId::from_bytes(id.to_bytes()), Some(id));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "snap-",
            "snap-1234567",
            "snap-123456789",
            "vol-12345678",
            "snap-1234567G",
            "snap-ABCDEF01",
            "SNAP-12345678",
        ] {
            assert!(text.parse::<SnapshotId>().is_err(), "{text:?} was accepted");
        }
        assert_eq!(SnapshotId::from_bytes([0xff; 16]), None);
    }
}
