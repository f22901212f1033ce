//! Where a bucket is, and who we are there.

use std::fmt;
use std::net::IpAddr;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use zeroize::Zeroizing;

use super::problem::S3Problem;

/// Which bucket objects are kept in. All of it comes from the operator; nothing of a request ever gets here.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The bucket, which must be there already.
    pub bucket: String,
    /// The region that requests are signed for. Servers without regions usually accept `us-east-1`.
    pub region: String,
    /// The server: `http://` or `https://`, a host, and perhaps a port and a path. Without one, it is Amazon S3 of
    /// the region. With `http://`, whoever is on the way can read what the objects are called and how long they are.
    pub endpoint: Option<String>,
    /// Where the bucket's name goes.
    pub addressing: S3Addressing,
    /// What the names of all objects begin with, parts of letters, digits, `-`, `_` and `.` with slashes between
    /// them, or nothing for the whole bucket. Stores with different prefixes do not see each other, unless one
    /// prefix begins with the parts of the other.
    pub prefix: String,
    /// Who we are.
    pub credentials: S3Credentials,
}

/// Where a request has the bucket's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Addressing {
    /// As the first part of the path, which every server knows.
    Path,
    /// As the first label of the host's name, which then has to resolve.
    VirtualHosted,
}

/// The credentials that requests are signed with.
#[derive(Clone)]
pub enum S3Credentials {
    /// What the usual environment variables of AWS name: an access key, a web identity with a role, a container's
    /// credentials, or else those of the EC2 instance. They are renewed where they expire.
    Environment,
    /// An access key.
    AccessKey {
        /// The key's id, which is not secret.
        id: String,
        /// The secret. The S3 client keeps copies of it that are not zeroized.
        secret: Zeroizing<String>,
        /// The session's token, where the key is temporary.
        session_token: Option<Zeroizing<String>>,
    },
}

/// The variables that say who we are. Others, such as those with endpoints, would go around the settings.
const CREDENTIAL_VARIABLES: [&str; 12] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_METADATA_ENDPOINT",
    "AWS_IMDSV1_FALLBACK",
];
/// Longest prefix: with the longest name after it, a key stays well below the 1,024 bytes that S3 allows.
const PREFIX_BYTES_MAX: usize = 512;

impl S3Settings {
    /// A client for this bucket, still without timeouts.
    pub(super) fn builder(&self) -> Result<AmazonS3Builder, S3Problem> {
        self.check_names()?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_virtual_hosted_style_request(self.addressing == S3Addressing::VirtualHosted);
        if let Some(endpoint) = self.server()? {
            builder = builder.with_endpoint(endpoint);
        }
        match &self.credentials {
            S3Credentials::Environment => {
                for name in CREDENTIAL_VARIABLES {
                    if let Ok(value) = std::env::var(name)
                        && let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>()
                    {
                        builder = builder.with_config(key, value);
                    }
                }
            }
            S3Credentials::AccessKey { id, secret, session_token } => {
                builder = builder.with_access_key_id(id.as_str()).with_secret_access_key(secret.as_str());
                if let Some(token) = session_token {
                    builder = builder.with_token(token.as_str());
                }
            }
        }
        Ok(builder)
    }

    /// Whether the settings allow requests without TLS.
    pub(super) fn is_plain_http(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"))
    }

    fn check_names(&self) -> Result<(), S3Problem> {
        let word = |text: &str, others: &[u8]| {
            !matches!(text, "" | "." | "..")
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
        };
        if self.bucket.len() > 255 || !word(&self.bucket, b"-_.") {
            return Err(S3Problem::IllegalBucket);
        }
        if self.region.len() > 64 || !word(&self.region, b"-_") {
            return Err(S3Problem::IllegalRegion);
        }
        let prefix_is_legal = self.prefix.is_empty() || self.prefix.split('/').all(|part| word(part, b"-_."));
        if self.prefix.len() > PREFIX_BYTES_MAX || !prefix_is_legal {
            return Err(S3Problem::IllegalPrefix);
        }
        Ok(())
    }

