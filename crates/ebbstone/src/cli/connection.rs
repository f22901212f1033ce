//! Which endpoint a command calls, and as whom.

use std::sync::Arc;

use clap::Args;

use super::error::CliError;
use super::output::Output;
use crate::client::Client;
use crate::client::settings::{Choices, Settings, SettingsError};
use crate::system::{SystemClock, SystemRandomness};

/// Options of every command that calls an endpoint.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConnectionArgs {
    /// Address of the service; else AWS_ENDPOINT_URL, the profile's endpoint_url, Amazon's
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Region to work in; else AWS_REGION, AWS_DEFAULT_REGION, the profile's
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// Profile of the AWS config and credentials files; else AWS_PROFILE
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Print one JSON document on standard output
    #[arg(long)]
    json: bool,
}

impl ConnectionArgs {
    /// The client that they ask for.
    ///
    /// # Errors
    ///
    /// [`CliError::Client`] if there are no credentials or no region, or if a setting cannot be used.
    pub(super) fn client(&self) -> Result<Client, CliError> {
        connect(&Choices {
            endpoint_url: self.endpoint_url.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            ignore_environment: false,
        })
    }

    /// A client of the other side of a transfer: with the settings of `profile` alone if there is one, and else with
    /// this side's credentials.
    ///
    /// # Errors
    ///
    /// As [`ConnectionArgs::client`].
    pub(super) fn client_of_other_side(
        &self,
        profile: Option<&str>,
        region: Option<&str>,
        endpoint_url: Option<&str>,
    ) -> Result<Client, CliError> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        match profile {
            Some(_) => connect(&Choices {
                endpoint_url: owned(endpoint_url),
                region: owned(region),
                profile: owned(profile),
                ignore_environment: true,
            }),
            None => connect(&Choices {
                endpoint_url: owned(endpoint_url).or_else(|| self.endpoint_url.clone()),
                region: owned(region).or_else(|| self.region.clone()),
                profile: self.profile.clone(),
                ignore_environment: false,
            }),
        }
    }

    /// How the outcome is to be printed.
    pub(super) fn output(&self) -> Output {
        Output::new(self.json)
    }
}

fn connect(choices: &Choices) -> Result<Client, CliError> {
    let environment = |name: &str| std::env::var(name).ok();
    let settings = Settings::resolve(choices, &environment)?;
    let client = Client::new(settings, Arc::new(SystemClock), Arc::new(SystemRandomness));
    client.map_err(|error: SettingsError| error.into())
}
