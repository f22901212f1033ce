//! A client of the EC2, EBS direct and STS APIs, for Ebbstone's endpoints and for Amazon's, and the transfers that
//! are made of its calls: import, export, pull, diff.
//!
//! Nothing here prints. Every call is bounded in time and in attempts; transfers hold at most one block for each of
//! the calls they have in flight.

pub(crate) mod backoff;
pub(crate) mod block_buffer;
pub(crate) mod block_checksum;
pub(crate) mod block_listing;
pub(crate) mod data_blocks;
pub(crate) mod diff;
pub(crate) mod ebs_direct;
pub(crate) mod ebs_error;
pub(crate) mod ec2;
pub(crate) mod endpoint;
pub(crate) mod equal_snapshots;
pub(crate) mod error;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod linear_checksum;
pub(crate) mod pending_upload;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod pull;
pub(crate) mod settings;
pub(crate) mod sts;
mod transport;
mod unreachable;
pub(crate) mod upload_log;
pub(crate) mod wait;
mod xml_element;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use aws_api::sigv4::Credentials;
use ebs::{Clock, Randomness, RegionName};

pub(crate) use error::ClientError;

use endpoint::Endpoints;
use settings::{Settings, SettingsError};

/// Most calls of a transfer in flight at once.
pub(crate) const CONCURRENCY_MAX: usize = 64;
/// Calls of a transfer in flight at once, if nothing else is asked for.
pub(crate) const CONCURRENCY_DEFAULT: usize = 16;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For the whole of one attempt: enough for 64 blocks at once over 300 KiB/s.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// A client that acts with one set of credentials in one region. Clones share its connections.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    credentials: Credentials,
    region: RegionName,
    endpoints: Endpoints,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl Client {
    /// A client with these settings. It connects to nothing yet.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if the certificates that the settings name cannot be read, or TLS cannot be set up.
    pub(crate) fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, SettingsError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ebbstone/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .pool_max_idle_per_host(CONCURRENCY_MAX);
        if let Some(path) = settings.ca_bundle {
            let pem =
                std::fs::read(&path).map_err(|source| SettingsError::File { path: path.clone(), source })?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|source| SettingsError::Certificates { path, source })?;
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder.build().map_err(|source| SettingsError::Http { source })?;
        Ok(Self {
            http,
            credentials: settings.credentials,
            region: settings.region,
            endpoints: settings.endpoints,
            clock,
            randomness,
        })
    }

    /// The region that it works in.
    pub(crate) fn region(&self) -> &RegionName {
        &self.region
    }

    /// The address of the EBS direct APIs that it calls.
    pub(crate) fn ebs_address(&self) -> &str {
        self.endpoints.ebs.address()
    }

    /// A text of 32 random hexadecimal digits.
    pub(crate) fn draw_token(&self) -> String {
        let mut bytes = [0; 16];
        self.randomness.fill(&mut bytes);
        hex::encode(bytes)
    }
}

/// The outcome of `work`, which hashes, reads or writes and so must not hold up the connections. Work that has begun
/// ends even if nobody waits for it any more.
pub(crate) async fn off_the_loop<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and this with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Serializes a value as the text that it shows.
pub(crate) fn as_text<T: std::fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
