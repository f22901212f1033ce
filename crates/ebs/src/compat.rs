//! Where Amazon's documents and Amazon's behaviour differ: which of the two Ebbstone follows.

/// What is asked of the `PresignedUrl` parameter of CopySnapshot. The URL is a statement to check, never an
/// address to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresignedUrlRule {
    /// Optional; what it says must agree with the request.
    Verify,
    /// As `Verify`, and every copy of an encrypted source must carry one.
    Require,
    /// Not looked at.
    Ignore,
}

/// When CopySnapshot reports that its source does not exist or may not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingSource {
    /// The call returns a snapshot, which ends in `error`, as Amazon's service does.
    Async,
    /// The call fails with `InvalidSnapshot.NotFound`.
    Sync,
}

/// Longest tag key and value, in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagLengths {
    /// Longest key.
    pub key_chars_max: usize,
    /// Longest value.
    pub value_chars_max: usize,
}

impl TagLengths {
    /// The bounds of the API page of 2019-11-15.
    pub const API_REFERENCE: Self = Self { key_chars_max: 127, value_chars_max: 255 };
    /// The bounds of the user guide.
    pub const USER_GUIDE: Self = Self { key_chars_max: 128, value_chars_max: 256 };
}

/// One choice for each place where documents and behaviour differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compat {
    /// What is asked of `PresignedUrl`.
    pub presigned_url: PresignedUrlRule,
    /// When a missing source is reported.
    pub missing_source: MissingSource,
    /// How long tags may be.
    pub tag_lengths: TagLengths,
}

impl Default for Compat {
    fn default() -> Self {
        Self {
            presigned_url: PresignedUrlRule::Verify,
            missing_source: MissingSource::Async,
            tag_lengths: TagLengths::API_REFERENCE,
        }
    }
}

impl Compat {
    /// The letter of the CopySnapshot page of 2019-11-15.
    pub fn of_2019_11_15() -> Self {
        Self { presigned_url: PresignedUrlRule::Require, ..Self::default() }
    }
}
