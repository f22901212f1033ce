//! One suite for both engines. SQLite runs in a temporary directory; PostgreSQL runs on the server that
//! `EBBSTONE_TEST_POSTGRES` names, or on a private one that lives as long as this process. Without either it is
//! skipped loudly, or fails if `EBBSTONE_REQUIRE_POSTGRES=1`.

#[path = "catalog/bed.rs"]
mod bed;
#[path = "catalog/collection_race.rs"]
mod collection_race;
#[path = "catalog/commit_failure.rs"]
mod commit_failure;
#[path = "catalog/crash.rs"]
mod crash;
#[path = "catalog/deployment.rs"]
mod deployment;
#[path = "catalog/jobs.rs"]
mod jobs;
#[path = "catalog/kms_aliases.rs"]
mod kms_aliases;
#[path = "catalog/kms_bed.rs"]
mod kms_bed;
#[path = "catalog/kms_grants.rs"]
mod kms_grants;
#[path = "catalog/kms_keys.rs"]
mod kms_keys;
#[path = "catalog/migration.rs"]
mod migration;
#[path = "catalog/model.rs"]
mod model;
#[path = "catalog/opening.rs"]
mod opening;
#[path = "catalog/postgres.rs"]
mod postgres;
#[path = "catalog/prune.rs"]
mod prune;
#[path = "catalog/races.rs"]
mod races;
#[path = "catalog/segments.rs"]
mod segments;
#[path = "catalog/snapshots.rs"]
mod snapshots;
#[path = "catalog/tags.rs"]
mod tags;
#[path = "catalog/under_way.rs"]
mod under_way;
#[path = "catalog/uploads.rs"]
mod uploads;
