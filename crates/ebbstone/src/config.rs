//! The configuration: defaults, then the file, then the environment, then flags.

mod client_endpoint;
mod effective;
mod file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use catalog::{CatalogTarget, PostgresUrl, Quotas};
use clap::Args;
use clap::builder::BoolishValueParser;
use ebs::{AccountId, Compat, RegionName};

pub(crate) use client_endpoint::ClientEndpoint;
pub(crate) use effective::Effective;
use file::ConfigFile;

/// What `serve` is told on the command line or by the environment. What is not told comes from the file, and what
/// is not there has a default.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServeArgs {
    /// Configuration file (TOML)
    #[arg(long, env = "EBBSTONE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder for everything that is kept on this machine
    #[arg(long, env = "EBBSTONE_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address of the API [default: 127.0.0.1:8700]
    #[arg(long, env = "EBBSTONE_LISTEN", value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Address of metrics, health and readiness [default: 127.0.0.1:8701]
    #[arg(long, env = "EBBSTONE_METRICS_LISTEN", value_name = "ADDR:PORT")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// What clients are told to call, by DescribeRegions [default: the address of the API, and for one of all addresses
    /// this machine's name]
    #[arg(long, env = "EBBSTONE_ENDPOINT", value_name = "HOST:PORT")]
    pub(crate) endpoint: Option<ClientEndpoint>,
    /// A region to serve; may be given several times [default: us-east-1 us-west-2]
    #[arg(long = "region", env = "EBBSTONE_REGIONS", value_delimiter = ',', value_name = "NAME")]
    pub(crate) regions: Vec<RegionName>,
    /// The account of the root credentials [default: 123456789012]
    #[arg(long, env = "EBBSTONE_ACCOUNT_ID", value_name = "12 DIGITS")]
    pub(crate) account_id: Option<AccountId>,
    /// Where sealed bytes are kept: a folder, or s3://BUCKET/PREFIX [default: DATA_DIR/store]
    #[arg(long, env = "EBBSTONE_STORE", value_name = "PLACE")]
    pub(crate) store: Option<String>,
    /// Endpoint of an S3-compatible server [default: Amazon S3]
    #[arg(long, env = "EBBSTONE_S3_ENDPOINT", value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,
    /// Region that requests to S3 are signed for [default: us-east-1]
    #[arg(long, env = "EBBSTONE_S3_REGION", value_name = "NAME")]
    pub(crate) s3_region: Option<String>,
    /// Where rows are kept: a folder for SQLite files, or a postgres:// URL [default: DATA_DIR/catalog]
    #[arg(long, env = "EBBSTONE_CATALOG", value_name = "PLACE", hide_env_values = true)]
    pub(crate) catalog: Option<String>,
    /// TLS certificate chain (PEM)
    #[arg(long, env = "EBBSTONE_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// TLS private key (PEM)
    #[arg(long, env = "EBBSTONE_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Serve without TLS on addresses that other machines can reach
    #[arg(long, env = "EBBSTONE_ALLOW_PLAINTEXT", value_parser = BoolishValueParser::new())]
    pub(crate) allow_plaintext: bool,
}

/// Everything that is set, after all sources were read and judged.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) metrics_listen: SocketAddr,
    pub(crate) endpoint: Option<ClientEndpoint>,
    pub(crate) regions: Vec<RegionName>,
    pub(crate) account: AccountId,
    pub(crate) store: StorePlace,
    pub(crate) catalog: CatalogPlace,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) allow_plaintext: bool,
    pub(crate) compat: Compat,
    pub(crate) quotas: Quotas,
    pub(crate) queue_copies: bool,
    pub(crate) memory_bytes: u64,
}

/// Where sealed bytes are kept. Each region has a folder or prefix of its own below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StorePlace {
    Folder(PathBuf),
    S3(S3Place),
}

/// A bucket. Credentials come from the AWS variables of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Place {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    /// Another server than Amazon's; it is spoken to in path style.
    pub(crate) endpoint: Option<String>,
    pub(crate) region: String,
}

/// Where rows are kept. Each region has a file or schema of its own.
#[derive(Clone, Debug)]
pub(crate) enum CatalogPlace {
    Folder(PathBuf),
    Postgres {
        url: PostgresUrl,
        /// The URL as it may be shown.
        shown: String,
    },
}

/// Where the TLS certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("the configuration file {path} cannot be read")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the configuration file {path} is not valid")]
    Invalid {
        path: PathBuf,
        #[source]
        source: Box<toml::de::Error>,
    },
    #[error("set {0}: by a flag, the environment or the configuration file")]
    Missing(&'static str),
    #[error("`{value}` is not a place for the store: give a folder, or s3://BUCKET/PREFIX")]
    StorePlace { value: String },
    #[error("the region {0} is named twice")]
    RegionTwice(RegionName),
    #[error("{listen} can be reached from other machines: give a TLS certificate, or allow plaintext")]
    Plaintext { listen: SocketAddr },
    #[error("tls_certificate and tls_key go together")]
    TlsHalf,
}

