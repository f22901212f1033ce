//! StartSnapshot.

use catalog::{ClientToken, NewUpload, StartRefused, Started};
use ebs::limits::{CLIENT_TOKEN_BYTES_MAX, UPLOAD_TIMEOUT_MINUTES, UPLOAD_TIMEOUT_MINUTES_DEFAULT};
use ebs::operation::start_snapshot::{StartSnapshotReply, StartSnapshotRequest};
use ebs::{Refusal, SnapshotId, Tag, VolumeSize, tag};

use super::description;
use crate::{Call, ServiceError};

const MS_PER_MINUTE: i64 = 60_000;
const REQUEST_HASH_CONTEXT: &str = "ebbstone StartSnapshot request hash, v1";

impl Call {
    /// Starts an upload: a pending snapshot to which blocks can be written. A client token makes it safe to send the
    /// request again: the same request gets the same answer.
    ///
    /// # Errors
    /// [`Refusal::ClientTokenReused`] if the token stands for another request, [`Refusal::SnapshotNotFound`] and
    /// [`Refusal::ParentNotCompleted`] of the parent, and the rules of sizes, tags and quotas.
    ///
    /// Source: EBS direct APIs 2019-11-02, StartSnapshot.
    pub async fn start_snapshot(
        &self,
        request: &StartSnapshotRequest,
    ) -> Result<StartSnapshotReply, ServiceError> {
        let upload = self.new_upload(request)?;
        let quotas = &self.service.shared.settings.quotas;
        let started = self.region.catalog.start_upload(&upload, quotas).await.map_err(refusal)?;
        let reply = StartSnapshotReply {
            snapshot: upload.id,
            owner: self.account(),
            start_time: upload.start_time,
            volume_size: upload.volume_size,
            parent: upload.parent,
            description: request.description.clone(),
            tags: upload.tags,
        };
        Ok(match started {
            Started::New => reply,
            Started::Replayed(original) => {
                let (snapshot, start_time) = (original.snapshot.id, original.snapshot.start_time);
                StartSnapshotReply { snapshot, start_time, ..reply }
            }
        })
    }

    fn new_upload(&self, request: &StartSnapshotRequest) -> Result<NewUpload, Refusal> {
        check_encryption(request)?;
        let volume_size = VolumeSize::from_gib(request.volume_size_gib).ok_or(Refusal::VolumeSizeInvalid)?;
        let tags = tag::validate(request.tags.clone(), self.service.shared.settings.compat.tag_lengths)?;
        let description = description(request.description.as_ref())?;
        let timeout_ms = timeout_ms(request.timeout_minutes)?;
        let client_token = match &request.client_token {
            None => None,
            Some(token) => Some(client_token(token, request, &tags, volume_size)?),
        };
        Ok(NewUpload {
            id: SnapshotId::draw(&*self.service.shared.randomness),
            account: self.account(),
            node: self.service.shared.settings.node.clone(),
            description,
            start_time: self.now,
            volume_size,
            parent: request.parent,
            tags,
            timeout_ms,
            client_token,
        })
    }
}

/// A child is encrypted as its parent is, and a key asks for encryption by itself.
fn check_encryption(request: &StartSnapshotRequest) -> Result<(), Refusal> {
    match (request.parent, request.encrypted, &request.kms_key_arn) {
        (Some(_), _, Some(_)) => Err(Refusal::ParametersExclude("ParentSnapshotId", "KmsKeyArn")),
        (Some(_), Some(_), None) => Err(Refusal::ParametersExclude("ParentSnapshotId", "Encrypted")),
        (None, Some(false), Some(_)) => Err(Refusal::ParameterRequires("KmsKeyArn", "Encrypted")),
        (None, _, Some(_)) | (None, Some(true), None) => Err(Refusal::Unsupported("Encrypted")),
        (Some(_), None, None) | (None, None | Some(false), None) => Ok(()),
    }
}

fn timeout_ms(minutes: Option<u64>) -> Result<i64, Refusal> {
    let asked = minutes.unwrap_or(u64::from(UPLOAD_TIMEOUT_MINUTES_DEFAULT));
    let (least, most) = UPLOAD_TIMEOUT_MINUTES;
    match i64::try_from(asked) {
        Ok(minutes) if (i64::from(least)..=i64::from(most)).contains(&minutes) => Ok(minutes * MS_PER_MINUTE),
        _ => Err(Refusal::InvalidParameterValue {
            parameter: "Timeout",
            value: asked.to_string(),
            expected: "10 to 4320 minutes",
        }),
    }
}

fn client_token(
    token: &str,
    request: &StartSnapshotRequest,
    tags: &[Tag],
    volume_size: VolumeSize,
) -> Result<ClientToken, Refusal> {
    if token.is_empty() || token.len() > CLIENT_TOKEN_BYTES_MAX || token.contains(char::is_whitespace) {
        let expected = "1 to 255 characters without blanks";
        let (parameter, value) = ("ClientToken", token.to_owned());
        return Err(Refusal::InvalidParameterValue { parameter, value, expected });
    }
    // Every field is written with its length, so that no two requests are written alike.
    let mut canonical = Vec::new();
    let mut field = |bytes: &[u8]| {
        canonical.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        canonical.extend_from_slice(bytes);
    };
    field(&volume_size.gib().to_le_bytes());
    field(request.parent.map(|parent| parent.to_string()).unwrap_or_default().as_bytes());
    field(request.description.as_deref().unwrap_or_default().as_bytes());
    field(&request.timeout_minutes.unwrap_or_default().to_le_bytes());
    for tag in tags {
        field(tag.key.as_bytes());
        field(tag.value.as_bytes());
    }
    let request_hash = blake3::derive_key(REQUEST_HASH_CONTEXT, &canonical);
    Ok(ClientToken { token: token.to_owned(), request_hash })
}

fn refusal(error: StartRefused) -> ServiceError {
    match error {
        StartRefused::ClientTokenReused => Refusal::ClientTokenReused.into(),
        StartRefused::TooManyUploads { limit } => Refusal::TooManyUploads { limit }.into(),
        StartRefused::TooManySnapshots { limit } => Refusal::TooManySnapshots { limit }.into(),
        StartRefused::ParentNotFound(parent) => Refusal::SnapshotNotFound(parent).into(),
        StartRefused::ParentNotCompleted(parent) => Refusal::ParentNotCompleted(parent).into(),
        StartRefused::SmallerThanParent { .. } => Refusal::VolumeSizeInvalid.into(),
        StartRefused::IdTaken(_) => ServiceError::Unavailable(std::sync::Arc::new(error)),
        StartRefused::Catalog(error) => error.into(),
    }
}
