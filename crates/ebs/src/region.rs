//! Region names.

use std::fmt;
use std::str::FromStr;

use crate::limits::REGION_NAME_BYTES_MAX;

/// A name of the form of a region's, `us-east-1`: lower-case letters, digits and inner hyphens. Whether such a
/// region exists here is for the deployment to say.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionName(Box<str>);

/// The text does not have the form of a region name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a region name is 1 to {REGION_NAME_BYTES_MAX} lower-case letters, digits and inner hyphens")]
pub struct NotARegionName;

impl RegionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegionName {
    type Err = NotARegionName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = !text.is_empty()
            && text.len() <= REGION_NAME_BYTES_MAX
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-');
        if legal { Ok(Self(text.into())) } else { Err(NotARegionName) }
    }
}

impl fmt::Display for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RegionName;

    #[test]
    fn a_region_name_cannot_leave_its_folder() {
        assert_eq!("us-east-1".parse::<RegionName>().expect("legal").as_str(), "us-east-1");
        for bad in ["", "..", "us/east", "US-EAST-1", "-a", "a-", "us east", "\u{0}", &"a".repeat(64)] {
            assert!(bad.parse::<RegionName>().is_err(), "{bad:?} was accepted");
        }
    }
}
