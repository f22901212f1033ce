//! What exists: every row and all SQL.
//!
//! A [`RegionCatalog`] holds a region's snapshots, tags, uploads, jobs, sessions, segments, domains, KMS keys and settings; the
//! [`DeploymentCatalog`] holds what belongs to no region: accounts and access keys. Either is kept in a SQLite
//! file or in a schema of a PostgreSQL database ([`CatalogTarget`]), with one schema and the same promises.
//!
//! # Promises
//! * Each operation is one transaction, tried again a bounded number of times when others stand in its way. What
//!   it changed is durable when it returns; if it fails nothing has changed, but for
//!   [`CatalogError::CommitUnknown`]. A future that is dropped before its end has changed all or nothing.
//! * A session that is not live changes nothing: it gets [`CatalogError::Fenced`].
//! * No live snapshot refers to a condemned segment. Sessions pin the segments they write or share and the roots
//!   they read; committing a snapshot stamps those segments with the store's epoch; a collection raises the
//!   epoch, lists the roots, and condemns only what nobody pins, nobody stamped since and no root reaches.
//! * A key that is not enabled is given no new domain, grant or material, whoever looked at it before. Material goes
//!   with the key's deletion only, and never while the key can still be brought back.
//! * Nothing here reads a clock or draws randomness: times and ids are arguments. No promise about data rests on
//!   a time.

mod deployment;
mod engine;
mod error;
mod region;
mod target;

pub use deployment::DeploymentCatalog;
pub use deployment::access_key::AccessKeyRecord;
pub use deployment::account::AccountRecord;
pub use error::{CatalogError, Cause};
pub use region::RegionCatalog;
pub use region::collector::{CollectionRoot, Epoch};
pub use region::commit::Completed;
pub use region::copy::{CreateRefused, NewCopy};
pub use region::domain::{DomainKey, DomainRecord, NewDomain, WrappedSecret};
pub use region::ebs_settings::EbsSettings;
pub use region::job::{ClaimedJob, JobId, JobKind};
pub use region::kms_alias::AliasRecord;
pub use region::kms_key::{
    KeyChangeRefused, KeyRecord, KeyStateChange, NewKey, NewMaterial, RotationSchedule,
};
pub use region::kms_material::{MaterialRecord, RotationCause};
pub use region::quota::Quotas;
pub use region::segment::{SealOrder, SegmentRecord, SegmentState};
pub use region::session::SessionKind;
pub use region::snapshot::{CopySource, SnapshotRecord};
pub use region::store::StoreRecord;
pub use region::tag::TagsRefused;
pub use region::under_way::{COUNTED_MAX, JobRecord, JobState, SnapshotCounts, UnderWay, Unfinished};
pub use region::upload::{ClientToken, NewUpload, StartRefused, Started, UploadRecord, UploadState};
pub use target::{CatalogTarget, PostgresUrl};
