//! The PostgreSQL engine: one schema for each catalog, a bounded pool, READ COMMITTED.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, PgConnection, PgPool, Postgres, Row as _, Transaction};

use super::statement::Text;
use super::value::{Row, Value};
use crate::error::CatalogError;

/// Most connections of one catalog.
const CONNECTIONS_MAX: u32 = 16;
/// How long an operation waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the server lets a transaction of a node that hangs keep its locks, in milliseconds.
const IDLE_IN_TRANSACTION_MS: &str = "60000";

/// An open schema.
pub(crate) struct Database {
    pool: PgPool,
}

impl Database {
    /// Connects, checks that the server keeps what it acknowledges, and makes the schema if need be.
    ///
    /// `schema` has only lower-case letters, digits and underscores.
    pub(super) async fn open(url: &str, schema: &str) -> Result<Self, CatalogError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| CatalogError::InvalidUrl)?
            .application_name("ebbstone")
            .options([
                ("search_path", schema),
                ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_MS),
            ])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(CatalogError::from_driver)?;
        check_durability(&pool).await?;
        create_schema(&pool, schema).await?;
        Ok(Self { pool })
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, CatalogError> {
        let begun = self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await;
        begun.map_err(CatalogError::from_driver)
    }

    pub(super) async fn read(&self, sql: Text, values: &[Value]) -> Result<Vec<Row>, CatalogError> {
        let mut connection = self.pool.acquire().await.map_err(CatalogError::from_driver)?;
        fetch(&mut connection, sql, values).await
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// PostgreSQL manual, "Write Ahead Log" settings: with any of these off, a crash can lose or tear what was
/// committed.
async fn check_durability(pool: &PgPool) -> Result<(), CatalogError> {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let row = sqlx::query("SELECT current_setting($1)").bind(setting).fetch_one(pool).await;
        let value: String = row.and_then(|row| row.try_get(0)).map_err(CatalogError::from_driver)?;
        if value == "off" {
            return Err(CatalogError::NotDurable { setting, value });
        }
    }
    Ok(())
}

/// Makes the schema; nodes that start at the same time take turns.
async fn create_schema(pool: &PgPool, schema: &str) -> Result<(), CatalogError> {
    let create = async {
        let mut tx = pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))").bind(schema).execute(&mut *tx).await?;
        let sql = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
        tx.commit().await
    };
    create.await.map_err(CatalogError::from_driver)
}

pub(super) async fn execute(
    connection: &mut PgConnection,
    sql: Text,
    values: &[Value],
) -> Result<u64, CatalogError> {
    let (sql, persistent) = sql.parts();
    let query = sqlx::query_with(sql, arguments(values)?).persistent(persistent);
    query.execute(connection).await.map(|done| done.rows_affected()).map_err(CatalogError::from_driver)
}

pub(super) async fn fetch(
    connection: &mut PgConnection,
    sql: Text,
    values: &[Value],
) -> Result<Vec<Row>, CatalogError> {
    let (sql, persistent) = sql.parts();
    let query = sqlx::query_with(sql, arguments(values)?).persistent(persistent);
    let rows = query.fetch_all(connection).await.map_err(CatalogError::from_driver)?;
    Ok(rows.into_iter().map(Row::Postgres).collect())
}

fn arguments(values: &[Value]) -> Result<PgArguments, CatalogError> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value.clone() {
            Value::Integer(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
        }
        .map_err(|source| CatalogError::Statement { source })?;
    }
    Ok(arguments)
}
