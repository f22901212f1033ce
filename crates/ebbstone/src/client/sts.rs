//! STS: who the credentials belong to.
//!
//! Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

use serde::Serialize;

use super::Client;
use super::ec2::{self, Form};
use super::endpoint::Service;
use super::error::ClientError;
use super::transport::Repeat;

const OPERATION: &str = "GetCallerIdentity";
const VERSION: &str = "2011-06-15";

/// Who a client acts for, under the names that SDKs use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CallerIdentity {
    /// The unique id of the principal.
    pub(crate) user_id: String,
    /// Its account.
    pub(crate) account: String,
    /// Its ARN.
    pub(crate) arn: String,
}

impl Client {
    /// Who this client acts for. It needs no permission.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] if the credentials are not valid; whatever else keeps the call from its answer.
    pub(crate) async fn caller_identity(&self) -> Result<CallerIdentity, ClientError> {
        let form = Form::new(OPERATION, VERSION);
        let answer = self.send(&ec2::call(Service::Sts, OPERATION, form, Repeat::Always)).await?;
        let root = ec2::root(OPERATION, &answer)?;
        let text = |name| {
            let text = root.child("GetCallerIdentityResult").and_then(|result| result.text(name));
            text.map(str::to_owned)
                .ok_or(ClientError::Answer { operation: OPERATION, problem: "it names no caller" })
        };
        Ok(CallerIdentity { user_id: text("UserId")?, account: text("Account")?, arn: text("Arn")? })
    }
}
