//! The text of a statement.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// The text of a statement: a constant, kept prepared, or put together from constants, prepared each time.
pub(super) enum Text {
    Constant(&'static str),
    Built(String),
}

impl From<&'static str> for Text {
    fn from(sql: &'static str) -> Self {
        Self::Constant(sql)
    }
}

impl From<String> for Text {
    fn from(sql: String) -> Self {
        Self::Built(sql)
    }
}

impl Text {
    /// The text and whether it is worth keeping prepared. It never holds a value from outside: those are bound.
    pub(super) fn parts(self) -> (SqlStr, bool) {
        match self {
            Self::Constant(sql) => (sql.into_sql_str(), true),
            Self::Built(sql) => (AssertSqlSafe(sql).into_sql_str(), false),
        }
    }
}
