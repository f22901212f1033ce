//! The configuration as people and programs read it: in the terms of the configuration file, without secrets.

use std::net::SocketAddr;
use std::path::PathBuf;

use ebs::compat::{MissingSource, PresignedUrlRule, TagLengths};
use reqwest::Url;
use serde::Serialize;

use super::{CatalogPlace, Config, StorePlace};

/// What stands for a URL that may hold a secret where none belongs.
const HIDDEN: &str = "(not shown)";

/// Everything that is set, under the keys of the configuration file. What may hold a password is shown without it.
#[derive(Debug, Serialize)]
pub(crate) struct Effective {
    data_dir: PathBuf,
    listen: SocketAddr,
    metrics_listen: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    regions: Vec<String>,
    account_id: String,
    store: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_region: Option<String>,
    catalog: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_certificate: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_key: Option<PathBuf>,
    allow_plaintext: bool,
    compat: EffectiveCompat,
    limits: EffectiveLimits,
}

#[derive(Debug, Serialize)]
struct EffectiveCompat {
    presigned_url: &'static str,
    missing_source: &'static str,
    tag_limits: String,
}

#[derive(Debug, Serialize)]
struct EffectiveLimits {
    copies_in_flight: u32,
    queue_copies: bool,
    snapshots: u32,
    uploads_pending: u32,
    memory_mib: u64,
}

impl Effective {
    /// What `config` sets.
    pub(crate) fn of(config: &Config) -> Self {
        let (store, s3) = match &config.store {
            StorePlace::Folder(folder) => (folder.display().to_string(), None),
            StorePlace::S3(place) if place.prefix.is_empty() => {
                (format!("s3://{}", place.bucket), Some(place))
            }
            StorePlace::S3(place) => (format!("s3://{}/{}", place.bucket, place.prefix), Some(place)),
        };
        let catalog = match &config.catalog {
            CatalogPlace::Folder(folder) => folder.display().to_string(),
            CatalogPlace::Postgres { shown, .. } => shown.clone(),
        };
        Self {
            data_dir: config.data_dir.clone(),
            listen: config.listen,
            metrics_listen: config.metrics_listen,
            endpoint: config.endpoint.as_ref().map(ToString::to_string),
            regions: config.regions.iter().map(ToString::to_string).collect(),
            account_id: config.account.to_string(),
            store,
            s3_endpoint: s3.and_then(|place| place.endpoint.as_deref()).map(without_secrets),
            s3_region: s3.map(|place| place.region.clone()),
            catalog,
            tls_certificate: config.tls.as_ref().map(|tls| tls.certificate.clone()),
            tls_key: config.tls.as_ref().map(|tls| tls.key.clone()),
            allow_plaintext: config.allow_plaintext,
            compat: EffectiveCompat::of(config),
            limits: EffectiveLimits {
                copies_in_flight: config.quotas.copies_in_flight,
                queue_copies: config.queue_copies,
                snapshots: config.quotas.snapshots,
                uploads_pending: config.quotas.uploads_pending,
                memory_mib: config.memory_bytes >> 20,
            },
        }
    }

    /// It as a configuration file.
    pub(crate) fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// It as a JSON document of several lines.
    pub(crate) fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

impl EffectiveCompat {
    fn of(config: &Config) -> Self {
        let TagLengths { key_chars_max, value_chars_max } = config.compat.tag_lengths;
        Self {
            presigned_url: match config.compat.presigned_url {
                PresignedUrlRule::Verify => "verify",
                PresignedUrlRule::Require => "require",
                PresignedUrlRule::Ignore => "ignore",
            },
            missing_source: match config.compat.missing_source {
                MissingSource::Async => "async",
                MissingSource::Sync => "sync",
            },
            tag_limits: format!("{key_chars_max}/{value_chars_max}"),
        }
    }
}

/// A URL without user, password, query and fragment. What cannot be read with certainty is not shown at all.
pub(super) fn without_secrets(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return HIDDEN.to_owned();
    };
    // An at sign behind the host means that the password had a character that ends it too early.
    let cleared = parsed.set_username("").and_then(|()| parsed.set_password(None));
    if cleared.is_err() || parsed.path().contains('@') {
        return HIDDEN.to_owned();
    }
    parsed.set_query(None);
    parsed.set_fragment(None);
    parsed.to_string()
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn passwords_are_not_shown_wherever_they_are() {
        for (url, shown) in [
            ("postgres://db/x", "postgres://db/x"),
            ("postgres://u:hunter2@db:5432/x", "postgres://db:5432/x"),
            ("postgresql://db/x?user=u&password=hunter2", "postgresql://db/x"),
            ("postgres://u:hun/ter2@db/x", "(not shown)"),
            ("postgres://u:1/hunter2@db/x", "(not shown)"),
            ("http://u:hunter2@s3.local:9000/", "http://s3.local:9000/"),
            ("hunter2", "(not shown)"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }
}
