//! Forgetting what is over: jobs that have ended, and sessions that nothing refers to any more.
//!
//! A row that is gone is answered as one that is over: whoever still holds the number of a session that was pruned
//! is fenced. The numbers themselves never repeat, because both engines count on from the greatest they ever gave.

use ebs::Timestamp;

use super::RegionCatalog;
use crate::engine::in_transaction;
use crate::error::CatalogError;

/// Most rows that one call prunes.
const PRUNED_AT_ONCE_MAX: u32 = 1_000;

impl RegionCatalog {
    /// Forgets jobs that are done, failed or cancelled and whose last attempt's lease ended before `ended_before`,
    /// oldest first, at most 1,000 of them, and gives how many. Until then a commit of that attempt can be repeated;
    /// from then on repeating it is `Fenced`, and the snapshot is as it was committed.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn prune_jobs(&self, ended_before: Timestamp) -> Result<u64, CatalogError> {
        let values = [ended_before.0.into(), PRUNED_AT_ONCE_MAX.into()];
        in_transaction!(self.engine, tx => tx.execute(DELETE_JOBS, &values))
    }

    /// Forgets sessions that have ended, oldest first, at most 1,000 of them, and gives how many. Those that pin
    /// something, that a job names as its last attempt, or that wrote for an upload that is not over are kept.
    ///
    /// # Errors
    /// `Unavailable` and `CommitUnknown` (repeating the call is harmless).
    pub async fn prune_sessions(&self) -> Result<u64, CatalogError> {
        in_transaction!(self.engine, tx => tx.execute(DELETE_SESSIONS, &[PRUNED_AT_ONCE_MAX.into()]))
    }
}

const DELETE_JOBS: &str = "DELETE FROM jobs WHERE id IN ( \
     SELECT j.id FROM jobs j LEFT JOIN sessions h ON h.id = j.session \
     WHERE j.state NOT IN ('queued', 'running') AND (h.id IS NULL OR h.lease_until < $1) \
     ORDER BY j.id LIMIT $2)";

/// An ended session is never named or pinned with anew, so what is found here stays without use.
const DELETE_SESSIONS: &str = "DELETE FROM sessions WHERE id IN ( \
     SELECT h.id FROM sessions h WHERE h.state <> 'live' \
     AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.session = h.id) \
     AND NOT EXISTS (SELECT 1 FROM session_pins p WHERE p.session = h.id) \
     AND NOT EXISTS (SELECT 1 FROM root_pins r WHERE r.session = h.id) \
     AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.snapshot = h.upload AND u.state <> 'done') \
     ORDER BY h.id LIMIT $1)";
