//! The configuration file.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use catalog::Quotas;
use ebs::compat::{MissingSource, PresignedUrlRule, TagLengths};
use ebs::{AccountId, Compat, RegionName};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::{ClientEndpoint, ConfigError};

/// The file's content. Every key is known: one that is misspelt is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) metrics_listen: Option<SocketAddr>,
    pub(super) endpoint: Option<EndpointSetting>,
    #[serde(default)]
    pub(super) regions: Regions,
    pub(super) account_id: Option<Account>,
    pub(super) store: Option<String>,
    pub(super) s3_endpoint: Option<String>,
    pub(super) s3_region: Option<String>,
    pub(super) catalog: Option<String>,
    pub(super) tls_certificate: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) allow_plaintext: Option<bool>,
    #[serde(default)]
    pub(super) compat: CompatSetting,
    #[serde(default)]
    pub(super) limits: Limits,
}

#[derive(Debug, Default)]
pub(super) struct Regions(pub(super) Vec<RegionName>);

#[derive(Debug)]
pub(super) struct Account(pub(super) AccountId);

#[derive(Debug)]
pub(super) struct EndpointSetting(pub(super) ClientEndpoint);

/// A preset by its name, or rows one by one.
#[derive(Debug)]
pub(super) enum CompatSetting {
    Preset(Preset),
    Rows(CompatRows),
}

#[derive(Debug, Deserialize)]
pub(super) enum Preset {
    #[serde(rename = "2019-11-15")]
    Of2019,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompatRows {
    presigned_url: Option<PresignedUrlSetting>,
    missing_source: Option<MissingSourceSetting>,
    tag_limits: Option<TagLimitsSetting>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PresignedUrlSetting {
    Verify,
    Require,
    Ignore,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MissingSourceSetting {
    Async,
    Sync,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum TagLimitsSetting {
    #[serde(rename = "127/255")]
    ApiReference,
    #[serde(rename = "128/256")]
    UserGuide,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    copies_in_flight: Option<u32>,
    pub(super) queue_copies: Option<bool>,
    snapshots: Option<u32>,
    uploads_pending: Option<u32>,
    pub(super) memory_mib: Option<u64>,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|source| ConfigError::Invalid { path: path.to_owned(), source: Box::new(source) })
    }
}

impl Default for CompatSetting {
    fn default() -> Self {
        Self::Rows(CompatRows::default())
    }
}

impl CompatSetting {
    pub(super) fn to_compat(&self) -> Compat {
        let rows = match self {
            Self::Preset(Preset::Of2019) => return Compat::of_2019_11_15(),
            Self::Rows(rows) => rows,
        };
        let usual = Compat::default();
        Compat {
            presigned_url: rows.presigned_url.map_or(usual.presigned_url, |set| match set {
                PresignedUrlSetting::Verify => PresignedUrlRule::Verify,
                PresignedUrlSetting::Require => PresignedUrlRule::Require,
                PresignedUrlSetting::Ignore => PresignedUrlRule::Ignore,
            }),
            missing_source: rows.missing_source.map_or(usual.missing_source, |set| match set {
                MissingSourceSetting::Async => MissingSource::Async,
                MissingSourceSetting::Sync => MissingSource::Sync,
            }),
            tag_lengths: rows.tag_limits.map_or(usual.tag_lengths, |set| match set {
                TagLimitsSetting::ApiReference => TagLengths::API_REFERENCE,
                TagLimitsSetting::UserGuide => TagLengths::USER_GUIDE,
            }),
        }
    }
}

impl Limits {
    pub(super) fn quotas(&self) -> Quotas {
        let usual = Quotas::default();
        Quotas {
            copies_in_flight: self.copies_in_flight.unwrap_or(usual.copies_in_flight),
            snapshots: self.snapshots.unwrap_or(usual.snapshots),
            uploads_pending: self.uploads_pending.unwrap_or(usual.uploads_pending),
        }
    }
}

impl<'de> Deserialize<'de> for CompatSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CompatVisitor)
    }
}

/// Tells the two forms apart by their type, so that an error names the row that is wrong.
struct CompatVisitor;

impl<'de> Visitor<'de> for CompatVisitor {
    type Value = CompatSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the preset \"2019-11-15\", or a table of settings")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<CompatSetting, E> {
        Preset::deserialize(StrDeserializer::new(name)).map(CompatSetting::Preset)
    }

    fn visit_map<A: MapAccess<'de>>(self, rows: A) -> Result<CompatSetting, A::Error> {
        CompatRows::deserialize(MapAccessDeserializer::new(rows)).map(CompatSetting::Rows)
    }
}

impl<'de> Deserialize<'de> for Regions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let parsed = names
            .iter()
            .map(|name| name.parse().map_err(|error| D::Error::custom(format!("`{name}`: {error}"))));
        parsed.collect::<Result<_, _>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for EndpointSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}
