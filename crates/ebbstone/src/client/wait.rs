//! Waiting until snapshots are no longer pending.

use std::collections::BTreeMap;
use std::time::Duration;

use ebs::SnapshotId;

use super::Client;
use super::ec2::{DescribeOrder, SnapshotDescription};
use super::error::{ClientError, StillPending};
use super::progress::Progress;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Most snapshots that one call asks for.
const IDS_MAX: usize = 200;
/// What a snapshot that is settled counts.
const PER_CENT: u64 = 100;

impl SnapshotDescription {
    /// Whether nothing is under way that would change its state.
    pub(crate) fn is_settled(&self) -> bool {
        !matches!(self.state.as_str(), "pending" | "recovering")
    }

    /// The description, if it is completed.
    ///
    /// # Errors
    ///
    /// [`ClientError::SnapshotFailed`] in every other state.
    pub(crate) fn require_completed(self) -> Result<Self, ClientError> {
        if self.state == "completed" {
            return Ok(self);
        }
        let message = self.state_message.unwrap_or_else(|| "no cause is given".to_owned());
        Err(ClientError::SnapshotFailed { snapshot: self.snapshot_id, state: self.state, message })
    }
}

impl Client {
    /// Waits until none of `snapshots` is pending any more, for at most `timeout` if there is one, and gives them as
    /// they are then: completed or failed. Tells per cents, up to 100 of each snapshot.
    ///
    /// # Errors
    ///
    /// [`ClientError::TimedOut`] if some are still pending then; [`ClientError::Refused`] if one does not exist, or no
    /// longer; whatever else keeps a call from its answer.
    pub(crate) async fn wait_settled(
        &self,
        snapshots: &[SnapshotId],
        timeout: Option<Duration>,
        progress: &dyn Progress,
    ) -> Result<Vec<SnapshotDescription>, ClientError> {
        let mut pending = snapshots.to_vec();
        let mut settled = Vec::with_capacity(snapshots.len());
        let mut seen = BTreeMap::new();
        progress.expect(PER_CENT * snapshots.len() as u64);
        let waiting = async {
            let (mut pause, mut told) = (FIRST_PAUSE, 0);
            while !pending.is_empty() {
                for chunk in std::mem::take(&mut pending).chunks(IDS_MAX) {
                    let order = DescribeOrder { snapshots: chunk.to_vec(), ..DescribeOrder::default() };
                    let found = self.describe_snapshots(&order).await?;
                    let (done, others): (Vec<_>, Vec<_>) =
                        found.into_iter().partition(SnapshotDescription::is_settled);
                    let is_done = |id: &SnapshotId| done.iter().any(|one| one.snapshot_id == id.to_string());
                    pending.extend(chunk.iter().filter(|id| !is_done(id)));
                    seen.retain(|id, _| !done.iter().any(|one| one.snapshot_id == *id));
                    seen.extend(others.into_iter().map(|one| (one.snapshot_id, (one.state, one.progress))));
                    settled.extend(done);
                }
                // An attempt that is made again begins anew; what was told stays.
                let done = PER_CENT * settled.len() as u64 + seen.values().map(per_cents).sum::<u64>();
                progress.advance(done.saturating_sub(told));
                told = told.max(done);
                if !pending.is_empty() {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 3 / 2).min(LONGEST_PAUSE);
                }
            }
            Ok::<_, ClientError>(())
        };
        let in_time = match timeout {
            None => waiting.await.map(|()| true),
            Some(limit) => {
                tokio::time::timeout(limit, waiting).await.map_or(Ok(false), |done| done.map(|()| true))
            }
        }?;
        if in_time {
            return Ok(settled);
        }
        let seconds = timeout.map_or(0, |limit| limit.as_secs());
        let is_settled = |id: &str| settled.iter().any(|one: &SnapshotDescription| one.snapshot_id == id);
        let still = snapshots.iter().filter(|id| !is_settled(&id.to_string()));
        let pending = still.map(|id| StillPending { snapshot: *id, seen: seen.remove(&id.to_string()) });
        Err(ClientError::TimedOut { seconds, pending: pending.collect() })
    }

    /// Waits until `snapshot` is completed, for at most `timeout` if there is one.
    ///
    /// # Errors
    ///
    /// As [`Client::wait_settled`], and [`ClientError::SnapshotFailed`] if it ends in another state.
    pub(crate) async fn wait_completed(
        &self,
        snapshot: SnapshotId,
        timeout: Option<Duration>,
        progress: &dyn Progress,
    ) -> Result<SnapshotDescription, ClientError> {
        let settled = self.wait_settled(&[snapshot], timeout, progress).await?;
        let found = settled.into_iter().next().ok_or(ClientError::Answer {
            operation: "DescribeSnapshots",
            problem: "the snapshot is not in it",
        })?;
        found.require_completed()
    }
}

/// The per cents of a state and a progress such as `42%`; none of one that cannot be read.
fn per_cents((_, progress): &(String, String)) -> u64 {
    progress.trim_end_matches('%').parse().map_or(0, |done: u64| done.min(PER_CENT))
}

#[cfg(test)]
mod tests {
    use super::per_cents;
    use crate::client::ec2::SnapshotDescription;
    use crate::client::error::ClientError;

    fn in_state(state: &str) -> SnapshotDescription {
        SnapshotDescription {
            snapshot_id: "snap-1".to_owned(),
            state: state.to_owned(),
            state_message: Some("cause".to_owned()),
            ..SnapshotDescription::default()
        }
    }

    #[test]
    fn per_cents_are_read_and_never_more_than_all() {
        for (progress, read) in [("0%", 0), ("42%", 42), ("100%", 100), ("999%", 100), ("", 0), ("soon", 0)] {
            assert_eq!(per_cents(&("pending".to_owned(), progress.to_owned())), read, "{progress}");
        }
    }

    #[test]
    fn only_completed_is_success_and_only_pending_goes_on() {
        for (state, settled, completed) in [
            ("pending", false, false),
            ("recovering", false, false),
            ("completed", true, true),
            ("error", true, false),
            ("recoverable", true, false),
        ] {
            assert_eq!(in_state(state).is_settled(), settled, "{state}");
            let outcome = in_state(state).require_completed();
            assert_eq!(outcome.is_ok(), completed, "{state}");
            if let Err(error) = outcome {
                assert!(matches!(error, ClientError::SnapshotFailed { message, .. } if message == "cause"));
            }
        }
    }
}
