//! CreateTags.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html>.

use ebs::{SnapshotId, Tag};

use super::{Form, VERSION, call};
use crate::client::Client;
use crate::client::endpoint::Service;
use crate::client::error::ClientError;
use crate::client::transport::Repeat;

const OPERATION: &str = "CreateTags";

impl Client {
    /// Gives a snapshot, in whichever state, a tag, in place of one with the same key.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] if the snapshot does not exist, may not be tagged or has too many tags; whatever else
    /// keeps the call from its answer.
    pub(crate) async fn create_tag(&self, snapshot: SnapshotId, tag: &Tag) -> Result<(), ClientError> {
        let mut form = Form::new(OPERATION, VERSION);
        form.add("ResourceId.1", &snapshot.to_string());
        form.add("Tag.1.Key", &tag.key);
        form.add("Tag.1.Value", &tag.value);
        self.send(&call(Service::Ec2, OPERATION, form, Repeat::Always)).await?;
        Ok(())
    }
}
