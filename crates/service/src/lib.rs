//! The operations and the jobs: the one room that sees catalog, block store, keys and permissions together.
//!
//! An operation judges a request, changes rows in one transaction and answers. What takes long is a job: a row
//! that a worker leases, does, and commits.

mod call;
mod domains;
mod error;
mod iso8601;
mod jobs;
mod ledger;
mod operations;
mod read;
mod region;
mod service;
#[cfg(test)]
mod tests;
mod uploads;

pub use call::Call;
pub use error::{Causes, ServiceError};
pub use jobs::observer::{AttemptEnd, JobFailure, JobName, JobObserver, RetryCause};
pub use operations::{SnapshotListing, TagListing};
pub use read::Transferred;
pub use region::{KeyKeeper, OpenRegionError, RegionSettings};
pub use service::{Service, ServiceSettings};
