//! Arguments that several commands have.

use std::time::Duration;

use clap::Args;
use ebs::{Tag, VolumeSize};

use super::quantity;
use crate::client::{CONCURRENCY_DEFAULT, CONCURRENCY_MAX};

/// How a transfer goes.
#[derive(Args, Clone, Debug)]
pub(super) struct TransferArgs {
    /// Blocks in flight at once, 1 to 64
    #[arg(long, value_name = "N", default_value_t = CONCURRENCY_DEFAULT, value_parser = parse_concurrency)]
    pub(super) concurrency: usize,
}

/// What a new snapshot is called.
#[derive(Args, Clone, Debug)]
pub(super) struct LabelArgs {
    /// Description of the new snapshot
    #[arg(long, value_name = "TEXT")]
    pub(super) description: Option<String>,
    /// Tag of the new snapshot; can be given many times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = parse_tag)]
    pub(super) tags: Vec<Tag>,
}

/// How an upload is ended.
#[derive(Args, Clone, Debug)]
pub(super) struct UploadArgs {
    /// Minutes without a write after which the service gives the upload up, 10 to 4320
    #[arg(long, value_name = "MINUTES", default_value_t = ebs::limits::UPLOAD_TIMEOUT_MINUTES_DEFAULT,
        value_parser = parse_upload_timeout)]
    pub(super) upload_timeout: u32,
    /// Do not wait until the new snapshot is completed
    #[arg(long)]
    pub(super) no_wait: bool,
}

/// What a text is not that should be an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgumentError {
    /// Not a tag.
    #[error("a tag is KEY=VALUE; the value may be empty")]
    Tag,
    /// Not a number of blocks in flight.
    #[error("it is a number from 1 to {CONCURRENCY_MAX}")]
    Concurrency,
    /// Not an upload timeout.
    #[error("it is a number of minutes from 10 to 4320")]
    UploadTimeout,
    /// Not a volume size.
    #[error("it is a number of GiB from 1 to 65536")]
    VolumeSize,
}

/// The tag that `KEY=VALUE` says. The value may have equals signs.
pub(super) fn parse_tag(text: &str) -> Result<Tag, ArgumentError> {
    let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or(ArgumentError::Tag)?;
    Ok(Tag { key: key.to_owned(), value: value.to_owned() })
}

/// The volume size that a number of GiB says.
pub(super) fn parse_volume_size(text: &str) -> Result<VolumeSize, ArgumentError> {
    text.parse().ok().and_then(VolumeSize::from_gib).ok_or(ArgumentError::VolumeSize)
}

/// The length of time that `text` says.
pub(super) fn parse_timeout(text: &str) -> Result<Duration, quantity::NotADuration> {
    quantity::parse_duration(text)
}

fn parse_concurrency(text: &str) -> Result<usize, ArgumentError> {
    let number = text.parse().ok().filter(|number| (1..=CONCURRENCY_MAX).contains(number));
    number.ok_or(ArgumentError::Concurrency)
}

fn parse_upload_timeout(text: &str) -> Result<u32, ArgumentError> {
    let (least, most) = ebs::limits::UPLOAD_TIMEOUT_MINUTES;
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or(ArgumentError::UploadTimeout)
}

#[cfg(test)]
mod tests {
    use super::{parse_concurrency, parse_tag, parse_upload_timeout, parse_volume_size};

    #[test]
    fn tags_are_split_at_the_first_equals_sign() {
        for (text, key, value) in [("a=b", "a", "b"), ("a=", "a", ""), ("a=b=c", "a", "b=c")] {
            let tag = parse_tag(text).expect(text);
            assert_eq!((tag.key.as_str(), tag.value.as_str()), (key, value));
        }
        assert!(parse_tag("a").is_err() && parse_tag("=b").is_err() && parse_tag("").is_err());
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(parse_concurrency("64"), Ok(64));
        assert!(["0", "65", "-1", "x", ""].into_iter().all(|text| parse_concurrency(text).is_err()));
        assert_eq!(parse_upload_timeout("10"), Ok(10));
        assert!(["9", "4321", ""].into_iter().all(|text| parse_upload_timeout(text).is_err()));
        assert_eq!(parse_volume_size("65536").map(|size| size.gib()), Ok(65_536));
        assert!(["0", "65537", "1.5"].into_iter().all(|text| parse_volume_size(text).is_err()));
    }
}
