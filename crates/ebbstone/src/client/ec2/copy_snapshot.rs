//! CopySnapshot, with the presigned URL that SDKs send.
//!
//! Source: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html>.

use aws_api::sigv4::{PayloadToSign, RequestHead, SigningRequest, presign, sha256};
use ebs::{RegionName, SnapshotId, Tag};

use super::{Form, VERSION, call, root};
use crate::client::Client;
use crate::client::endpoint::Service;
use crate::client::error::ClientError;
use crate::client::transport::Repeat;

const OPERATION: &str = "CopySnapshot";
/// How long a presigned URL is good for, in seconds: what SDKs ask for.
const PRESIGNED_SECONDS: u32 = 3_600;

/// What to copy, and what to make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyOrder {
    /// The region that holds the source.
    pub(crate) source_region: RegionName,
    /// The source.
    pub(crate) source: SnapshotId,
    /// Description of the copy; a copy does not take its source's.
    pub(crate) description: Option<String>,
    /// Whether the copy is to be encrypted under a key of the account's choice.
    pub(crate) encrypted: bool,
    /// The key.
    pub(crate) kms_key_id: Option<String>,
    /// Tags for the copy.
    pub(crate) tags: Vec<Tag>,
}

impl Client {
    /// Begins a copy into this client's region, and gives the new snapshot, which is pending.
    ///
    /// The call is not repeated if it may have been carried out: it would make a second copy.
    ///
    /// # Errors
    ///
    /// [`ClientError::Refused`] with the service's code; [`ClientError::Unreachable`] if no answer came, and then the
    /// copy may have been begun.
    pub(crate) async fn copy_snapshot(&self, order: &CopyOrder) -> Result<SnapshotId, ClientError> {
        let mut form = form(order);
        let presigned = self.presigned_copy(&form, order)?;
        form.add("PresignedUrl", &presigned);
        form.add("DestinationRegion", self.region.as_str());
        let answer = self.send(&call(Service::Ec2, OPERATION, form, Repeat::IfUntouched)).await?;
        let id = root(OPERATION, &answer)?.text("snapshotId").and_then(|id| id.parse().ok());
        id.ok_or(ClientError::Answer { operation: OPERATION, problem: "it has no snapshot id" })
    }

    /// The same call as a URL at the source region's endpoint, signed for the source region.
    fn presigned_copy(&self, form: &Form, order: &CopyOrder) -> Result<String, ClientError> {
        let endpoint = self.endpoints.ec2.with_region(&self.region, &order.source_region);
        let mut inner = form.clone();
        inner.add("DestinationRegion", self.region.as_str());
        let path = endpoint.path("/");
        let headers = [("host".to_owned(), endpoint.host().as_bytes().to_vec())];
        let head = RequestHead { method: "GET", path: &path, query: inner.as_text(), headers: &headers };
        let request = SigningRequest { head, payload: PayloadToSign::OfBody(sha256(&[])) };
        let query = presign(
            &request,
            &self.credentials,
            &order.source_region,
            Service::Ec2.signing_name(),
            PRESIGNED_SECONDS,
            self.clock.now(),
        )
        .map_err(|_| ClientError::Answer {
            operation: OPERATION,
            problem: "the request cannot be signed: the access key or a parameter is malformed",
        })?;
        Ok(endpoint.url(&path, &query))
    }
}

fn form(order: &CopyOrder) -> Form {
    let mut form = Form::new(OPERATION, VERSION);
    form.add("SourceRegion", order.source_region.as_str());
    form.add("SourceSnapshotId", &order.source.to_string());
    form.add_optional("Description", order.description.as_deref());
    form.add_optional("Encrypted", order.encrypted.then_some("true"));
    form.add_optional("KmsKeyId", order.kms_key_id.as_deref());
    if !order.tags.is_empty() {
        form.add("TagSpecification.1.ResourceType", "snapshot");
    }
    for (number, tag) in (1..).zip(&order.tags) {
        form.add(&format!("TagSpecification.1.Tag.{number}.Key"), &tag.key);
        form.add(&format!("TagSpecification.1.Tag.{number}.Value"), &tag.value);
    }
    form
}

#[cfg(test)]
mod tests {
    use super::{CopyOrder, form};
    use crate::client::Client;
    use crate::client::endpoint::{Endpoint, Endpoints};
    use crate::client::settings::Settings;
    use aws_api::sigv4::{Credentials, SecretAccessKey};
    use ebs::{Clock, Randomness, Sleep, Tag, Timestamp};
    use std::sync::Arc;
    use std::time::Duration;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp(1_573_776_000_000)
        }

        fn sleep(&self, _: Duration) -> Sleep {
            Box::pin(std::future::ready(()))
        }
    }

    impl Randomness for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn order() -> CopyOrder {
        CopyOrder {
            source_region: "us-east-1".parse().expect("a region"),
            source: "snap-0123456789abcdef0".parse().expect("an id"),
            description: Some("a b".to_owned()),
            encrypted: false,
            kms_key_id: None,
            tags: vec![Tag { key: "k".to_owned(), value: String::new() }],
        }
    }

    #[test]
    fn the_form_is_the_one_that_sdks_send() {
        assert_eq!(
            form(&order()).into_text(),
            "Action=CopySnapshot&Version=2016-11-15&SourceRegion=us-east-1&SourceSnapshotId=snap-0123456789abcdef0\
            &Description=a%20b&TagSpecification.1.ResourceType=snapshot&TagSpecification.1.Tag.1.Key=k\
            &TagSpecification.1.Tag.1.Value="
        );
    }

    #[test]
    fn the_presigned_url_is_signed_for_the_source_region() {
        let settings = Settings {
            credentials: Credentials {
                access_key_id: "AKIDEXAMPLE".to_owned(),
                secret: SecretAccessKey::new("hush".to_owned()),
                session_token: None,
            },
            region: "us-west-2".parse().expect("a region"),
            endpoints: Endpoints::single(
                Endpoint::parse("http://ec2.us-west-2.blocks.local:8080").expect("a URL"),
            ),
            ca_bundle: None,
        };
        let client = Client::new(settings, Arc::new(Fixed), Arc::new(Fixed)).expect("a client");
        let url = client.presigned_copy(&form(&order()), &order()).expect("a URL");
        assert!(url.starts_with("http://ec2.us-east-1.blocks.local:8080/?Action=CopySnapshot&"), "{url}");
        for part in [
            "&DestinationRegion=us-west-2&X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "&X-Amz-Credential=AKIDEXAMPLE%2F20191115%2Fus-east-1%2Fec2%2Faws4_request",
            "&X-Amz-Date=20191115T000000Z",
            "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host",
            "&X-Amz-Signature=",
        ] {
            assert!(url.contains(part), "{part} in {url}");
        }
        assert!(!url.contains("hush"));
    }
}
