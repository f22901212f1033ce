//! Why a catalog could not do what it was asked.

use std::error::Error;
use std::path::PathBuf;

/// Boxed cause from the database driver.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why a catalog could not do what it was asked. Unless a variant says otherwise, nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The session is not live: it was fenced, closed or never existed. Its work must stop.
    #[error("the session is no longer live")]
    Fenced,
    /// The database does not answer or cannot write. Trying again later may help.
    #[error("the catalog's database does not answer")]
    Unavailable {
        /// What the driver said.
        #[source]
        source: Cause,
    },
    /// The database did not say whether a transaction was committed. Ask for its effect before trying again.
    #[error("it is not known whether the transaction was committed")]
    CommitUnknown {
        /// What the driver said.
        #[source]
        source: Cause,
    },
    /// Other transactions stood in the way, several times in a row. Trying again may help.
    #[error("the transaction met conflicts too often")]
    Conflict {
        /// What the driver said of the last one.
        #[source]
        source: Cause,
    },
    /// The database refused a statement: a defect, or another program changed the schema.
    #[error("the database refused a statement")]
    Statement {
        /// What the driver said.
        #[source]
        source: Cause,
    },
    /// The catalog was written by a later release.
    #[error("the catalog has schema version {found}; this release knows versions up to {known}")]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The latest version known.
        known: i64,
    },
    /// The database server is set up to lose what it acknowledged.
    #[error("the database server has {setting} = {value}, with which committed data can be lost")]
    NotDurable {
        /// The setting's name.
        setting: &'static str,
        /// Its value.
        value: String,
    },
    /// The catalog's file or directory cannot be made or opened.
    #[error("cannot prepare the catalog file {path}", path = path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The connection settings cannot be read. The text of the URL is not repeated, since it may hold a password.
    #[error("the PostgreSQL URL is not valid")]
    InvalidUrl,
    /// A row holds what no release of Ebbstone writes.
    #[error("the catalog holds an invalid value: {what}")]
    Corrupt {
        /// Which value.
        what: &'static str,
    },
    /// A text holds the character U+0000, which not every database can keep.
    #[error("a text with the character U+0000 cannot be kept")]
    NulCharacter,
    /// No such row, where the caller's own earlier steps must have made one.
    #[error("the catalog has no such {what}")]
    Missing {
        /// What is missing.
        what: &'static str,
    },
}

impl CatalogError {
    /// What went wrong in a statement, as the driver tells it.
    pub(crate) fn from_driver(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                match class_of(&code) {
                    Class::Conflict => Self::Conflict { source: error.into() },
                    Class::Unavailable => Self::Unavailable { source: error.into() },
                    Class::Corrupt => Self::Corrupt { what: "database file" },
                    Class::Statement => Self::Statement { source: error.into() },
                }
            }
            E::ColumnDecode { .. } | E::Decode(_) => Self::Corrupt { what: "type of a column" },
            E::ColumnNotFound(_) | E::ColumnIndexOutOfBounds { .. } | E::Encode(_) | E::RowNotFound => {
                Self::Statement { source: error.into() }
            }
            E::Configuration(_) => Self::InvalidUrl,
            _ => Self::Unavailable { source: error.into() },
        }
    }

    /// What went wrong in a COMMIT: only an answer that says so means that nothing was committed.
    pub(crate) fn from_commit(error: sqlx::Error) -> Self {
        match Self::from_driver(error) {
            Self::Unavailable { source } => Self::CommitUnknown { source },
            other => other,
        }
    }
}

enum Class {
    Conflict,
    Unavailable,
    Corrupt,
    Statement,
}

/// PostgreSQL codes have five characters (its manual, appendix "PostgreSQL Error Codes"), SQLite's extended
/// result codes are decimal numbers whose low byte is the primary code (sqlite.org, "Result and Error Codes").
fn class_of(code: &str) -> Class {
    if code.len() == 5 {
        return match code.get(..2).unwrap_or_default() {
            "40" => Class::Conflict,
            _ if code == "55P03" => Class::Conflict,
            "08" | "25" | "53" | "57" | "58" => Class::Unavailable,
            "XX" => Class::Corrupt,
            _ => Class::Statement,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => Class::Conflict,
        Ok(7 | 8 | 10 | 13 | 14) => Class::Unavailable,
        Ok(11 | 26) => Class::Corrupt,
        _ => Class::Statement,
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, class_of};

    #[test]
    fn codes_of_both_engines_are_told_apart() {
        for code in ["40001", "40P01", "5", "6", "517", "261"] {
            assert!(matches!(class_of(code), Class::Conflict), "{code}");
        }
        for code in ["57P01", "53300", "10", "266", "13"] {
            assert!(matches!(class_of(code), Class::Unavailable), "{code}");
        }
        for code in ["23505", "42601", "1", "2067", "", "\u{20ac}34"] {
            assert!(matches!(class_of(code), Class::Statement), "{code}");
        }
    }
}
