//! Where a catalog is kept.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// Where a catalog is kept.
#[derive(Clone, Debug)]
pub enum CatalogTarget {
    /// In a SQLite file of its own. The file and its directory are made if they do not exist.
    Sqlite(PathBuf),
    /// In a schema of its own of a PostgreSQL database.
    Postgres(PostgresUrl),
}

/// A `postgres://` URL. It may hold a password: it is never shown, and wiped from memory when dropped.
#[derive(Clone)]
pub struct PostgresUrl(Zeroizing<String>);

impl PostgresUrl {
    /// Keeps the URL. It is read when a catalog is opened.
    pub fn new(url: String) -> Self {
        Self(Zeroizing::new(url))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{CatalogTarget, PostgresUrl};

    #[test]
    fn the_password_is_not_shown() {
        let target = CatalogTarget::Postgres(PostgresUrl::new("postgres://u:hunter2@db/x".to_owned()));
        assert!(!format!("{target:?}").contains("hunter2"));
    }
}
