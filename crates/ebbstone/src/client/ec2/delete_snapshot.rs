//! DeleteSnapshot.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html>.

use ebs::SnapshotId;

use super::{Form, VERSION, call};
use crate::client::Client;
use crate::client::endpoint::Service;
use crate::client::error::ClientError;
use crate::client::transport::Repeat;

const OPERATION: &str = "DeleteSnapshot";

impl Client {
    /// Deletes a snapshot. A pending copy is cancelled.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] if it does not exist or may not be deleted; whatever else keeps the call from its
    /// answer.
    pub(crate) async fn delete_snapshot(&self, snapshot: SnapshotId) -> Result<(), ClientError> {
        let mut form = Form::new(OPERATION, VERSION);
        form.add("SnapshotId", &snapshot.to_string());
        match self.send(&call(Service::Ec2, OPERATION, form, Repeat::Always)).await {
            Ok(_) => Ok(()),
            // An attempt whose answer was lost has deleted it.
            Err(failed) if failed.repeated && failed.error.is_not_found() => Ok(()),
            Err(failed) => Err(failed.error),
        }
    }
}