const LISTEN: &str = "127.0.0.1:8700";
const METRICS_LISTEN: &str = "127.0.0.1:8701";
const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];
const ACCOUNT: &str = "123456789012";
const S3_REGION: &str = "us-east-1";
const MEMORY_MIB: u64 = 128;

impl Config {
    /// The configuration that these arguments and the file they name give.
    ///
    /// # Errors
    /// [`ConfigError`], which says what to change.
    pub(crate) fn load(args: &ServeArgs) -> Result<Self, ConfigError> {
        let file = match &args.config {
            Some(path) => ConfigFile::read(path)?,
            None => ConfigFile::default(),
        };
        let data_dir =
            args.data_dir.clone().or(file.data_dir).ok_or(ConfigError::Missing("data_dir (--data-dir)"))?;
        let listen = args.listen.or(file.listen).unwrap_or_else(|| built_in(LISTEN));
        let tls = tls_files(
            args.tls_certificate.clone().or(file.tls_certificate),
            args.tls_key.clone().or(file.tls_key),
        )?;
        let allow_plaintext = args.allow_plaintext || file.allow_plaintext.unwrap_or(false);
        if tls.is_none() && !listen.ip().is_loopback() && !allow_plaintext {
            return Err(ConfigError::Plaintext { listen });
        }
        let regions = if args.regions.is_empty() { file.regions.0 } else { args.regions.clone() };
        let s3_endpoint = args.s3_endpoint.clone().or(file.s3_endpoint);
        let s3_region = args.s3_region.clone().or(file.s3_region).unwrap_or_else(|| S3_REGION.to_owned());
        let store = store_place(args.store.clone().or(file.store), s3_endpoint, s3_region, &data_dir)?;
        let catalog = catalog_place(args.catalog.clone().or(file.catalog), &data_dir);
        let account = args.account_id.or(file.account_id.map(|id| id.0));
        Ok(Self {
            listen,
            metrics_listen: args
                .metrics_listen
                .or(file.metrics_listen)
                .unwrap_or_else(|| built_in(METRICS_LISTEN)),
            endpoint: args.endpoint.clone().or(file.endpoint.map(|endpoint| endpoint.0)),
            regions: check_regions(regions)?,
            account: account.unwrap_or_else(|| built_in(ACCOUNT)),
            store,
            catalog,
            tls,
            allow_plaintext,
            compat: file.compat.to_compat(),
            quotas: file.limits.quotas(),
            queue_copies: file.limits.queue_copies.unwrap_or(false),
            memory_bytes: file.limits.memory_mib.unwrap_or(MEMORY_MIB).saturating_mul(1 << 20),
            data_dir,
        })
    }

    /// Where the catalog of `region` is kept; of the deployment if there is none.
    pub(crate) fn catalog_of(&self, region: Option<&RegionName>) -> CatalogTarget {
        match &self.catalog {
            CatalogPlace::Folder(folder) => {
                let name = region.map_or("deployment", RegionName::as_str);
                CatalogTarget::Sqlite(folder.join(format!("{name}.db")))
            }
            CatalogPlace::Postgres { url, .. } => CatalogTarget::Postgres(url.clone()),
        }
    }
}

fn built_in<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a constant of this file")
}

fn tls_files(certificate: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<TlsFiles>, ConfigError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => Ok(None),
        _ => Err(ConfigError::TlsHalf),
    }
}

fn check_regions(regions: Vec<RegionName>) -> Result<Vec<RegionName>, ConfigError> {
    if regions.is_empty() {
        return Ok(REGIONS.map(built_in).to_vec());
    }
    let twice = regions.iter().enumerate().find(|(at, region)| regions[..*at].contains(region));
    match twice {
        Some((_, region)) => Err(ConfigError::RegionTwice(region.clone())),
        None => Ok(regions),
    }
}

fn store_place(
    place: Option<String>,
    endpoint: Option<String>,
    region: String,
    data_dir: &Path,
) -> Result<StorePlace, ConfigError> {
    let Some(place) = place else { return Ok(StorePlace::Folder(data_dir.join("store"))) };
    let Some(rest) = place.strip_prefix("s3://") else {
        let is_other_url = place.is_empty() || place.contains("://");
        return if is_other_url {
            Err(ConfigError::StorePlace { value: place })
        } else {
            Ok(StorePlace::Folder(place.into()))
        };
    };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_matches('/').to_owned();
    if bucket.is_empty() || prefix.contains("//") {
        return Err(ConfigError::StorePlace { value: place });
    }
    Ok(StorePlace::S3(S3Place { bucket: bucket.to_owned(), prefix, endpoint, region }))
}