    /// The endpoint as the client wants it: with the bucket's name before the host where it goes there.
    fn server(&self) -> Result<Option<String>, S3Problem> {
        let Some(endpoint) = &self.endpoint else { return Ok(None) };
        let (scheme, rest) = endpoint.split_once("://").ok_or(S3Problem::IllegalEndpoint)?;
        let rest = rest.trim_end_matches('/');
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:/[]".contains(&byte);
        let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
        let host = if authority.starts_with('[') {
            authority.split_once(']').map_or("", |(host, _)| &host[1..])
        } else {
            authority.split(':').next().unwrap_or_default()
        };
        if !matches!(scheme, "http" | "https") || host.is_empty() || !rest.bytes().all(legal) {
            return Err(S3Problem::IllegalEndpoint);
        }
        match self.addressing {
            S3Addressing::Path => Ok(Some(format!("{scheme}://{rest}"))),
            S3Addressing::VirtualHosted if host.parse::<IpAddr>().is_ok() => Err(S3Problem::IllegalEndpoint),
            S3Addressing::VirtualHosted => Ok(Some(format!("{scheme}://{}.{rest}", self.bucket))),
        }
    }
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::AccessKey { id, .. } => f.debug_struct("AccessKey").field("id", id).finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use object_store::aws::AmazonS3ConfigKey;

    use super::{CREDENTIAL_VARIABLES, S3Addressing, S3Credentials, S3Settings};

    fn settings() -> S3Settings {
        S3Settings {
            bucket: "snapshots".into(),
            region: "eu-central-1".into(),
            endpoint: None,
            addressing: S3Addressing::Path,
            prefix: String::new(),
            credentials: S3Credentials::AccessKey {
                id: "AKIDEXAMPLE".into(),
                secret: "a-long-secret".to_owned().into(),
                session_token: Some("a-long-token".to_owned().into()),
            },
        }
    }

    #[test]
    fn illegal_settings_are_refused_with_a_word_on_which() {
        for (change, word) in [
            (S3Settings { bucket: String::new(), ..settings() }, "bucket"),
            (S3Settings { bucket: "a/b".into(), ..settings() }, "bucket"),
            (S3Settings { bucket: "..".into(), ..settings() }, "bucket"),
            (S3Settings { region: "eu central".into(), ..settings() }, "region"),
            (S3Settings { prefix: "/a".into(), ..settings() }, "prefix"),
            (S3Settings { prefix: "a//b".into(), ..settings() }, "prefix"),
            (S3Settings { prefix: "a/../b".into(), ..settings() }, "prefix"),
            (S3Settings { prefix: "a".repeat(513), ..settings() }, "prefix"),
            (S3Settings { endpoint: Some("s3.example.org".into()), ..settings() }, "endpoint"),
            (S3Settings { endpoint: Some("file:///tmp".into()), ..settings() }, "endpoint"),
            (S3Settings { endpoint: Some("http://".into()), ..settings() }, "endpoint"),
            (S3Settings { endpoint: Some("http://[::1".into()), ..settings() }, "endpoint"),
            (S3Settings { endpoint: Some("http://me:word@host".into()), ..settings() }, "endpoint"),
            (S3Settings { endpoint: Some("http://host/?a=b".into()), ..settings() }, "endpoint"),
        ] {
            let problem = change.builder().expect_err("is refused").to_string();
            assert!(problem.contains(word), "{change:?}: {problem}");
        }
    }

    #[test]
    fn the_bucket_goes_into_the_path_or_before_the_host() {
        for (endpoint, path, host) in [
            ("http://s3.example.org", "http://s3.example.org", Some("http://snapshots.s3.example.org")),
            ("https://s3:9000/", "https://s3:9000", Some("https://snapshots.s3:9000")),
            ("https://a.b/c/d", "https://a.b/c/d", Some("https://snapshots.a.b/c/d")),
            ("http://127.0.0.1:8333", "http://127.0.0.1:8333", None),
            ("http://[::1]:8333", "http://[::1]:8333", None),
        ] {
            let settings = S3Settings { endpoint: Some(endpoint.into()), ..settings() };
            assert_eq!(settings.server().expect("is legal").as_deref(), Some(path));
            let settings = S3Settings { addressing: S3Addressing::VirtualHosted, ..settings };
            assert_eq!(settings.server().ok().flatten().as_deref(), host);
        }
        let plain =
            |endpoint: &str| S3Settings { endpoint: Some(endpoint.into()), ..settings() }.is_plain_http();
        assert!(plain("http://s3") && !plain("https://s3") && !settings().is_plain_http());
    }

    #[test]
    fn every_variable_is_one_that_the_client_knows() {
        for name in CREDENTIAL_VARIABLES {
            assert!(name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>().is_ok(), "{name}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", settings());
        assert!(shown.contains("AKIDEXAMPLE") && !shown.contains("a-long"), "{shown}");
    }
}
