//! One way to speak to either database, so that everything above it is free of engines.
//!
//! SQLite has one writer: a transaction is `BEGIN IMMEDIATE` on the only writing connection, so it is alone.
//! PostgreSQL transactions are READ COMMITTED, so each statement sees what was committed before it began, and
//! whatever must not change between two statements is locked by [`Transaction::lock`].
//!
//! Locks are taken in one order by all operations, so that they rarely deadlock: snapshot, upload, job, session,
//! store, segment, KMS key, what belongs to it, and last the counters of an account.

pub(crate) mod migration;
mod postgres;
mod sqlite;
mod statement;
pub(crate) mod value;

use std::time::Duration;

use crate::error::CatalogError;
use crate::target::CatalogTarget;
pub(crate) use value::{Row, Value};

/// How often a transaction is tried before its conflict is reported.
const ATTEMPTS_MAX: u32 = 8;

/// An open database.
pub(crate) enum Engine {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
}

/// An open transaction. Dropping it, or the future that uses it, rolls it back.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// How rows that a statement finds are locked until the transaction ends.
#[derive(Clone, Copy)]
pub(crate) enum Lock {
    /// Others may read and share, not change.
    Share,
    /// Others may only read.
    Update,
    /// As `Update` for the table with the alias `j`, passing over rows that others have locked.
    UpdateSkippingLocked,
}

impl Engine {
    /// Opens the database, makes its schema if it is new, and brings it up to date.
    pub(crate) async fn open(
        target: &CatalogTarget,
        schema: &str,
        migrations: &[&'static str],
    ) -> Result<Self, CatalogError> {
        let engine = match target {
            CatalogTarget::Sqlite(path) => Self::Sqlite(sqlite::Database::open(path).await?),
            CatalogTarget::Postgres(url) => {
                Self::Postgres(postgres::Database::open(url.expose(), schema).await?)
            }
        };
        let applied = migration::apply(&engine, schema, migrations).await;
        if applied.is_err() {
            engine.close().await;
        }
        applied.map(|()| engine)
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Transaction, CatalogError> {
        match self {
            Self::Sqlite(database) => database.begin().await.map(Transaction::Sqlite),
            Self::Postgres(database) => database.begin().await.map(Transaction::Postgres),
        }
    }

    /// The rows of one statement that only reads. It sees all that was committed before it began.
    pub(crate) async fn fetch(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, CatalogError> {
        value::check(values)?;
        match self {
            Self::Sqlite(database) => database.read(sql.into(), values).await,
            Self::Postgres(database) => database.read(sql.into(), values).await,
        }
    }

    /// As [`Engine::fetch`], for a text put together from constants.
    pub(crate) async fn fetch_built(&self, sql: String, values: &[Value]) -> Result<Vec<Row>, CatalogError> {
        value::check(values)?;
        match self {
            Self::Sqlite(database) => database.read(sql.into(), values).await,
            Self::Postgres(database) => database.read(sql.into(), values).await,
        }
    }

    /// Waits until connections are given back, and closes them.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(database) => database.close().await,
            Self::Postgres(database) => database.close().await,
        }
    }

    /// Whether it is PostgreSQL, for statements that are said otherwise there.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl Transaction {
    /// Runs a statement and gives how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, CatalogError> {
        value::check(values)?;
        match self {
            Self::Sqlite(tx) => sqlite::execute(tx, sql.into(), values).await,
            Self::Postgres(tx) => postgres::execute(tx, sql.into(), values).await,
        }
    }

    /// As [`Transaction::execute`], for a text put together from constants.
    pub(crate) async fn execute_built(&mut self, sql: String, values: &[Value]) -> Result<u64, CatalogError> {
        value::check(values)?;
        match self {
            Self::Sqlite(tx) => sqlite::execute(tx, sql.into(), values).await,
            Self::Postgres(tx) => postgres::execute(tx, sql.into(), values).await,
        }
    }