fn catalog_place(place: Option<String>, data_dir: &Path) -> CatalogPlace {
    match place {
        None => CatalogPlace::Folder(data_dir.join("catalog")),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            let shown = effective::without_secrets(&url);
            CatalogPlace::Postgres { url: PostgresUrl::new(url), shown }
        }
        Some(folder) => CatalogPlace::Folder(folder.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use ebs::compat::{MissingSource, PresignedUrlRule, TagLengths};

    use super::{Config, ConfigError, Effective, S3Place, ServeArgs, StorePlace, store_place};

    fn with_file(text: &str, args: ServeArgs) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ebbstone.toml");
        std::fs::write(&path, text).expect("writes");
        Config::load(&ServeArgs { config: Some(path), ..args })
    }

    #[test]
    fn flags_beat_the_file_and_the_file_beats_defaults() {
        let text = "data_dir = '/var/a'\nlisten = '127.0.0.1:1'\nregions = ['eu-west-1']\naccount_id = '000000000001'\n";
        let args =
            ServeArgs { listen: Some("127.0.0.1:2".parse().expect("an address")), ..ServeArgs::default() };
        let config = with_file(text, args).expect("valid");
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.regions.len(), 1);
        assert_eq!(config.account.to_string(), "000000000001");
        assert_eq!(config.store, StorePlace::Folder(PathBuf::from("/var/a/store")));
        assert_eq!(config.metrics_listen.port(), 8701);
        assert_eq!(config.quotas.copies_in_flight, 20);
    }

    #[test]
    fn each_compat_row_can_be_set_and_the_preset_sets_all() {
        let base = "data_dir = '/var/a'\n";
        let preset = with_file(&format!("{base}compat = '2019-11-15'"), ServeArgs::default()).expect("valid");
        assert_eq!(preset.compat.presigned_url, PresignedUrlRule::Require);
        let rows = "[compat]\npresigned_url = 'ignore'\nmissing_source = 'sync'\ntag_limits = '128/256'\n";
        let set = with_file(&format!("{base}{rows}"), ServeArgs::default()).expect("valid").compat;
        assert_eq!(set.presigned_url, PresignedUrlRule::Ignore);
        assert_eq!(set.missing_source, MissingSource::Sync);
        assert_eq!(set.tag_lengths, TagLengths::USER_GUIDE);
    }

    #[test]
    fn what_is_shown_is_a_configuration_file_of_the_same_meaning() {
        let text = "data_dir = '/a'\nlisten = '0.0.0.0:80'\nallow_plaintext = true\nendpoint = 'a.b:80'\nregions = ['eu-west-1']\n\
            store = 's3://b/p'\ns3_endpoint = 'http://s3:9000/'\ncompat = '2019-11-15'\n";
        let shown = |text: &str| {
            let config = with_file(text, ServeArgs::default()).expect("valid");
            Effective::of(&config).to_toml().expect("TOML")
        };
        let first = shown(text);
        assert!(first.contains("presigned_url = \"require\"") && first.contains("eu-west-1"), "{first}");
        assert_eq!(shown(&first), first);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in [
            "data_dir = '/a'\nunknown = 1",
            "data_dir = '/a'\nregions = ['US']",
            "data_dir = '/a'\ncompat = '2020-01-01'",
            "data_dir = '/a'\n[compat]\npresigned_url = 'maybe'",
            "data_dir = '/a'\naccount_id = 12",
            "data_dir = '/a'\nendpoint = 'http://a'",
            "data_dir",
        ] {
            assert!(
                matches!(with_file(text, ServeArgs::default()), Err(ConfigError::Invalid { .. })),
                "{text}"
            );
        }
        assert!(matches!(with_file("", ServeArgs::default()), Err(ConfigError::Missing(_))));
        let open = with_file("data_dir = '/a'\nlisten = '0.0.0.0:80'", ServeArgs::default());
        assert!(matches!(open, Err(ConfigError::Plaintext { .. })));
        let twice = with_file("data_dir = '/a'\nregions = ['a', 'b', 'a']", ServeArgs::default());
        assert!(matches!(twice, Err(ConfigError::RegionTwice(_))));
    }

    #[test]
    fn a_store_is_a_folder_or_a_bucket() {
        let place = |text: &str| store_place(Some(text.to_owned()), None, "r".into(), Path::new("/d"));
        let s3 = |bucket: &str, prefix: &str| {
            let (endpoint, region) = (None, "r".into());
            StorePlace::S3(S3Place { bucket: bucket.into(), prefix: prefix.into(), endpoint, region })
        };
        assert_eq!(place("s3://b/p/q/").expect("valid"), s3("b", "p/q"));
        assert_eq!(place("s3://b").expect("valid"), s3("b", ""));
        assert_eq!(place("x/y").expect("valid"), StorePlace::Folder("x/y".into()));
        for bad in ["s3://", "gs://b", "", "s3:///p"] {
            assert!(place(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
