//! `ebbstone whoami`.

use clap::Args;

use super::connection::ConnectionArgs;
use super::error::CliError;

/// Nothing to choose.
#[derive(Args, Debug)]
pub(crate) struct WhoamiArgs {}

impl WhoamiArgs {
    /// Shows who the credentials belong to.
    pub(super) async fn run(self, connection: &ConnectionArgs) -> Result<(), CliError> {
        let client = connection.client()?;
        let identity = client.caller_identity().await?;
        connection.output().print(&identity, |identity| identity.arn.clone())
    }
}