    /// The rows of a statement.
    pub(crate) async fn fetch(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Vec<Row>, CatalogError> {
        value::check(values)?;
        match self {
            Self::Sqlite(tx) => sqlite::fetch(tx, sql.into(), values).await,
            Self::Postgres(tx) => postgres::fetch(tx, sql.into(), values).await,
        }
    }

    /// As [`Transaction::fetch`], for a text put together from constants.
    pub(crate) async fn fetch_built(
        &mut self,
        sql: String,
        values: &[Value],
    ) -> Result<Vec<Row>, CatalogError> {
        value::check(values)?;
        match self {
            Self::Sqlite(tx) => sqlite::fetch(tx, sql.into(), values).await,
            Self::Postgres(tx) => postgres::fetch(tx, sql.into(), values).await,
        }
    }

    /// The first row of a statement.
    pub(crate) async fn fetch_first(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Option<Row>, CatalogError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    /// The rows of a SELECT, locked until the transaction ends.
    pub(crate) async fn lock(
        &mut self,
        sql: &'static str,
        values: &[Value],
        lock: Lock,
    ) -> Result<Vec<Row>, CatalogError> {
        let clause = match (&self, lock) {
            (Self::Sqlite(_), _) => return self.fetch(sql, values).await,
            (_, Lock::Share) => " FOR SHARE",
            (_, Lock::Update) => " FOR UPDATE",
            (_, Lock::UpdateSkippingLocked) => " FOR UPDATE OF j SKIP LOCKED",
        };
        self.fetch_built([sql, clause].concat(), values).await
    }

    /// Locks the rows of a SELECT until the transaction ends, in the order it gives, without reading them where
    /// the whole database is locked anyway.
    pub(crate) async fn lock_all(&mut self, sql: &'static str, values: &[Value]) -> Result<(), CatalogError> {
        if matches!(self, Self::Postgres(_)) {
            self.lock(sql, values, Lock::Update).await?;
        }
        Ok(())
    }

    /// The first row of a SELECT, locked until the transaction ends.
    pub(crate) async fn lock_first(
        &mut self,
        sql: &'static str,
        values: &[Value],
        lock: Lock,
    ) -> Result<Option<Row>, CatalogError> {
        Ok(self.lock(sql, values, lock).await?.into_iter().next())
    }

    /// Commits if `outcome` is a success, rolls back if it is not.
    pub(crate) async fn finish<T, E: From<CatalogError>>(self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => {
                match self {
                    Self::Sqlite(tx) => tx.commit().await,
                    Self::Postgres(tx) => tx.commit().await,
                }
                .map_err(CatalogError::from_commit)?;
                Ok(value)
            }
            Err(error) => {
                let rolled_back = match self {
                    Self::Sqlite(tx) => tx.rollback().await,
                    Self::Postgres(tx) => tx.rollback().await,
                };
                if let Err(cause) = rolled_back {
                    // Nothing was committed: a connection that cannot roll back is closed with its transaction.
                    tracing::debug!(%cause, "rolling back failed");
                }
                Err(error)
            }
        }
    }
}

/// An error of an operation that may be worth another try of the same transaction.
pub(crate) trait MayConflict {
    /// Whether the transaction was rolled back only because others stood in its way.
    fn is_conflict(&self) -> bool;
}

impl MayConflict for CatalogError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

/// Whether to try again after `error`, having waited a little; `attempts` counts up to a bound.
pub(crate) async fn tries_again(error: &impl MayConflict, attempts: &mut u32) -> bool {
    *attempts += 1;
    if !error.is_conflict() || *attempts >= ATTEMPTS_MAX {
        return false;
    }
    tokio::time::sleep(Duration::from_millis(1 << *attempts)).await;
    true
}

/// Runs `$body`, a future over the transaction `$tx`, in a transaction: committed if it succeeds, rolled back if
/// not, tried again a bounded number of times if other transactions stood in its way.
macro_rules! in_transaction {
    ($engine:expr, $tx:ident => $body:expr) => {{
        let mut attempts = 0;
        loop {
            let mut $tx = $engine.begin().await?;
            let outcome = $body.await;
            match $tx.finish(outcome).await {
                Err(error) if $crate::engine::tries_again(&error, &mut attempts).await => {}
                outcome => break outcome,
            }
        }
    }};
}
pub(crate) use in_transaction;
