//! The SQLite engine: one file, one writing connection, a few reading ones.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Arguments, ConnectOptions, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::statement::Text;
use super::value::{Row, Value};
use crate::error::CatalogError;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause before another process's lock is asked for again, where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(10);
/// How long an operation waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// The statement that begins a transaction which may write.
const BEGIN: &str = "BEGIN IMMEDIATE";
/// Rows that the driver's thread may be ahead of who reads them: with few, a listing wakes it and is woken by it again
/// and again. All rows of a statement are in memory in the end.
const ROWS_AHEAD: usize = 1_024;
/// Most connections that read.
const READERS_MAX: u32 = 4;

/// An open file. The pool of one connection is the lock that writers queue for.
pub(crate) struct Database {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Database {
    /// Opens the file, making it and its directory if need be, readable by their owner only.
    pub(super) async fn open(path: &Path) -> Result<Self, CatalogError> {
        let file = path.to_path_buf();
        tokio::task::spawn_blocking(move || prepare(&file))
            .await
            .map_err(|source| CatalogError::Unavailable { source: source.into() })??;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        let writing =
            options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let writer = connect(pool().max_connections(1), writing).await?;
        let readers =
            pool().max_connections(READERS_MAX).connect_lazy_with(options.pragma("query_only", "1"));
        Ok(Self { writer, readers })
    }

    /// Begins a transaction, on a new connection if the last transaction left the old one of no use.
    ///
    /// SQLite rolls back by itself where it could not write (sqlite.org, "Response To Errors Within A Transaction").
    /// The driver's own ROLLBACK then fails, and it counts the transaction as open from then on.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, CatalogError> {
        let begun = match self.writer.begin_with(BEGIN).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                let stuck = self.writer.acquire().await.map_err(CatalogError::from_driver)?;
                stuck.close().await.map_err(CatalogError::from_driver)?;
                self.writer.begin_with(BEGIN).await
            }
            begun => begun,
        };
        begun.map_err(CatalogError::from_driver)
    }

    pub(super) async fn read(&self, sql: Text, values: &[Value]) -> Result<Vec<Row>, CatalogError> {
        let mut connection = self.readers.acquire().await.map_err(CatalogError::from_driver)?;
        fetch(&mut connection, sql, values).await
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Connects, waiting for others that open the same new file: the change to WAL asks for the whole file, and SQLite
/// refuses it at once, without its busy handler, while another connection reads
/// (sqlite.org, `sqlite3_busy_handler`: a handler that could deadlock is not called).
async fn connect(pool: SqlitePoolOptions, options: SqliteConnectOptions) -> Result<SqlitePool, CatalogError> {
    let mut waited = Duration::ZERO;
    loop {
        match pool.clone().connect_with(options.clone()).await.map_err(CatalogError::from_driver) {
            Err(CatalogError::Conflict { .. }) if waited < BUSY_TIMEOUT => {
                tokio::time::sleep(BUSY_PAUSE).await;
                waited += BUSY_PAUSE;
            }
            connected => return connected,
        }
    }
}

pub(super) async fn execute(
    connection: &mut SqliteConnection,
    sql: Text,
    values: &[Value],
) -> Result<u64, CatalogError> {
    let (sql, persistent) = sql.parts();
    let query = sqlx::query_with(sql, arguments(values)?).persistent(persistent);
    query.execute(connection).await.map(|done| done.rows_affected()).map_err(CatalogError::from_driver)
}

pub(super) async fn fetch(
    connection: &mut SqliteConnection,
    sql: Text,
    values: &[Value],
) -> Result<Vec<Row>, CatalogError> {
    let (sql, persistent) = sql.parts();
    let query = sqlx::query_with(sql, arguments(values)?).persistent(persistent);
    let rows = query.fetch_all(connection).await.map_err(CatalogError::from_driver)?;
    Ok(rows.into_iter().map(Row::Sqlite).collect())
}

fn arguments(values: &[Value]) -> Result<SqliteArguments, CatalogError> {
    let mut arguments = SqliteArguments::default();
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

/// Makes the file and its directory if need be. A name that was made is durable when this returns.
fn prepare(file: &Path) -> Result<(), CatalogError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source: io::Error| CatalogError::File { path, source }
    };
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let missing: Vec<&Path> =
        directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    for path in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(path)(error)),
            _ => {}
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_directory(parent.unwrap_or(Path::new("."))).map_err(failed(path))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => sync_directory(&directory).map_err(failed(&directory)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(file)(error)),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::Database;

    #[tokio::test]
    async fn the_file_and_its_directory_are_for_their_owner_only() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("a/b/catalog.sqlite");
        let database = Database::open(&file).await.expect("opens");
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).expect("exists").permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(&directory.path().join("a")), 0o700);
        assert_eq!(mode(&directory.path().join("a/b")), 0o700);
        database.close().await;
    }
}
