//! What becomes of a command, and of the upload that it has begun, when it is interrupted or fails.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use ebs::SnapshotId;
use tokio::signal::unix::{SignalKind, signal};

use super::error::CliError;
use crate::client::ec2::DescribeOrder;
use crate::client::pending_upload::PendingUpload;
use crate::client::{Client, ClientError};

/// How long clearing up may take: whoever interrupts a command waits for it.
const CLEAR_UP_TIMEOUT: Duration = Duration::from_secs(20);

/// What has become of an upload whose transfer did not come to its end.
#[derive(Debug)]
pub(crate) enum UploadLeft {
    /// It is deleted.
    Deleted,
    /// It is kept: this state file lets the same command go on with it.
    Kept { state_file: PathBuf },
    /// It is over, in this state, so that its state file is of no use any more.
    Over { state: String, state_file: PathBuf },
    /// It could not be deleted, for this reason if there was an answer in time.
    Pending(Option<ClientError>),
}

/// The outcome of `work`, or [`CliError::Interrupted`] once the process is asked to end: what `work` holds is then
/// dropped, so that it leaves nothing half-made behind.
pub(super) async fn interruptible<T, E: Into<CliError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, CliError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Signals)?;
    tokio::select! {
        outcome = work => outcome.map_err(Into::into),
        _ = terminate.recv() => Err(CliError::Interrupted { signal: 15 }),
        _ = interrupt.recv() => Err(CliError::Interrupted { signal: 2 }),
    }
}

/// The outcome of `transfer`, which tells `pending` what it begins. If it fails or is interrupted, the upload that it has
/// begun is deleted, unless there is a state file by which the next transfer goes on.
pub(super) async fn transferring<T>(
    client: &Client,
    pending: &PendingUpload,
    state_file: Option<PathBuf>,
    transfer: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, CliError> {
    let cause = match interruptible(transfer).await {
        Ok(done) => return Ok(done),
        Err(cause) => cause,
    };
    let Some(snapshot) = pending.take() else {
        return Err(cause);
    };
    // The state file of an image that has changed since is of no use to any import.
    let resumable = !matches!(cause, CliError::Client(ClientError::ImageChanged(_)));
    let left = match state_file.filter(|_| resumable) {
        Some(state_file) => kept(client, snapshot, &cause, state_file).await,
        None => delete(client, snapshot).await,
    };
    Err(CliError::Unfinished { cause: Box::new(cause), snapshot, left })
}

/// What has become of an upload that is to be kept. Only where the service has refused something is it asked for the
/// upload's state: it may have refused because the upload is over.
async fn kept(client: &Client, snapshot: SnapshotId, cause: &CliError, state_file: PathBuf) -> UploadLeft {
    if !matches!(cause, CliError::Client(ClientError::Refused(_))) {
        return UploadLeft::Kept { state_file };
    }
    let order = DescribeOrder { snapshots: vec![snapshot], ..DescribeOrder::default() };
    let asking = tokio::time::timeout(CLEAR_UP_TIMEOUT, client.describe_snapshots(&order));
    let over = match interruptible(async { Ok::<_, CliError>(asking.await) }).await {
        Ok(Ok(Ok(found))) => found.into_iter().find(|one| one.state != "pending").map(|one| one.state),
        Ok(Ok(Err(error))) if error.is_not_found() => Some("deleted".to_owned()),
        _ => None,
    };
    match over {
        Some(state) => UploadLeft::Over { state, state_file },
        None => UploadLeft::Kept { state_file },
    }
}

async fn delete(client: &Client, snapshot: SnapshotId) -> UploadLeft {
    let deletion = tokio::time::timeout(CLEAR_UP_TIMEOUT, client.delete_snapshot(snapshot));
    // A second signal ends even this.
    match interruptible(async { Ok::<_, CliError>(deletion.await) }).await {
        Ok(Ok(Ok(()))) => UploadLeft::Deleted,
        Ok(Ok(Err(error))) if error.is_not_found() => UploadLeft::Deleted,
        Ok(Ok(Err(error))) => UploadLeft::Pending(Some(error)),
        Ok(Err(_)) | Err(_) => UploadLeft::Pending(None),
    }
}
